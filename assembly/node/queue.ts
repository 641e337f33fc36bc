/**
 * Readings that are not yet acknowledged, in a ring inside the image. A reading's place follows from its sequence number
 * (mqtt/session.ts); what the session has acknowledged is free.
 *
 * A failed or recovered sensor is an entry too, so that it arrives in its order and survives an outage like a reading.
 */

import { clock_unix_ms } from "../hal";
import { durability, queue, QUEUED_AT, RING, session, upload } from "../image";
import { firstUnsent } from "../mqtt/session";
import { CHECKPOINT, DROP_OLDEST, OUTBOX, PAYLOAD, QUEUE_CAPACITY, STALE_S, UPLOAD } from "../options";
import { utf8 } from "../text";
import { Level, sayNumber } from "./log";
import { uptimeS } from "./uptime";

const DROPPED = utf8("readings dropped: ");

/** A sensor's state travels as a reading that no sensor can give: this, less the (negative) error. */
export const STATE: i32 = i32.MIN_VALUE;
/** A message of the application's own lies in the outbox, so far from its beginning as the value is above this. */
export const MESSAGE: i32 = STATE + 0x1000;


@unmanaged
class Entry {
  /** Thousandths of the unit, or a sensor's state. */
  value: i32 = 0;
}


@unmanaged
class DatedEntry extends Entry {
  /** Counts every reading taken, dropped ones included, so that a gap shows. */
  number: u32 = 0;
  /** Milliseconds since the Unix epoch, or 0 while the clock is not set. */
  unixMs: i64 = 0;
}


@unmanaged
export class Queue {
  /** The sequence number that the next entry gets. */
  end: u32 = 0;
  /** Readings dropped since the node began. */
  dropped: u32 = 0;
  /** The number that the next dated entry gets. */
  number: u32 = 0;
}

/** Only JSON carries a time and a number. */
const DATED: bool = PAYLOAD == 2;
export const ENTRY_BYTES: u32 = DATED ? offsetof<DatedEntry>() : offsetof<Entry>();


@inline
function slot(sequence: u32): usize {
  return RING + offsetInRing(sequence);
}


@inline
function offsetInRing(sequence: u32): usize {
  return (sequence & (QUEUE_CAPACITY - 1)) * ENTRY_BYTES;
}

/** Whether a queued value is a sensor's state, not a reading. */
@inline
export function isSensorState(value: i32): bool {
  return value < MESSAGE;
}

/** Whether a queued value is a message of the application's own. */
@inline
export function isMessage(value: i32): bool {
  return <u32>(value - MESSAGE) < <u32>OUTBOX;
}

/** The value of entry number `sequence`. */
@inline
export function valueOf(sequence: u32): i32 {
  return changetype<Entry>(slot(sequence)).value;
}

/** Entry number `sequence` with its time and number. */
@inline
export function datedEntry(sequence: u32): DatedEntry {
  return changetype<DatedEntry>(slot(sequence));
}

/** Adds an entry. If the queue is full, one is dropped and counted: which one was chosen at compile time. */
export function enqueue(value: i32): void {
  if (queueHasRoom() || makeRoom()) append(queue.end, value);
}

/** Adds entry number `sequence`, the next one, to a queue that has room. */
@inline
export function append(sequence: u32, value: i32): void {
  // The ring's address goes into the instruction, which saves the interpreter an addition.
  store<i32>(offsetInRing(sequence), value, RING);
  if (DATED) {
    const entry = datedEntry(sequence);
    // A sensor's state is no reading: counting it would look like a reading lost.
    entry.number = isSensorState(value) || isMessage(value) ? 0 : queue.number++;
    if (clock_unix_ms(changetype<usize>(entry) + offsetof<DatedEntry>("unixMs")) != 0) entry.unixMs = 0;
  }
  if (STALE_S) store<u32>(ageSlot(sequence), uptimeS());
  queue.end = sequence + 1;
}


@inline
function ageSlot(sequence: u32): usize {
  return QUEUED_AT + (sequence & (QUEUE_CAPACITY - 1)) * 4;
}

/** Seconds that entry number `sequence` has waited. */
export function ageS(sequence: u32): u32 {
  return uptimeS() - load<u32>(ageSlot(sequence));
}

/** Whether another entry fits without dropping one. */
export function queueHasRoom(): bool {
  return queue.end - session.acknowledged < QUEUE_CAPACITY;
}

/** Drops a reading, if it can the oldest that the broker has never seen. Returns false if the new one is to go. */
function makeRoom(): bool {
  queue.dropped++;
  sayNumber(Level.WARNING, DROPPED, queue.dropped);
  const end = queue.end - 1;
  let at = firstUnsent();
  // The application's own messages are none that a reading may displace.
  if (OUTBOX > 0) while (at - end != 1 && isMessage(valueOf(at))) at++;
  if (!DROP_OLDEST || at - end == 1) {
    if (DATED) queue.number++;
    return false;
  }
  // What moves up is not what the newest checkpoint holds in its place.
  if (CHECKPOINT) if (<i32>(durability.end - at) > 0) durability.end = at;
  // An upload that waits moves up with the others.
  if (UPLOAD) if (<i32>(upload.sequence - at) > 0) upload.sequence--;
  for (; at != end; at++) {
    memory.copy(slot(at), slot(at + 1), ENTRY_BYTES);
    if (STALE_S) store<u32>(ageSlot(at), load<u32>(ageSlot(at + 1)));
  }
  queue.end = end;
  return true;
}
