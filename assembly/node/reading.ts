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
 */

import { copy } from "../memory";
import { identifierOf, isResend, noteSent, session } from "../mqtt/session";
import { PacketType, PublishFlag } from "../mqtt/packet";
import { PAYLOAD, QOS } from "../options";
import { utf8, writeBytes, writeDecimal, writeU8 } from "../text";
import { MAX_ID, writeTopic } from "./identity";
import { datedEntry } from "./queue";

const TEMPERATURE = utf8("temperature");
const OPENING = PAYLOAD == 0 ? utf8('{"msg":"') : PAYLOAD == 2 ? utf8('{"value":') : utf8("");
const TIME = utf8(',"unit":"C","time":');
const NULL = utf8("null");
const SEQUENCE = utf8(',"seq":');

/** What a packet can be at most: bytes before the digits, and from the digits on. */
const BEFORE_DIGITS: i32 = 2 + 2 + 8 + MAX_ID + 11 + 2 + 9;
const AFTER_DIGITS: i32 = PAYLOAD == 2 ? 58 : 9;
const OPENING_LENGTH: i32 = PAYLOAD == 0 ? 8 : PAYLOAD == 2 ? 9 : 0;

const PACKET: usize = memory.data(BEFORE_DIGITS + AFTER_DIGITS);
const DIGITS: usize = PACKET + BEFORE_DIGITS;
const IDENTIFIER: usize = DIGITS - OPENING_LENGTH - 2;

@unmanaged
export class Packet {
  /** Where the packet begins. */
  start: usize = 0;
}

export const packet = changetype<Packet>(memory.data(offsetof<Packet>()));

/** Builds the packet up to its digits. The node's identity must be known. */
export function setupReadings(): void {
  const end = writeTopic(PACKET, TEMPERATURE);
  const length = <i32>(end - PACKET);
  const topic = (QOS ? IDENTIFIER : IDENTIFIER + 2) - length;
  copy(topic, PACKET, length);
  writeBytes(IDENTIFIER + 2, OPENING);
  packet.start = topic - 2;
}

/** Writes reading number `session.sent`, `value` thousandths, and returns the address behind the packet. */
@inline
export function writeReading(value: i32): usize {
  const sequence = session.sent;
  const start = packet.start;
  let end = writeTenths(DIGITS, value);
  if (PAYLOAD == 0) {
    // "} in one store.
    store<u16>(end, 0x7d22);
    end += 2;
  } else if (PAYLOAD == 2) {
    end = writeDetails(end, sequence);
  }
  store<u8>(start + 1, end - start - 2);
  if (QOS) {
    const bytes = <u32>bswap<u16>(<u16>identifierOf(sequence));
    store<u16>(IDENTIFIER, bytes);
    const flags = PacketType.PUBLISH | PublishFlag.QOS_1;
    store<u8>(start, isResend() ? flags | PublishFlag.DUP : flags);
    noteSent(bytes);
  } else {
    store<u8>(start, PacketType.PUBLISH);
    session.sent = sequence + 1;
    session.acknowledged = sequence + 1;
  }
  return end;
}

/** Unit, time and sequence number of a JSON reading. */
function writeDetails(address: usize, sequence: u32): usize {
  const entry = datedEntry(sequence);
  let at = writeBytes(address, TIME);
  if (entry.unixMs == 0) {
    at = writeBytes(at, NULL);
  } else {
    // Nine digits at a time fit 32 bits; the lower nine keep their zeros.
    at = writeDecimal(at, <u32>(entry.unixMs / 1_000_000_000));
    const low = <u32>(entry.unixMs % 1_000_000_000);
    at = writeDecimal(at, low + 1_000_000_000);
    copy(at - 10, at - 9, 9);
    at--;
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
  const last = tenths - whole * 10;
  if (whole - 10 < 90) {
    // The usual case, "17.2", in one store.
    const first = whole / 10;
    store<u32>(at, 0x302e3030 + first + ((whole - first * 10) << 8) + (last << 24));
    return at + 4;
  }
  at = writeU8(writeDecimal(at, whole), 0x2e);
  return writeU8(at, 0x30 + last);
}
