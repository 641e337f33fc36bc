/**
 * What dies with the connection: its buffers, what the peer still owes an answer to, and its timers.
 *
 * This side does no I/O. The node's link puts received bytes at `receiveEnd()` and takes bytes to send from `output()`.
 */

import { auth, connection, inbound, limits, OUTPUT, properties, requests, upload } from "../image";
import { copy, reached } from "../memory";
import { ALIASES, AUTH, MESSAGES, OUTBOX, SENDS_QOS_2, TRANSMIT, UPLOAD, V5 } from "../options";
import { writeU8 } from "../text";
import { forgetAliases } from "./alias";
import { dropInbound, SKIPS } from "./message";
import { writeVarint } from "./varint";

/** Where a connection is in its life. A fresh image begins with 0. */
export namespace Phase {
  /** Nothing has happened yet: the clock is not even known. */
  export const BOOT: i32 = 0;
  /** No link; one is opened at `deadline`. */
  export const OFFLINE: i32 = 1;
  /** The link is being opened. */
  export const OPENING: i32 = 2;
  /** CONNECT is out, CONNACK is awaited. */
  export const CONNECTING: i32 = 3;
  /** CONNACK accepted the connection. */
  export const ONLINE: i32 = 4;
  /** The node was asked to stop: acknowledgements are awaited, but not for long. */
  export const LEAVING: i32 = 5;
  /** DISCONNECT is in the output; the link is closed once that is sent. */
  export const PARTING: i32 = 6;
  /** The node was stopped. */
  export const ENDED: i32 = 7;
}

/**
 * What the next bytes from the broker are expected to be. Most steps of a node either send one reading or take its
 * PUBACK. Both are recognised by one comparison with `connection.expects`, which otherwise holds the PUBACK itself, its
 * four bytes as loaded from memory. Whatever is out of the ordinary puts `ANYTHING` there, and the step takes the long
 * way, which alone decides when things are ordinary again (node/node.ts).
 */
export namespace Expect {
  export const ANYTHING: u32 = 0;
  /** Online, nothing in flight, half sent, half received or waiting, and the sensor works: a reading may go out at once. */
  export const NOTHING: u32 = 1;
}


@unmanaged
export class Connection {
  /** `Expect`, or the one PUBACK that is awaited. */
  expects: u32 = 0;
  /** When the short way ends at the latest: at `deadline`, or at once. */
  shortUntil: u32 = 0;
  /** The clock of this step, in milliseconds. */
  now: u32 = 0;
  phase: i32 = 0;
  /** The host's handle of the link, or -1. */
  handle: i32 = 0;
  /** When something other than a reading is due: a retry, a PINGREQ, a verdict on a silent peer. */
  deadline: u32 = 0;
  /** When the last packet went out, readings not counted. */
  sentAt: u32 = 0;
  /** Bytes waiting to be sent, beginning at `outputStart`. */
  outputLength: i32 = 0;
  outputStart: usize = 0;
  /** Bytes of packets not yet complete, at the beginning of the receive buffer. */
  received: i32 = 0;
  /** Whether PINGREQ awaits its PINGRESP. */
  pinging: bool = false;
  /** Answers received, of any kind but the usual lone PUBACK: with that, a measure of progress. */
  answers: u32 = 0;
}

/** Packets on their way out: at least CONNECT with all it may hold (node/connect.ts). */
export const OUTPUT_CAPACITY: i32 = TRANSMIT;

/** Whether packets other than CONNECT may have more than 127 bytes behind their first two. */
const HAS_LONG_PACKETS: bool = V5 || OUTBOX > 0;
/** The largest packet that goes into the output beside others. */
export const MAX_PACKET: i32 = HAS_LONG_PACKETS ? 258 : 129;
/** The largest SUBSCRIBE or UNSUBSCRIBE (subscribe.ts). */
const MAX_REQUEST: i32 = V5 ? 136 : MAX_PACKET;
/** Whether packets that arrive need answers that wait in the output. */
export const ANSWERS: bool = MESSAGES || SENDS_QOS_2;

