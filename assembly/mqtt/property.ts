/**
 * Properties of MQTT 5.0 (2.2.2): read and checked in one pass, then asked for by identifier.
 *
 * What a packet may carry, what comes in which type and what may be repeated are sets of identifiers: bit n of a mask stands
 * for identifier n.
 */

import { properties, PROPERTY_VALUES } from "../image";
import { PROBLEM_INFORMATION } from "../options";
import { equals, readU16, Text, writeU8, writeU16 } from "../text";
import { malformed, protocolError, violation } from "./fault";
import { ReasonCode } from "./reason";
import { isTopicName, isUtf8 } from "./topic";
import { readVarint, varintSize } from "./varint";

export namespace Property {
  export const PAYLOAD_FORMAT: i32 = 0x01;
  export const MESSAGE_EXPIRY: i32 = 0x02;
  export const CONTENT_TYPE: i32 = 0x03;
  export const RESPONSE_TOPIC: i32 = 0x08;
  export const CORRELATION_DATA: i32 = 0x09;
  export const SUBSCRIPTION_IDENTIFIER: i32 = 0x0b;
  export const SESSION_EXPIRY: i32 = 0x11;
  export const ASSIGNED_CLIENT_IDENTIFIER: i32 = 0x12;
  export const SERVER_KEEP_ALIVE: i32 = 0x13;
  export const AUTHENTICATION_METHOD: i32 = 0x15;
  export const AUTHENTICATION_DATA: i32 = 0x16;
  export const REQUEST_PROBLEM_INFORMATION: i32 = 0x17;
  export const WILL_DELAY: i32 = 0x18;
  export const RESPONSE_INFORMATION: i32 = 0x1a;
  export const SERVER_REFERENCE: i32 = 0x1c;
  export const REASON_STRING: i32 = 0x1f;
  export const RECEIVE_MAXIMUM: i32 = 0x21;
  export const TOPIC_ALIAS_MAXIMUM: i32 = 0x22;
  export const TOPIC_ALIAS: i32 = 0x23;
  export const MAXIMUM_QOS: i32 = 0x24;
  export const RETAIN_AVAILABLE: i32 = 0x25;
  export const USER_PROPERTY: i32 = 0x26;
  export const MAXIMUM_PACKET_SIZE: i32 = 0x27;
  export const WILDCARD_AVAILABLE: i32 = 0x28;
  export const IDENTIFIERS_AVAILABLE: i32 = 0x29;
  export const SHARED_AVAILABLE: i32 = 0x2a;
}

/** Identifiers end here. */
const PROPERTY_END: u32 = 0x2b;
export const PROPERTY_VALUES_BYTES: i32 = 4 * 0x2b;

/** What each packet that a broker sends may carry (2.2.2.2). */
export namespace Allowed {
  /** 11 to 13, 15, 16, 1a, 1c, 1f, 21, 22, 24 to 2a. */
  export const CONNACK: u64 = 0x7f6_946e_0000;
  /** 01, 02, 03, 08, 09, 0b, 23, 26. */
  export const PUBLISH: u64 = 0x048_0000_0b0e;
  /** 1f, 26: of acknowledgements of any kind. */
  export const ACKNOWLEDGEMENT: u64 = 0x040_8000_0000;
  /** 11, 1c, 1f, 26; the first is a client's alone [MQTT-3.14.2-2]. */
  export const DISCONNECT: u64 = 0x040_9002_0000;
  /** 15, 16, 1f, 26. */
  export const AUTH: u64 = 0x040_8060_0000;
}

/** Types (2.2.2.2), but for the Variable Byte Integer 0b and the UTF-8 String Pair 26; what is left is a UTF-8 String. */
namespace Type {
  /** 01, 17, 19, 24, 25, 28 to 2a: each is 0 or 1. */
  export const BYTE: u64 = 0x730_0280_0002;
  /** 13, 21 to 23. */
  export const TWO_BYTES: u64 = 0x00e_0008_0000;
  /** 02, 11, 18, 27. */
  export const FOUR_BYTES: u64 = 0x080_0102_0004;
  /** 09, 16. */
  export const BINARY: u64 = 0x000_0040_0200;
  /** 0b, 21, 23, 27: zero is forbidden. */
  export const NOT_ZERO: u64 = 0x08a_0000_0800;
}

/** The properties of the packet that was read last. */
@unmanaged
export class Properties {
  /** Bit n: property n is there. */
  present: u64 = 0;
  /** Where they lie, without their length. */
  start: usize = 0;
  end: usize = 0;
  /** Bytes of a packet that was handled, and stays in the receive buffer until the next is read: these lie in it. */
  packetSize: i32 = 0;
}

/**
 * Reads the properties that begin with their length at `start` and end at `end` at the latest; `allowed` is of `Allowed`.
 * Returns the address behind them, or 0 if they break the standard; `fault` then says how.
 */
export function readProperties(start: usize, end: usize, allowed: u64): usize {
  forgetProperties();
  const length = readVarint(start, end);
  if (length < 0) return malformed();
  let at = start + varintSize(length);
  const stop = at + length;
  if (stop > end) return malformed();
  properties.start = at;
  properties.end = stop;
  while (at < stop) {
    at = readProperty(at, stop, allowed);
    if (at == 0) return 0;
  }
  return at;
}

