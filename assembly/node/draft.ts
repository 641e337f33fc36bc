/**
 * A message that the application writes, straight to where it stays:
 *
 *     | Message | topic with its length | properties | payload |
 *
 * What does not fit, or is no text where there must be one, spoils the draft; `endDraft` has the last word.
 */

import { draft } from "../image";
import { copy } from "../memory";
import { Property } from "../mqtt/property";
import { isTopicName, isUtf8 } from "../mqtt/topic";
import { Text, writeDecimal, writeU8, writeU16 } from "../text";

/** A message that is kept: this, and then its texts. */
@unmanaged
export class Message {
  /** Bytes of it all, this header included; 0: none. */
  size: u16 = 0;
  /** Where its properties begin, counted from here; the topic with its length lies before them. */
  propertiesAt: u16 = 0;
  /** Where its payload begins, counted from here. */
  payloadAt: u16 = 0;
  /** `PublishFlag`: QoS and RETAIN. */
  flags: u16 = 0;
  /** How long it is worth sending, in seconds; 0: forever. */
  expiryS: u32 = 0;
  /** When it was queued, by the node's own seconds. */
  queuedAtS: u32 = 0;
  /** Bytes of a payload that the application hands out later, piece by piece; 0: the payload is here. */
  uploadLength: u32 = 0;
}

/** Bytes of the properties, below 128. */
@inline
export function propertiesLength(message: Message): i32 {
  return <i32>message.payloadAt - <i32>message.propertiesAt;
}

/** Copies the topic with its length. */
export function copyTopic(address: usize, message: Message): usize {
  const header = offsetof<Message>();
  return copy(address, changetype<usize>(message) + header, message.propertiesAt - <i32>header);
}

/** Copies the properties without their length. */
export function copyProperties(address: usize, message: Message): usize {
  return copy(address, changetype<usize>(message) + message.propertiesAt, propertiesLength(message));
}

/** Copies the payload. */
export function copyPayload(address: usize, message: Message): usize {
  const payloadAt = <i32>message.payloadAt;
  return copy(address, changetype<usize>(message) + payloadAt, <i32>message.size - payloadAt);
}

/** With Message Expiry Interval and Will Delay Interval, the length still takes one byte. */
const MAX_PROPERTIES: i32 = 127 - 10;
const TEXT_PAYLOAD: i32 = 1;


@unmanaged
export class Draft {
  /** Where the message begins; 0: there is no draft. */
  start: usize = 0;
  /** Where the next byte goes. */
  at: usize = 0;
  /** Where it must end. */
  limit: usize = 0;
  /** Whether all went well so far. */
  isGood: bool = false;
  /** Whether the payload has begun: properties come before it. */
  hasPayload: bool = false;
  /** Bit n: property n is there. */
  present: u32 = 0;
}

/** Begins a message. Returns false if there is no room or the topic can't be a topic name. */
export function beginDraft(start: usize, limit: usize, topic: usize, length: i32, flags: i32): bool {
  draft.start = 0;
  const at = start + offsetof<Message>();
  // The QoS is above RETAIN.
  const isValid = flags >>> 1 < 3 && isTopicName(topic, length);
  if (!isValid || at + length + 2 > limit) return false;
  memory.fill(start, 0, offsetof<Message>());
  const message = changetype<Message>(start);
  message.flags = <u16>flags;
  draft.start = start;
  draft.limit = limit;
  draft.at = copy(writeU16(at, length), topic, length);
  message.propertiesAt = <u16>(draft.at - start);
  message.payloadAt = message.propertiesAt;
  draft.isGood = true;
  draft.hasPayload = false;
  draft.present = 0;
  return true;
}

/** Whether there is a draft, and all that was written fits. */
export function draftIsGood(): bool {
  return draft.start != 0 && draft.isGood;
}

/** Ends the draft, which must be good, and returns how many bytes it takes. */
export function endDraft(): i32 {
  const size = <i32>(draft.at - draft.start);
  changetype<Message>(draft.start).size = <u16>size;
  draft.start = 0;
  return size;
}

/** Whether `length` more bytes fit; otherwise the draft is spoilt. */
function fits(length: i32): bool {
  if (draft.start == 0 || length < 0 || <i32>(draft.limit - draft.at) < length) draft.isGood = false;
  return draft.isGood;
}

// Payload ------------------------------------------------------------------------------------------------------------

export function draftBytes(bytes: usize, length: i32): void {
  if (!fits(length)) return;
  draft.hasPayload = true;
  draft.at = copy(draft.at, bytes, length);
}

/** Writes a number in decimal. */
export function draftNumber(value: i32): void {
  if (!fits(11)) return;
  draft.hasPayload = true;
  if (value < 0) draft.at = writeU8(draft.at, 0x2d);
  draft.at = writeDecimal(draft.at, abs(value));
}

// Properties of MQTT 5.0, which 3.1.1 leaves out -------------------------------------------------------------------------

/** Whether there is no such property yet: none but the user property may be repeated (3.3.2.3). */
function isFirst(identifier: i32): bool {
  const bit = 1 << identifier;
  if (draft.present & bit) draft.isGood = false;
  draft.present |= bit;
  return draft.isGood;
}

/** Whether a property of so many bytes fits. */
function propertyFits(length: i32): bool {
  if (draft.start == 0) return false;
  if (draft.hasPayload || propertiesLength(changetype<Message>(draft.start)) + length > MAX_PROPERTIES) {
    draft.isGood = false;
  }
  return fits(length);
}

function closeProperty(end: usize): void {
  draft.at = end;
  changetype<Message>(draft.start).payloadAt = <u16>(end - draft.start);
}

/** Says that the payload is UTF-8. */
export function draftTextFormat(): void {
  if (!isFirst(Property.PAYLOAD_FORMAT) || !propertyFits(2)) return;
  closeProperty(writeU8(writeU8(draft.at, Property.PAYLOAD_FORMAT), TEXT_PAYLOAD));
}

export function draftExpiry(seconds: u32): void {
  if (draft.start != 0) changetype<Message>(draft.start).expiryS = seconds;
}

/** Adds a property that is text, or bytes (`CORRELATION_DATA`). */
export function draftTextProperty(identifier: i32, bytes: usize, length: i32): void {
  const isValid =
    identifier == Property.CORRELATION_DATA ||
    (identifier == Property.RESPONSE_TOPIC ? isTopicName(bytes, length) : isUtf8(bytes, length));
  if (!isValid) draft.isGood = false;
  if (!isFirst(identifier) || !propertyFits(3 + length)) return;
  closeProperty(copy(writeU16(writeU8(draft.at, identifier), length), bytes, length));
}

export function draftUserProperty(name: Text, value: Text): void {
  if (!isUtf8(name.bytes, name.length) || !isUtf8(value.bytes, value.length)) draft.isGood = false;
  if (!propertyFits(5 + name.length + value.length)) return;
  const at = copy(writeU8(draft.at, Property.USER_PROPERTY), changetype<usize>(name), name.length + 2);
  closeProperty(copy(at, changetype<usize>(value), value.length + 2));
}
