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

import { session } from "../image";
import { QOS, WINDOW } from "../options";

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
  /** Bit n: reading `acknowledged + n` is acknowledged, out of turn. */
  ahead: u32 = 0;
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

/** Notes that the next reading is on its way. Under QoS 0 nothing more will be heard of it. */
@inline
export function noteSent(): void {
  session.sent++;
  if (!QOS) session.acknowledged = session.sent;
}

/** Takes a PUBACK in any order. Returns false if nothing in flight has that identifier. */
export function acknowledge(identifier: u32): bool {
  const offset = (identifier - session.acknowledged) & SEQUENCE_MASK;
  if (!(identifier & PUBLISH_BIT) || offset >= inFlight() || (session.ahead >>> offset) & 1) return false;
  let ahead = session.ahead | (1 << offset);
  for (; ahead & 1; ahead >>>= 1) session.acknowledged++;
  session.ahead = ahead;
  return true;
}

/**
 * The connection is gone: what was in flight will be sent again, from the oldest on [MQTT-4.6.0-1]. What was acknowledged
 * out of turn goes out once more with it: QoS 1 allows that.
 */
export function rewind(): void {
  if (<i32>(session.sent - session.resendEnd) > 0) session.resendEnd = session.sent;
  session.sent = session.acknowledged;
  session.ahead = 0;
}

/** The broker holds no session: what was in flight is new to it, so it goes out without DUP. */
export function forget(): void {
  session.resendEnd = session.acknowledged;
}

/** The first reading that may be dropped: the broker has never seen it. */
export function firstUnsent(): u32 {
  return isResend() ? session.resendEnd : session.sent;
}

/** Whether the window lets another reading go out. */
export function hasRoom(): bool {
  return inFlight() < WINDOW;
}
