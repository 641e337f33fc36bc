/**
 * Readings as PUBLISH packets.
 *
 * All packets of a node's readings are alike but for the identifier and the digits. So the packet is built once, right
 * before the place where the digits go, and each reading fills in four fields:
 *
 *     start                             IDENTIFIER          DIGITS
 *       v                                    v                 v
 *       32 | len | 00 nn | sensor/<id>/temperature | id id | {"msg":" | 17.2 "}
 *
 * Everything up to the digits keeps its distance from them, whatever the length of the node's id.
 *
 * Under MQTT 5.0 the packet is built anew for each connection, since the broker says what may be in it: properties lie
 * between the identifier and the payload, and once the broker knows the topic's alias, `00 00` takes the topic's place.
 */

import { limits, LINE, PACKET, packet, template } from "../image";
import { copy } from "../memory";
import { PacketType, PublishFlag } from "../mqtt/packet";
import { Property, writeU16Property, writeU32Property } from "../mqtt/property";
import { identifierOf } from "../mqtt/session";
import { isV5 } from "../mqtt/version";
import { PAYLOAD, QOS, SEND_EXPIRY, STALE_S, V5 } from "../options";
import { utf8, writeBytes, writeDecimal, writeU8 } from "../text";
import { MAX_ID, writeTopic } from "./identity";
import { datedEntry } from "./queue";

const TEMPERATURE = utf8("temperature");
const OPENING = PAYLOAD == 0 ? utf8('{"msg":"') : PAYLOAD == 2 ? utf8('{"value":') : utf8("");
const TIME = utf8(',"unit":"C","time":');
const NULL = utf8("null");
const SEQUENCE = utf8(',"seq":');

/** What a packet can be at most: bytes before the digits, and from the digits on. */
const BEFORE_DIGITS: i32 = 2 + 2 + 8 + MAX_ID + 11 + 2 + (V5 ? 9 : 0) + 9;
const AFTER_DIGITS: i32 = PAYLOAD == 2 ? 64 : 9;
/** Of a reading that is sent for the first time, where the broker allows its QoS. */
export const FIRST_BYTE: i32 = PacketType.PUBLISH | (QOS << 1);
const OPENING_LENGTH: i32 = PAYLOAD == 0 ? 8 : PAYLOAD == 2 ? 9 : 0;

export const PACKET_CAPACITY: i32 = BEFORE_DIGITS + AFTER_DIGITS;


@lazy
export const DIGITS: usize = PACKET + BEFORE_DIGITS;


@lazy
const PAYLOAD_START: usize = DIGITS - OPENING_LENGTH;


@lazy
const IDENTIFIER: usize = PAYLOAD_START - 2;

/** "00.0", as loaded from memory. */
const FORM: u32 = 0x302e3030;
const TENTHS: u32 = 1 << 24;
const WHOLE: u32 = (1 << 8) - 10 * TENTHS;
const FIRST: u32 = 1 - 10 * (1 << 8);


@unmanaged
export class Packet {
  /** Where the packet begins. */
  start: usize = 0;
}

/** What differs from connection to connection under MQTT 5.0. */
@unmanaged
export class Template {
  /** The QoS of readings, as far as the broker allows it. */
  qos: i32 = 0;
  /** Where the topic ends. */
  topicEnd: usize = 0;
  /** Where the identifier goes: behind the topic, or nowhere in the packet if there is none. */
  identifier: usize = 0;
  /** Whether the next packet gives the topic its alias. */
  isAliasNew: bool = false;
}

/** The alias of the readings' topic. */
const ALIAS: i32 = 1;
/** Largest packet of a reading. */
export const MAX_READING_PACKET: u32 = PACKET_CAPACITY;

/** Builds the packet up to its digits, for a connection whose limits are known. */
export function setupReadingsV5(): void {
  const isFive = isV5();
  const qos = min<i32>(QOS, limits.qos);
  // Where packets must be small, none is to be given up for an alias.
  const hasAlias = isFive && limits.topicAliasMaximum != 0 && limits.packetSize >= MAX_READING_PACKET;
  const hasExpiry = isFive && SEND_EXPIRY && STALE_S != 0;
  const propertiesLength = (hasAlias ? 3 : 0) + (hasExpiry ? 5 : 0);
  let at = PAYLOAD_START - propertiesLength;
  if (isFive) store<u8>(at - 1, propertiesLength);
  template.topicEnd = at - (isFive ? 1 : 0) - (qos != 0 ? 2 : 0);
  if (hasAlias) at = writeU16Property(at, Property.TOPIC_ALIAS, ALIAS);
  if (hasExpiry) writeU32Property(at, Property.MESSAGE_EXPIRY, STALE_S);
  template.qos = qos;
  template.identifier = qos != 0 ? template.topicEnd : LINE;
  template.isAliasNew = hasAlias;
  writeBytes(PAYLOAD_START, OPENING);
  const length = <i32>(writeTopic(PACKET, TEMPERATURE) - PACKET);
  copy(template.topicEnd - length, PACKET, length);
  beginPacket(template.topicEnd - length - 2);
}

