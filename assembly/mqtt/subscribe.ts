/** SUBSCRIBE and UNSUBSCRIBE, one topic filter each. */

import { requests } from "../image";
import { copy } from "../memory";
import { writeU8, writeU16 } from "../text";
import { finishPacket, isOnline, outputEnd, outputHasRoom } from "./connection";
import { PacketType } from "./packet";

/** Packet identifiers of requests, as loaded from memory: 32 for SUBSCRIBE, then 32 for UNSUBSCRIBE (session.ts). */
const FIRST_SUBSCRIBE: u32 = 1;
const FIRST_UNSUBSCRIBE: u32 = 33;

/** Requests that the broker has not answered on this connection. */
@unmanaged
export class Requests {
  /** Bit n: SUBSCRIBE number n awaits its SUBACK. */
  subscribing: u32 = 0;
  /** Bit n: UNSUBSCRIBE number n awaits its UNSUBACK. */
  unsubscribing: u32 = 0;
  /** Whether a connection ended before its SUBACK came: a session that the broker kept may lack the subscription. */
  isUnanswered: bool = false;
}

/** Takes a SUBACK. Returns false if no SUBSCRIBE has that identifier. */
export function takeSuback(identifier: u32): bool {
  const bit = bitOf(identifier - FIRST_SUBSCRIBE);
  const known = (requests.subscribing & bit) != 0;
  requests.subscribing &= ~bit;
  return known;
}

/** Takes an UNSUBACK. Returns false if no UNSUBSCRIBE has that identifier. */
export function takeUnsuback(identifier: u32): bool {
  const bit = bitOf(identifier - FIRST_UNSUBSCRIBE);
  const known = (requests.unsubscribing & bit) != 0;
  requests.unsubscribing &= ~bit;
  return known;
}

function bitOf(index: u32): u32 {
  return index < 32 ? 1 << index : 0;
}

/** Largest filter that a short packet holds, with its length, identifier and QoS. */
const MAX_FILTER: i32 = 122;

/**
 * Asks for messages on the filter that is written at `filter`, `length` bytes, at most at the given QoS (0 or 1).
 * Returns false if it can't be asked for now: the node is not online, the output is full, or 32 requests are unanswered.
 */
export function subscribeTo(filter: usize, length: i32, qos: i32): bool {
  const index = ctz(~requests.subscribing);
  if (!isOnline() || index > 31 || length > MAX_FILTER || !outputHasRoom()) return false;
  requests.subscribing |= 1 << index;
  const start = outputEnd();
  const at = writeFilter(start, FIRST_SUBSCRIBE + index, filter, length);
  finishPacket(PacketType.SUBSCRIBE, start, writeU8(at, qos));
  return true;
}

/** Takes back a subscription. Returns false as `subscribeTo` does. */
export function unsubscribeFrom(filter: usize, length: i32): bool {
  const index = ctz(~requests.unsubscribing);
  if (!isOnline() || index > 31 || length > MAX_FILTER || !outputHasRoom()) return false;
  requests.unsubscribing |= 1 << index;
  const start = outputEnd();
  finishPacket(PacketType.UNSUBSCRIBE, start, writeFilter(start, FIRST_UNSUBSCRIBE + index, filter, length));
  return true;
}

function writeFilter(start: usize, identifier: i32, filter: usize, length: i32): usize {
  store<u16>(start + 2, identifier);
  return copy(writeU16(start + 4, length), filter, length);
}
