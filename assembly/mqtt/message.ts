/** An inbound PUBLISH, read in place: it lies at the beginning of the receive buffer until it is finished. */

import { connection, inbound, OUTPUT, RECEIVE } from "../image";
import { copy } from "../memory";
import { RECEIVE_CAPACITY } from "../options";
import { readU16, writeU16 } from "../text";
import { finishPacket, MAX_SHORT_PACKET, OUTPUT_CAPACITY, outputEnd, PUBACK_BYTES } from "./connection";
import { PacketType, PublishFlag } from "./packet";
import { isTopicName } from "./topic";


@unmanaged
export class InboundMessage {
  /** Bytes of the packet, header included; 0 when there is no message. */
  size: i32 = 0;
  topic: usize = 0;
  topicLength: i32 = 0;
  payload: usize = 0;
  payloadLength: i32 = 0;
  /** The packet identifier to acknowledge, or 0 under QoS 0. */
  identifier: i32 = 0;
  /** Whether the application has been given it. */
  taken: bool = false;
  /** Whether the application has answered it. */
  answered: bool = false;
  /** Bytes still to come of a message that is too large and is being skipped. */
  skipping: u32 = 0;
  /** Whether packets in the receive buffer wait for room in the output. */
  blocked: bool = false;
  /** Messages that were larger than the receive buffer, since the node began. */
  oversized: u32 = 0;
}

/** What became of a PUBLISH. */
export namespace Reading {
  /** It is in `inbound`, whole. */
  export const WHOLE: i32 = 0;
  /** More bytes must arrive, or earlier answers must leave, before it can be read. */
  export const LATER: i32 = 1;
  /** It was too large: it is acknowledged, counted and being skipped. */
  export const SKIPPED: i32 = 2;
  /** It breaks the standard. */
  export const MALFORMED: i32 = 3;
}

/** Reads the PUBLISH whose variable header begins at `body`; `size` is the whole packet, header included. */
export function readPublish(body: usize, size: u32): i32 {
  const flags = <i32>load<u8>(RECEIVE);
  const qos1 = (flags & PublishFlag.QOS_1) != 0;
  // Nothing is subscribed to above QoS 1, so bits 10 are as wrong as 11 [MQTT-3.3.1-4]; DUP needs QoS 1 [MQTT-3.3.1-2].
  if (flags & PublishFlag.QOS_2 || (flags & PublishFlag.DUP && !qos1)) return Reading.MALFORMED;
  const end = RECEIVE + connection.received;
  const topic = body + 2;
  const whole = size <= <u32>RECEIVE_CAPACITY;
  if (topic > end) return <u32>(topic - RECEIVE) > size ? Reading.MALFORMED : Reading.LATER;
  const topicLength = readU16(body);
  const payload = topic + topicLength + (qos1 ? 2 : 0);
  const before = <u32>(payload - RECEIVE);
  // A topic that does not fit cannot match what was subscribed to [MQTT-3.3.2-3].
  if (before > size || before > <u32>RECEIVE_CAPACITY) return Reading.MALFORMED;
  if (whole ? <u32>connection.received < size : payload > end) return Reading.LATER;
  if (!isTopicName(topic, topicLength)) return Reading.MALFORMED;
  const identifier = qos1 ? readU16(payload - 2) : 0;
  if (qos1 && identifier == 0) return Reading.MALFORMED;
  if (outputEnd() + MAX_SHORT_PACKET + PUBACK_BYTES > OUTPUT + OUTPUT_CAPACITY) {
    inbound.blocked = true;
    return Reading.LATER;
  }
  inbound.identifier = identifier;
  if (!whole) {
    inbound.oversized++;
    inbound.skipping = size - connection.received;
    connection.received = 0;
    acknowledgeInbound();
    return Reading.SKIPPED;
  }
  inbound.size = size;
  inbound.topic = topic;
  inbound.topicLength = topicLength;
  inbound.payload = payload;
  inbound.payloadLength = size - before;
  inbound.taken = false;
  inbound.answered = false;
  return Reading.WHOLE;
}

/**
 * The application is done with the message: acknowledges it [MQTT-4.3.2-2] and takes it out of the buffer. What the
 * application answered lies before the PUBACK, so a broker that has the PUBACK has the answer too.
 */
export function finishInbound(): void {
  if (inbound.size == 0) return;
  acknowledgeInbound();
  consume(inbound.size);
  dropInbound();
}

/** Forgets the message: it was finished, or its connection has ended and the broker will send it again. */
export function dropInbound(): void {
  inbound.size = 0;
  inbound.taken = false;
}

function acknowledgeInbound(): void {
  if (inbound.identifier == 0) return;
  const start = outputEnd();
  finishPacket(PacketType.PUBACK, start, writeU16(start + 2, inbound.identifier));
}

/** Takes a packet that was handled out of the receive buffer. */
export function consume(size: i32): void {
  connection.received -= size;
  copy(RECEIVE, RECEIVE + size, connection.received);
}
