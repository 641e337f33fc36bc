/**
 * A payload that the application hands out piece by piece, because it is larger than the output. Its PUBLISH is begun in its
 * turn; from then on nothing else goes out until the last byte has. If the connection ends before, the PUBLISH begins anew on
 * the next one, and the application is asked for the payload from its beginning.
 */

import { connection, OUTPUT, queue, session, upload } from "../image";
import { copy } from "../memory";
import { OUTPUT_CAPACITY, outputEnd } from "../mqtt/connection";
import { isDone, noteDelivered } from "../mqtt/session";
import { queueMessage } from "./outbox";


@unmanaged
export class Upload {
  /** Bytes of the payload that the application has not handed out; 0: nothing is under way. */
  left: u32 = 0;
  /** Bytes of the payload in all. */
  length: u32 = 0;
  /** The entry of the queue. */
  sequence: u32 = 0;
  /** Whether the message is not acknowledged yet. */
  isActive: bool = false;
  /** Under QoS 0 the last byte is all that is awaited. */
  qos: i32 = 0;
}

/** Queues the draft, whose payload is `length` bytes that follow. Returns false if it can't be queued, or another is not done. */
export function queueUpload(length: u32): bool {
  const sequence = queue.end;
  if (isUploading() || length == 0 || length > 0x0fff_0000 || !queueMessage(length)) return false;
  upload.sequence = sequence;
  upload.isActive = true;
  return true;
}

/** Whether an upload is not acknowledged yet. */
export function isUploading(): bool {
  if (upload.isActive && isDone(upload.sequence)) upload.isActive = false;
  return upload.isActive;
}

/** Its PUBLISH is in the output, up to the payload. */
export function beginPayload(length: u32, qos: i32): void {
  upload.length = length;
  upload.left = length;
  upload.qos = qos;
}

/** Where the next byte of the payload stands in it. */
export function uploadPosition(): u32 {
  return upload.length - upload.left;
}

/** Bytes that are wanted now. */
export function uploadWanted(): i32 {
  return min<u32>(upload.left, <u32>(OUTPUT + OUTPUT_CAPACITY - outputEnd()));
}

/** Takes up to `length` bytes of the payload, and returns how many. */
export function writePayload(bytes: usize, length: i32): i32 {
  const taken = min(length, uploadWanted());
  if (taken <= 0) return 0;
  const end = outputEnd();
  copy(end, bytes, taken);
  if (connection.outputLength == 0) connection.outputStart = end;
  connection.outputLength += taken;
  // The broker can't answer a message that is not whole: this is the progress that there is.
  connection.answers++;
  upload.left -= taken;
  if (upload.left == 0 && upload.qos == 0) noteDelivered(session.sent - 1);
  return taken;
}
