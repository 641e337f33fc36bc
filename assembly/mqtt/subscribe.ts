/** SUBSCRIBE and UNSUBSCRIBE, one topic filter each, and their answers. */

import { limits, requests } from "../image";
import { copy } from "../memory";
import { INBOUND_QOS, V5 } from "../options";
import { Text, writeU8, writeU16 } from "../text";
import { finishPacket, isOnline, outputEnd, outputHasRoom } from "./connection";
import { PacketType, SubscribeFlag } from "./packet";
import { Property } from "./property";
import { hasWildcard, isShared, isTopicFilter } from "./topic";
import { writeVarint } from "./varint";
import { isV5 } from "./version";

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

/** Largest filter that fits a packet with its length, identifier, properties and options. */
const MAX_FILTER: i32 = 122;

/**
 * Asks for messages on a filter; `options` is the QoS with `SubscribeFlag`, which MQTT 3.1.1 does not have and is not told,
 * and `identifier` the subscription identifier, 1 to 268435455, or 0 for none. Returns false if it can't be asked for: the
 * filter or the options are against the standard, or above what this module receives; the broker does not offer it; or, for
 * now, the node is not online, the output is full, or 32 requests are unanswered.
 */
export function subscribeTo(filter: Text, options: i32, identifier: u32): bool {
  const index = ctz(~requests.subscribing);
  if (index > 31 || !canAsk(filter) || !isOption(filter, options, identifier)) return false;
  const start = outputEnd();
  let at = writeIdentifier(start + 2, FIRST_SUBSCRIBE + index);
  if (V5) {
    if (isV5()) at = writeSubscriptionIdentifier(at, identifier);
    else options &= 3;
  }
  at = writeFilter(at, filter);
  finishPacket(PacketType.SUBSCRIBE, start, writeU8(at, options));
  if (outputEnd() == start) return false;
  requests.subscribing |= 1 << index;
  return true;
}

/** Takes back a subscription. Returns false as `subscribeTo` does. */
export function unsubscribeFrom(filter: Text): bool {
  const index = ctz(~requests.unsubscribing);
  if (index > 31 || !canAsk(filter)) return false;
  const start = outputEnd();
  let at = writeIdentifier(start + 2, FIRST_UNSUBSCRIBE + index);
  if (V5) if (isV5()) at = writeU8(at, 0);
  finishPacket(PacketType.UNSUBSCRIBE, start, writeFilter(at, filter));
  if (outputEnd() == start) return false;
  requests.unsubscribing |= 1 << index;
  return true;
}

function canAsk(filter: Text): bool {
  return isOnline() && filter.length <= MAX_FILTER && outputHasRoom() && isTopicFilter(filter);
}

/** Whether the standard and the broker allow these options for this filter. */
function isOption(filter: Text, options: i32, identifier: u32): bool {
  // Reserved bits are 0 [MQTT-3.8.3-5]; there is no Retain Handling 3.
  if (options & SubscribeFlag.RESERVED || (options & 0x30) == 0x30 || (options & 3) > INBOUND_QOS) return false;
  if (!V5) return options <= 2;
  if (!isV5()) return true;
  // What this client shares, it can't keep from itself [MQTT-3.8.3-4].
  const shared = isShared(filter);
  if (shared && (options & SubscribeFlag.NO_LOCAL || !limits.shared)) return false;
  if (identifier > 0x0fff_ffff || (identifier != 0 && !limits.identifiers)) return false;
  return limits.wildcards != 0 || !hasWildcard(filter);
}

function writeSubscriptionIdentifier(address: usize, identifier: u32): usize {
  if (identifier == 0) return writeU8(address, 0);
  const end = writeVarint(writeU8(address + 1, Property.SUBSCRIPTION_IDENTIFIER), identifier);
  store<u8>(address, <i32>(end - address) - 1);
  return end;
}

/** Identifiers of requests stay as they are loaded from memory. */
function writeIdentifier(address: usize, identifier: i32): usize {
  store<u16>(address, identifier);
  return address + 2;
}

function writeFilter(address: usize, filter: Text): usize {
  return copy(writeU16(address, filter.length), filter.bytes, filter.length);
}