/** There is a packet without properties. */
export function forgetProperties(): void {
  properties.present = 0;
  properties.end = 0;
}

/** Reads properties that end their packet at `end`. Returns false if they break the standard. */
export function readLastProperties(start: usize, end: usize, allowed: u64): bool {
  const behind = readProperties(start, end, allowed);
  if (behind == end) return true;
  if (behind != 0) malformed();
  return false;
}

/** Whether the broker was not asked to leave out what the properties tell of a problem [MQTT-3.1.2-29]. */
export function isProblemWanted(): bool {
  if (PROBLEM_INFORMATION || (properties.present & Allowed.ACKNOWLEDGEMENT) == 0) return true;
  protocolError();
  return false;
}

/** Reads one property. Returns the address behind it, or 0 if it breaks the standard. */
function readProperty(start: usize, end: usize, allowed: u64): usize {
  const identifier = <u32>load<u8>(start);
  const bit: u64 = identifier < PROPERTY_END ? (<u64>1) << identifier : 0;
  // An identifier that does not belong here is malformed (2.2.2.2).
  if ((allowed & bit) == 0) return malformed();
  if (properties.present & bit) {
    // The one may be repeated anywhere, the other in a message that matches several subscriptions (3.3.2.3.8).
    if (identifier != Property.USER_PROPERTY && identifier != Property.SUBSCRIPTION_IDENTIFIER) return protocolError();
  }
  properties.present |= bit;
  let at = start + 1;
  let value = <u32>at;
  if (bit & (Type.BYTE | Type.TWO_BYTES | Type.FOUR_BYTES)) {
    const size: i32 = bit & Type.BYTE ? 1 : bit & Type.TWO_BYTES ? 2 : 4;
    if (at + size > end) return malformed();
    value = load<u8>(at);
    if (size == 1 && value > 1) return protocolError();
    if (size > 1) value = readU16(at);
    if (size == 4) value = (value << 16) | readU16(at + 2);
    at += size;
  } else if (identifier == Property.SUBSCRIPTION_IDENTIFIER) {
    value = readVarint(at, end);
    if (<i32>value < 0) return malformed();
    at += varintSize(value);
  } else {
    at = skipText(at, end, (bit & Type.BINARY) == 0);
    if (at != 0 && identifier == Property.USER_PROPERTY) at = skipText(at, end, true);
    if (at == 0) return malformed();
    if (identifier == Property.RESPONSE_TOPIC && !isTopicName(value + 2, readU16(value))) return malformed();
  }
  if (value == 0 && bit & Type.NOT_ZERO) {
    return violation(identifier == Property.TOPIC_ALIAS ? ReasonCode.TOPIC_ALIAS_INVALID : ReasonCode.PROTOCOL_ERROR);
  }
  store<u32>(PROPERTY_VALUES + 4 * identifier, value);
  return at;
}

/** Returns the address behind the text or the bytes at `start`, or 0 if they don't end before `end` or are no UTF-8. */
function skipText(start: usize, end: usize, isString: bool): usize {
  const bytes = start + 2;
  if (bytes > end) return 0;
  const length = readU16(start);
  if (bytes + length > end || (isString && !isUtf8(bytes, length))) return 0;
  return bytes + length;
}

/** Whether the last packet had this property. */
export function hasProperty(identifier: i32): bool {
  return ((properties.present >>> identifier) & 1) != 0;
}

/** The number in a property, or `otherwise` if it is not there. */
export function propertyOr(identifier: i32, otherwise: u32): u32 {
  return hasProperty(identifier) ? load<u32>(PROPERTY_VALUES + 4 * identifier) : otherwise;
}

/** The text, or the bytes, in a property that is there; it lies in the packet. */
@inline
export function propertyText(identifier: i32): Text {
  return changetype<Text>(<usize>load<u32>(PROPERTY_VALUES + 4 * identifier));
}

/** The value of the first user property of that name among the properties that were read last, or null. */
export function findUserProperty(name: Text): Text | null {
  let at = properties.start;
  while (at < properties.end) {
    const identifier = <u32>load<u8>(at);
    const bit: u64 = (<u64>1) << identifier;
    at++;
    if (bit & Type.BYTE) {
      at++;
    } else if (bit & Type.TWO_BYTES) {
      at += 2;
    } else if (bit & Type.FOUR_BYTES) {
      at += 4;
    } else if (identifier == Property.SUBSCRIPTION_IDENTIFIER) {
      at += varintSize(readVarint(at, properties.end));
    } else {
      const text = changetype<Text>(at);
      at += 2 + text.length;
      if (identifier == Property.USER_PROPERTY) {
        const value = changetype<Text>(at);
        if (equals(name, text.bytes, text.length)) return value;
        at += 2 + value.length;
      }
    }
  }
  return null;
}

// Writing ------------------------------------------------------------------------------------------------------------

export function writeByteProperty(address: usize, identifier: i32, value: i32): usize {
  return writeU8(writeU8(address, identifier), value);
}

export function writeU16Property(address: usize, identifier: i32, value: i32): usize {
  return writeU16(writeU8(address, identifier), value);
}

export function writeU32Property(address: usize, identifier: i32, value: u32): usize {
  return writeU16(writeU16Property(address, identifier, value >>> 16), value & 0xffff);
}
