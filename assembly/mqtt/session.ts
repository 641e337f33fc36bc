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

import { PERSISTENT, WINDOW } from "../options";

/** Identifiers 1 to 0x8000 belong to PUBLISH, those above to SUBSCRIBE and UNSUBSCRIBE: they never meet [MQTT-2.3.1-2]. */
const IDENTIFIER_MASK: u32 = 0x7fff;
/** No single packet of four bytes can equal it, so it stands for "expect nothing in particular". */
const NO_PACKET: u32 = 0;

@unmanaged
export class Session {
  /** The oldest reading that is not acknowledged. */
  acknowledged: u32 = 0;
  /** The next reading to send on this connection. */
  sent: u32 = 0;
  /** The whole PUBACK, as loaded from memory, when one reading is in flight and nothing else is awaited; else 0. */
  expectedAck: u32 = 0;
  /** Readings before this one went out on an earlier connection of this session: they carry DUP [MQTT-3.3.1-1]. */
  resendEnd: u32 = 0;
  /** Bit n: reading `acknowledged + n` is acknowledged, out of turn. */
  ahead: u32 = 0;
}

export const session = changetype<Session>(memory.data(offsetof<Session>()));

/** Readings that were sent and not acknowledged. */
@inline
export function inFlight(): u32 {
  return session.sent - session.acknowledged;
}

/** The packet identifier of a reading, never zero [MQTT-2.3.1-1]. */
@inline
export function identifierOf(sequence: u32): u32 {
  return (sequence & IDENTIFIER_MASK) + 1;
}

/** Whether reading number `session.sent` goes out a second time. */
@inline
export function isResend(): bool {
  return <i32>(session.sent - session.resendEnd) < 0;
}

/** Notes that the next reading is on its way, under the identifier whose big-endian bytes are `identifierBytes`. */
@inline
export function noteSent(identifierBytes: u32): void {
  const first = session.sent == session.acknowledged;
  session.sent++;
  // A little-endian load of 40 02 <identifier>: one comparison then accepts the usual answer whole.
  session.expectedAck = first ? 0x0240 | (identifierBytes << 16) : NO_PACKET;
}

/** The one reading in flight is acknowledged. */
@inline
export function acknowledgeOnly(): void {
  session.acknowledged = session.sent;
  session.expectedAck = NO_PACKET;
}

/** Takes a PUBACK in any order. Returns false if nothing in flight has that identifier. */
export function acknowledge(identifier: u32): bool {
  const offset = (identifier - 1 - session.acknowledged) & IDENTIFIER_MASK;
  if (identifier - 1 > IDENTIFIER_MASK || offset >= inFlight() || (session.ahead >>> offset) & 1) return false;
  session.ahead |= 1 << offset;
  while (session.ahead & 1) {
    session.ahead >>>= 1;
    session.acknowledged++;
  }
  session.expectedAck = NO_PACKET;
  return true;
}

/** The connection is gone: what was in flight will be sent again, from the oldest on [MQTT-4.6.0-1]. */
export function rewind(): void {
  if (<i32>(session.sent - session.resendEnd) > 0) session.resendEnd = session.sent;
  session.sent = session.acknowledged;
  session.expectedAck = NO_PACKET;
}

/** The broker holds no session: what was in flight is new to it, so it goes out without DUP. */
export function forget(): void {
  session.resendEnd = session.acknowledged;
  session.ahead = 0;
}

/** The first reading that may be dropped: the broker has never seen it. */
export function firstUnsent(): u32 {
  return isResend() ? session.resendEnd : session.sent;
}

/** Whether the window lets another reading go out. */
@inline
export function hasRoom(): bool {
  return inFlight() < WINDOW;
}
