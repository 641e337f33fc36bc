/**
 * The application's own messages until they are acknowledged, in a ring of bytes. Each has an entry in the queue, so that
 * readings and messages are sent, and sent again, in one order [MQTT-4.6.0-1], and a message has a packet identifier as a
 * reading has.
 *
 *     outbox   | message | message |      free      | message |
 *                                   ^ end            ^ the queue's oldest message
 *
 * A message never wraps: one that does not fit behind the last goes to the beginning.
 */

import { draft, OUTBOX_BYTES, outbox, queue, session } from "../image";
import { copy } from "../memory";
import { outputEnd, outputHasRoomFor, takeLongWay } from "../mqtt/connection";
import { OUTBOX, OUTBOX_QOS, TRANSMIT } from "../options";
import { Text, writeBytes } from "../text";
import { beginDraft, draftIsGood, endDraft, Message } from "./draft";
import { baseLength, baseTopic } from "./identity";
import { append, isMessage, MESSAGE, queueHasRoom, valueOf } from "./queue";
import { uptimeS } from "./uptime";

/** What a PUBLISH takes besides topic, properties and payload: header, topic length, identifier, property length, expiry. */
const PUBLISH_BYTES: i32 = 5 + 2 + 2 + 1 + 5;
const NONE: u32 = u32.MAX_VALUE;


@unmanaged
export class Outbox {
  /** Where the youngest message ends, from the beginning of the ring. */
  end: u32 = 0;
}

/** The message that a queued value stands for. */
@inline
export function messageOf(value: i32): Message {
  return changetype<Message>(OUTBOX_BYTES + <usize>(value - MESSAGE));
}

/** Where the oldest message of the queue begins, or `NONE`. */
function oldest(): u32 {
  for (let at = session.acknowledged; at != queue.end; at++) {
    const value = valueOf(at);
    if (isMessage(value)) return value - MESSAGE;
  }
  return NONE;
}

/** Begins a message in the largest free piece. Returns false if there is none, or the topic or the QoS can't be. */
export function beginMessage(topic: usize, length: i32, flags: i32): bool {
  // What is written after a message that could not begin belongs to no message, and least of all to an earlier one.
  draft.start = 0;
  const first = oldest();
  let start = outbox.end;
  let limit: u32 = OUTBOX;
  if (first == NONE) {
    start = 0;
  } else if (start <= first) {
    limit = first;
  } else if (<i32>first > OUTBOX - <i32>start) {
    start = 0;
    limit = first;
  }
  // A message that begins where another begins would be taken for that one.
  if (!queueHasRoom() || flags >> 1 > OUTBOX_QOS || <i32>(limit - start) < <i32>offsetof<Message>()) return false;
  return beginDraft(OUTBOX_BYTES + start, OUTBOX_BYTES + limit, topic, length, flags);
}

/** The same on `sensor/<id>/` + suffix. */
export function beginOwnMessage(suffix: Text, flags: i32): bool {
  // Written where the output is free: it is copied at once.
  const topic = outputEnd();
  const length = baseLength() + suffix.length;
  if (!outputHasRoomFor(length)) return false;
  writeBytes(copy(topic, baseTopic(), baseLength()), suffix);
  return beginMessage(topic, length, flags);
}

/**
 * Queues the draft. Returns false, and forgets it, if it did not fit, or could not be sent in one piece: `uploadLength` is for
 * those, which have no payload here, and 0 for all others.
 */
export function queueMessage(uploadLength: u32): bool {
  if (!draftIsGood() || !queueHasRoom()) return false;
  if (uploadLength != 0 && draft.hasPayload) return false;
  const message = changetype<Message>(draft.start);
  const size = endDraft();
  if (size - <i32>offsetof<Message>() + PUBLISH_BYTES > TRANSMIT) return false;
  // An address that is a multiple of 4 for the next.
  const offset = <u32>(changetype<usize>(message) - OUTBOX_BYTES);
  outbox.end = (offset + size + 3) & ~3;
  message.uploadLength = uploadLength;
  if (message.expiryS != 0) message.queuedAtS = uptimeS();
  append(queue.end, MESSAGE + offset);
  takeLongWay();
  return true;
}