function beginPacket(start: usize): void {
  packet.start = start;
  store<u8>(start, firstByte());
}

/** The first byte of a reading that is sent for the first time. */
@inline
export function firstByte(): i32 {
  return V5 ? PacketType.PUBLISH | (template.qos << 1) : FIRST_BYTE;
}

/** The packet that gave the topic its alias has left: from the next one on the alias stands for the topic. */
export function useAlias(): void {
  if (!template.isAliasNew) return;
  template.isAliasNew = false;
  store<u16>(template.topicEnd - 2, 0);
  beginPacket(template.topicEnd - 4);
}

/** Says how many seconds the reading that is sent next is worth delivering. */
export function writeExpiry(seconds: u32): void {
  writeU32Property(PAYLOAD_START - 5, Property.MESSAGE_EXPIRY, seconds);
}

/** Builds the packet up to its digits. The node's identity must be known. */
export function setupReadings(): void {
  const end = writeTopic(PACKET, TEMPERATURE);
  const length = <i32>(end - PACKET);
  const topic = (QOS ? IDENTIFIER : IDENTIFIER + 2) - length;
  copy(topic, PACKET, length);
  writeBytes(IDENTIFIER + 2, OPENING);
  packet.start = topic - 2;
  store<u8>(topic - 2, FIRST_BYTE);
}

/**
 * Writes reading number `sequence`, `value` thousandths. Returns the length of the packet, which begins at `start`, that
 * is at `packet.start`.
 */
@inline
export function writeReading(start: usize, sequence: u32, value: i32): i32 {
  let end = DIGITS + 4;
  const tenths = <u32>(value + 50) / 100;
  if (tenths - 100 < 900) {
    // The usual case, "17.2", in one store. The digits are first, whole - 10 * first and tenths - 10 * whole, in bytes
    // 0, 1 and 3; gathered by first, whole and tenths, that takes three multiplications and no shift.
    const whole = tenths / 10;
    const first = whole / 10;
    store<u32>(DIGITS, first * FIRST + whole * WHOLE + tenths * TENTHS + FORM);
  } else {
    end = writeTenths(DIGITS, value);
  }
  return writeFields(start, sequence, end);
}

/** Writes all that follows from the digits, which end at `digitsEnd`. Returns the length of the packet. */
@inline
export function writeFields(start: usize, sequence: u32, digitsEnd: usize): i32 {
  let end = digitsEnd;
  if (PAYLOAD == 0) {
    // "} in one store.
    store<u16>(end, 0x7d22);
    end += 2;
  } else if (PAYLOAD == 2) {
    end = writeDetails(end, sequence);
  }
  if (QOS) store<u16>(V5 ? template.identifier : IDENTIFIER, identifierOf(sequence));
  const remaining = <i32>(end - start) - 2;
  store<u8>(start, remaining, 1);
  return remaining + 2;
}

/** Unit, time and sequence number of a JSON reading. */
function writeDetails(address: usize, sequence: u32): usize {
  const entry = datedEntry(sequence);
  let at = writeBytes(address, TIME);
  if (entry.unixMs == 0) {
    at = writeBytes(at, NULL);
  } else {
    // Nine digits at a time fit 32 bits.
    const high = <u32>(entry.unixMs / 1_000_000_000);
    const low = <u32>(entry.unixMs % 1_000_000_000);
    if (high == 0) {
      at = writeDecimal(at, low);
    } else {
      at = writeDecimal(writeDecimal(at, high), low + 1_000_000_000);
      // The lower half was written with a 1 in front, for its zeros. That goes.
      copy(at - 10, at - 9, 9);
      at--;
    }
  }
  at = writeDecimal(writeBytes(at, SEQUENCE), entry.number);
  return writeU8(at, 0x7d);
}

/** Writes thousandths rounded to tenths, halves away from zero; what rounds to zero has no sign. At most 7 bytes. */
export function writeTenths(address: usize, thousandths: i32): usize {
  let at = address;
  let magnitude = thousandths + 50;
  if (magnitude <= 0) {
    magnitude = 50 - thousandths;
    at = writeU8(at, 0x2d);
  }
  const tenths = <u32>magnitude / 100;
  const whole = tenths / 10;
  at = writeU8(writeDecimal(at, whole), 0x2e);
  return writeU8(at, 0x30 + tenths - whole * 10);
}
