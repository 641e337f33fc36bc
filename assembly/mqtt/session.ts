/**
 * What survives the connection: which readings the broker has acknowledged, and which it may already have seen.
 *
 * Every reading has a sequence number, and its packet identifier follows from it. So the queue of readings is also the
 * store of unacknowledged messages, and a message that is sent again has its first identifier [MQTT-2.3.1-3].
 *
 *      acknowledged        sent               queued
 *           v                v                  v
 *   --------|----in flight---|-----waiting------|------> sequence numbers, which wrap at 2^32
 */

import { exchange, limits, session } from "../image";
import { MIXED_QOS, QOS, SENDS_QOS_2, V5, WINDOW } from "../options";

/**
 * Identifiers are compared and nothing else, so this side keeps them as their two bytes are loaded from memory. Those with
 * this bit belong to PUBLISH, the others to SUBSCRIBE and UNSUBSCRIBE: they never meet [MQTT-2.3.1-2].
 */
const PUBLISH_BIT: u32 = 0x8000;
const SEQUENCE_MASK: u32 = 0x7fff;


@unmanaged
export class Session {
  /** The oldest reading that is not acknowledged. */
  acknowledged: u32 = 0;
  /** The next reading to send on this connection. */
  sent: u32 = 0;
  /** Readings before this one went out on an earlier connection of this session: they carry DUP [MQTT-3.3.1-1]. */
  resendEnd: u32 = 0;
  /** Bit n: reading `acknowledged + n` is acknowledged, out of turn. It stays so, whatever becomes of the session. */
  ahead: u32 = 0;
}

/** How far the exchanges under QoS 2 are (4.3.3). Bit n stands for entry `acknowledged + n`, as in `ahead`. */
@unmanaged
export class Exchange {
  /** Its PUBREC has come: PUBREL was sent, or is to be sent again, and PUBCOMP ends it. Survives the connection. */
  released: u32 = 0;
  /** It went out under QoS 2 on this connection. */
  isQos2: u32 = 0;
}

/** Whether the broker may hold this node's session. */
@unmanaged
export class Continuity {
  /** A fresh image holds none, so under MQTT 5.0 it asks for a new one [MQTT-3.2.2-4]. */
  isHeld: bool = false;
}

/** Readings that were sent and not acknowledged. */
export function inFlight(): u32 {
  return session.sent - session.acknowledged;
}

/** The packet identifier of a reading, never zero [MQTT-2.3.1-1], in the low 16 bits; those above are to be ignored. */
@inline
export function identifierOf(sequence: u32): u32 {
  return sequence | PUBLISH_BIT;
}

/** Whether reading number `session.sent` goes out a second time. */
@inline
export function isResend(): bool {
  return <i32>(session.sent - session.resendEnd) < 0;
}

/** Notes that the next entry is on its way under that QoS. Under QoS 0 nothing more will be heard of it. */
@inline
export function noteSent(qos: i32): void {
  if (MIXED_QOS) return noteSentUnder(qos);
  session.sent++;
  if (!QOS) session.acknowledged = session.sent;
}

function noteSentUnder(qos: i32): void {
  const offset = inFlight();
  session.sent++;
  if (qos == 0) complete(offset);
  else if (SENDS_QOS_2 && qos == 2) exchange.isQos2 |= 1 << offset;
}

/** Where in flight the identifier is, counted from the oldest entry. */
@inline
function offsetOf(identifier: u32): u32 {
  return (identifier - session.acknowledged) & SEQUENCE_MASK;
}

/** Whether something in flight there has that identifier. */
@inline
function isInFlight(identifier: u32, offset: u32): bool {
  return (identifier & PUBLISH_BIT) != 0 && offset < inFlight() && !((session.ahead >>> offset) & 1);
}

/** The entry is acknowledged, in its turn or not. */
function complete(offset: u32): void {
  if (SENDS_QOS_2) exchange.released &= ~(1 << offset);
  let ahead = session.ahead | (1 << offset);
  for (; ahead & 1; ahead >>>= 1) {
    session.acknowledged++;
    if (SENDS_QOS_2) {
      exchange.released >>>= 1;
      exchange.isQos2 >>>= 1;
    }
  }
  session.ahead = ahead;
  // What was released on an earlier connection may end before it would have been its turn on this one.
  if (SENDS_QOS_2) if (<i32>(session.sent - session.acknowledged) < 0) session.sent = session.acknowledged;
}