/** The next thing that is due, besides readings, is so far away. */
export function setDeadline(afterMs: u32): void {
  connection.deadline = connection.now + afterMs;
}

/** Whether that has come. */
export function isDeadline(): bool {
  return reached(connection.now, connection.deadline);
}

/** Whether the broker has accepted this connection. */
export function isOnline(): bool {
  return connection.phase == Phase.ONLINE;
}

/** From here on this step takes the long way. */
export function takeLongWay(): void {
  connection.expects = Expect.ANYTHING;
  connection.shortUntil = connection.now;
}

/** Where the next packet may be written. */
export function outputEnd(): usize {
  return connection.outputLength == 0 ? OUTPUT : connection.outputStart + connection.outputLength;
}

/** Whether a packet may begin: nothing waits, and no payload is on its way piece by piece. */
@inline
export function isOutputIdle(): bool {
  if (UPLOAD) if (upload.left != 0) return false;
  return connection.outputLength == 0;
}

/** Whether a packet of that size fits behind what waits. A payload that is on its way piece by piece lets nothing between. */
export function outputHasRoomFor(bytes: i32): bool {
  if (UPLOAD) if (upload.left != 0) return false;
  return outputEnd() + bytes <= OUTPUT + OUTPUT_CAPACITY;
}

/** Whether a request fits behind what waits, with room left for the answer and the PUBACK of the message at hand, if any. */
export function outputHasRoom(): bool {
  return outputHasRoomFor(inbound.size == 0 ? MAX_REQUEST : MAX_REQUEST + MAX_PACKET + 4);
}

/** Keeps what the link did not take of bytes that lie outside the output buffer. The output must be empty. */
export function keep(start: usize, length: i32): void {
  copy(OUTPUT, start, length);
  connection.outputStart = OUTPUT;
  connection.outputLength = length;
}

/**
 * Fills in the header of a packet whose body was written from `start + 2` to `end`, where `start` is `outputEnd()`, and adds
 * it to what waits to be sent, unless it is larger than the broker takes [MQTT-3.2.2-15]. A long one is moved by a byte: its
 * header takes three.
 */
export function finishPacket(type: i32, start: usize, end: usize): void {
  let length = <i32>(end - start);
  if (V5) if (<u32>(length + (length > 129 ? 1 : 0)) > limits.packetSize) return;
  if (HAS_LONG_PACKETS) {
    const remaining = length - 2;
    if (remaining > 127) {
      copy(start + 3, start + 2, remaining);
      length++;
    }
    writeVarint(writeU8(start, type), remaining);
  } else {
    writeU8(writeU8(start, type), length - 2);
  }
  if (connection.outputLength == 0) connection.outputStart = start;
  connection.outputLength += length;
  // An application may ask for something in any step.
  if (MESSAGES || AUTH) takeLongWay();
}

/** Puts a packet that is nothing but a header into the output. */
export function writeEmptyPacket(type: i32): void {
  const start = outputEnd();
  finishPacket(type, start, start + 2);
}

/** Whether the peer owes an answer besides those to readings. */
export function isAwaiting(): bool {
  return connection.pinging || (MESSAGES ? (requests.subscribing | requests.unsubscribing) != 0 : false);
}

/** Forgets everything of a connection that has ended, but its phase and deadline. */
export function resetConnection(): void {
  takeLongWay();
  connection.handle = -1;
  connection.outputLength = 0;
  connection.received = 0;
  connection.pinging = false;
  if (ANSWERS) inbound.blocked = false;
  if (UPLOAD) upload.left = 0;
  if (V5) {
    properties.packetSize = 0;
    limits.packetSize = u32.MAX_VALUE;
  }
  if (AUTH) {
    auth.isAsked = false;
    auth.isRenewing = false;
  }
  if (ALIASES > 0) forgetAliases();
  if (MESSAGES) {
    dropInbound();
    if (SKIPS) {
      inbound.skipping = 0;
      inbound.hasIdentifierNext = false;
    }
    if (requests.subscribing != 0) requests.isUnanswered = true;
    requests.subscribing = 0;
    requests.unsubscribing = 0;
  }
}
