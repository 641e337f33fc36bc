/** SUBSCRIBE and UNSUBSCRIBE, one topic filter each. */

import { copy } from "../memory";
import { writeU16, writeU8 } from "../text";
import { connection, finishPacket, outputEnd, outputHasRoom } from "./connection";
import { PacketType } from "./packet";

/** Packet identifiers of requests: 32 for SUBSCRIBE, then 32 for UNSUBSCRIBE, none of which a PUBLISH can have. */
export const FIRST_SUBSCRIBE: i32 = 0x8001;
export const FIRST_UNSUBSCRIBE: i32 = 0x8021;

/** Largest filter that a short packet holds, with its length, identifier and QoS. */
const MAX_FILTER: i32 = 122;

/**
 * Asks for messages on the filter that is written at `filter`, `length` bytes, at most at the given QoS (0 or 1).
 * Returns false if it can't be asked for now: the output is full, or 32 requests are unanswered.
 */
export function subscribeTo(filter: usize, length: i32, qos: i32): bool {
  const index = ctz(~connection.subscribing);
  if (index > 31 || length > MAX_FILTER || !outputHasRoom()) return false;
  connection.subscribing |= 1 << index;
  const start = outputEnd();
  const at = writeFilter(start, FIRST_SUBSCRIBE + index, filter, length);
  finishPacket(PacketType.SUBSCRIBE, start, writeU8(at, qos));
  return true;
}

/** Takes back a subscription. Returns false as `subscribeTo` does. */
export function unsubscribeFrom(filter: usize, length: i32): bool {
  const index = ctz(~connection.unsubscribing);
  if (index > 31 || length > MAX_FILTER || !outputHasRoom()) return false;
  connection.unsubscribing |= 1 << index;
  const start = outputEnd();
  finishPacket(PacketType.UNSUBSCRIBE, start, writeFilter(start, FIRST_UNSUBSCRIBE + index, filter, length));
  return true;
}

function writeFilter(start: usize, identifier: i32, filter: usize, length: i32): usize {
  return copy(writeU16(writeU16(start + 2, identifier), length), filter, length);
}