/** Passes over the next entry, which is not to be sent. */
export function skipEntry(): void {
  noteSent(0);
}

/** Entry number `sequence`, which is in flight, needs no answer any more. */
export function noteDelivered(sequence: u32): void {
  complete(sequence - session.acknowledged);
}

/** Whether entry number `sequence` of the last 2^31 is acknowledged. */
export function isDone(sequence: u32): bool {
  const offset = sequence - session.acknowledged;
  return <i32>offset < 0 || (offset < 32 && (session.ahead >>> offset) & 1);
}

/** Takes a PUBACK in any order. Returns false if nothing in flight under QoS 1 has that identifier. */
export function acknowledge(identifier: u32): bool {
  const offset = offsetOf(identifier);
  if (!isInFlight(identifier, offset)) return false;
  if (SENDS_QOS_2) if (((exchange.isQos2 | exchange.released) >>> offset) & 1) return false;
  complete(offset);
  return true;
}

/**
 * Takes a PUBREC: from here on PUBREL is owed, and the PUBLISH is not sent again [MQTT-4.3.3-6]. One that is refused is
 * complete [MQTT-4.4.0-2]. Returns false if nothing in flight under QoS 2 has that identifier.
 */
export function record(identifier: u32, isRefused: bool): bool {
  const offset = offsetOf(identifier);
  if (!isInFlight(identifier, offset) || !((exchange.isQos2 >>> offset) & 1)) return false;
  if (isRefused) complete(offset);
  else exchange.released |= 1 << offset;
  return true;
}

/** Takes a PUBCOMP. Returns false if none is awaited with that identifier. */
export function finishExchange(identifier: u32): bool {
  const offset = offsetOf(identifier);
  if (!(identifier & PUBLISH_BIT) || offset > 31 || !((exchange.released >>> offset) & 1)) return false;
  complete(offset);
  return true;
}

/** Whether reading number `session.sent` needs no PUBLISH any more: it was acknowledged out of turn, or released. */
@inline
export function isSettled(): bool {
  // In flight is a window of at most 32, and the next to be sent is within it.
  return (((SENDS_QOS_2 ? session.ahead | exchange.released : session.ahead) >>> inFlight()) & 1) != 0;
}

/** Entries that are released, as bits: PUBREL is owed for each when the session is resumed. */
@inline
export function releasedEntries(): u32 {
  return exchange.released;
}

/** The packet identifier of the entry that bit `offset` stands for. */
@inline
export function releasedIdentifier(offset: u32): u32 {
  return identifierOf(session.acknowledged + offset);
}

/**
 * The connection is gone: what was in flight will be sent again, from the oldest on [MQTT-4.6.0-1]. What was acknowledged
 * out of turn is not, but in a node that sends nothing but readings under QoS 1, which allows it: there it costs less.
 */
export function rewind(): void {
  if (<i32>(session.sent - session.resendEnd) > 0) session.resendEnd = session.sent;
  session.sent = session.acknowledged;
  if (!MIXED_QOS) session.ahead = 0;
  if (SENDS_QOS_2) exchange.isQos2 = 0;
}

/**
 * The broker holds no session: what was in flight is new to it, so it goes out without DUP. What it had recorded, PUBREC
 * says, is its own, and ends here.
 */
export function forget(): void {
  if (SENDS_QOS_2) {
    // From the youngest on: the oldest shifts the others.
    while (exchange.released != 0) complete(31 - clz(exchange.released));
  }
  session.resendEnd = session.acknowledged;
}

/** The first reading that may be dropped: the broker has never seen it, and none behind it is settled. */
export function firstUnsent(): u32 {
  const unsent = isResend() ? session.resendEnd : session.sent;
  if (!MIXED_QOS) return unsent;
  const settledEnd = session.acknowledged + 32 - clz(session.ahead);
  return <i32>(unsent - settledEnd) < 0 ? settledEnd : unsent;
}

/** Whether the windows of both sides let another reading go out [MQTT-3.3.4-7]. */
export function hasRoom(): bool {
  return inFlight() < (V5 ? min(WINDOW, limits.receiveMaximum) : WINDOW);
}
