/** An inbound PUBLISH, read in place: it lies at the beginning of the receive buffer until it is finished. */

import { connection, inbound, RECEIVE } from "../image";
import { copy } from "../memory";
import { ALIASES, DOWNLOAD, MESSAGES, RECEIVE_CAPACITY, RECEIVES_QOS_2, V4, V5 } from "../options";
import { readU16 } from "../text";
import { ACKNOWLEDGEMENT_BYTES, writeAcknowledgement } from "./acknowledgement";
import { aliasedTopic, keepAlias, NO_TOPIC } from "./alias";
import { MAX_PACKET, outputHasRoomFor } from "./connection";
import { malformed, protocolError, violation } from "./fault";
import { PacketType, PublishFlag } from "./packet";
import { Allowed, forgetProperties, Property, propertyOr, readProperties } from "./property";
import { ReasonCode } from "./reason";
import { hasRoomForReceived, isReceived, keepReceived } from "./received";
import { isTopicName } from "./topic";
import { isV5 } from "./version";


@unmanaged
export class InboundMessage {
  /** Bytes of the packet, header included; 0 when there is no message. */
  size: i32 = 0;
  topic: usize = 0;
  topicLength: i32 = 0;
  payload: usize = 0;
  payloadLength: i32 = 0;
  /** The packet identifier to acknowledge, as loaded from memory, or 0 under QoS 0. */
  identifier: i32 = 0;
  /** Whether the application has been given it. */
  taken: bool = false;
  /** Whether the application has answered it. */
  answered: bool = false;
  /** Whether an identifier is to be read and acknowledged once `skipping` bytes are passed. */
  hasIdentifierNext: bool = false;
  /** Whether packets in the receive buffer wait for room in the output. */
  blocked: bool = false;
  /** QoS of the message. */
  qos: i32 = 0;
  /** Bytes still to come of a message that is too large and is being skipped. */
  skipping: u32 = 0;
  /** Bytes to skip behind the identifier that comes next. */
  skippingRest: u32 = 0;
  /** Messages that were larger than the receive buffer, since the node began. */
  oversized: u32 = 0;
  /** Bytes before the payload, where a message comes in parts. */
  head: i32 = 0;
  /** Where in the whole payload this part begins. */
  offset: u32 = 0;
  /** Bytes of payload that come after this part. */
  left: u32 = 0;
}

/** Whether a message may have to be passed over that the receive buffer does not hold: under MQTT 5.0 none comes unasked. */
export const SKIPS: bool = MESSAGES && (V4 || DOWNLOAD);

/** What became of a PUBLISH. */
export namespace Reading {
  /** It breaks the standard; `fault` says how. */
  export const VIOLATION: i32 = 0;
  /** It is in `inbound`: whole, or its first part. */
  export const MESSAGE: i32 = 1;
  /** More bytes must arrive, or earlier answers must leave, before it can be read. */
  export const LATER: i32 = 2;
  /** It was too large: it is acknowledged, counted and being skipped. */
  export const SKIPPED: i32 = 3;
  /** It had arrived before: it is recorded again and not delivered [MQTT-4.3.3-10]. */
  export const DUPLICATE: i32 = 4;
}

/** Reads the PUBLISH whose variable header begins at `body`; `size` is the whole packet, header included. */
export function readPublish(body: usize, size: u32): i32 {
  const flags = <i32>load<u8>(RECEIVE);
  const qos = (flags >> 1) & 3;
  // Bits 11 are malformed [MQTT-3.3.1-4], DUP needs a QoS [MQTT-3.3.1-2], and nobody asked for a QoS that is not compiled in.
  if (qos == 3 || (flags & PublishFlag.DUP && qos == 0)) return malformed();
  if (!RECEIVES_QOS_2 && qos == 2) return protocolError();
  const received = connection.received;
  const end = RECEIVE + received;
  const isWhole = size <= <u32>RECEIVE_CAPACITY;
  const topic = body + 2;
  if (topic > end) return <u32>(topic - RECEIVE) > size ? malformed() : Reading.LATER;
  const topicLength = readU16(body);
  let payload = topic + topicLength + (qos != 0 ? 2 : 0);
  if (<u32>(payload - RECEIVE) > size) return malformed();
  if (V5 && isV5()) {
    // The broker was told how large a packet may be [MQTT-3.1.2-24].
    if (!isWhole && (!DOWNLOAD || payload > RECEIVE + RECEIVE_CAPACITY)) {
      return violation(ReasonCode.PACKET_TOO_LARGE);
    }
    const enough = min<u32>(size, RECEIVE_CAPACITY);
    if (<u32>received < enough) return Reading.LATER;
  } else if (isWhole ? <u32>received < size : min(payload, RECEIVE + RECEIVE_CAPACITY) > end) {
    return Reading.LATER;
  }
  if (!outputHasRoomFor(MAX_PACKET + ACKNOWLEDGEMENT_BYTES)) {
    inbound.blocked = true;
    return Reading.LATER;
  }
  inbound.qos = qos;
  inbound.topic = topic;
  inbound.topicLength = topicLength;
  if (V4) if (payload > end) return skipLongTopic(payload, size);

  const identifier = qos != 0 ? <i32>load<u16>(payload - 2) : 0;
  // A PUBLISH under QoS 1 or 2 never has the identifier zero [MQTT-2.3.1-1] [MQTT-2.2.1-4].
  if (qos != 0 && identifier == 0) return protocolError();
  inbound.identifier = identifier;
  if (topicLength != 0 || !isV5()) {
    if (!isTopicName(topic, topicLength)) return malformed();
  }
  if (V5) {
    if (isV5()) {
      payload = readProperties(payload, isWhole ? RECEIVE + size : end, Allowed.PUBLISH);
      if (payload == 0) return !isWhole ? violation(ReasonCode.PACKET_TOO_LARGE) : 0;
      if (!resolveTopic()) return 0;
    } else {
      forgetProperties();
    }
  }
  if (RECEIVES_QOS_2) {
    if (qos == 2 && isReceived(identifier)) return skipDuplicate(size);
    // Under MQTT 5.0 messages under QoS 1 count as well [MQTT-3.3.4-9].
    if ((qos == 2 || (V5 && isV5() && qos == 1)) && !hasRoomForReceived()) {
      return violation(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
    }
  }
  if (SKIPS) {
    // A message in parts needs room for at least a byte of its payload.
    if (!isWhole && (!DOWNLOAD || payload == RECEIVE + RECEIVE_CAPACITY)) {
      if (V5) if (isV5()) return violation(ReasonCode.PACKET_TOO_LARGE);
      acknowledgeInbound();
      return skipRest(size);
    }
  }
  const head = <i32>(payload - RECEIVE);
  inbound.payload = payload;
  inbound.taken = false;
  inbound.answered = false;
  if (isWhole) inbound.size = size;
  else if (DOWNLOAD) inbound.size = received;
  inbound.payloadLength = inbound.size - head;
  if (DOWNLOAD) {
    inbound.head = head;
    inbound.offset = 0;
    inbound.left = size - inbound.size;
  }
  return Reading.MESSAGE;
}

/** Finds the topic that an alias stands for, or keeps the topic for an alias. Returns false if that breaks the standard. */
function resolveTopic(): bool {
  const length = inbound.topicLength;
  // No alias is 0 (property.ts).
  const alias = propertyOr(Property.TOPIC_ALIAS, 0);
  if (alias > <u32>ALIASES) {
    violation(ReasonCode.TOPIC_ALIAS_INVALID);
    return false;
  }
  if (length != 0) {
    if (ALIASES > 0) if (alias != 0) keepAlias(alias, inbound.topic, length);
    return true;
  }
  const topic = ALIASES > 0 && alias != 0 ? aliasedTopic(alias) : NO_TOPIC;
  if (topic == NO_TOPIC) {
    protocolError();
    return false;
  }
  inbound.topicLength = readU16(topic);
  inbound.topic = topic + 2;
  return true;
}

/** Skips a message that was received before, with another PUBREC for it. */
function skipDuplicate(size: u32): i32 {
  acknowledgeInbound();
  if (SKIPS) beginSkipping(size);
  else consume(size);
  return Reading.DUPLICATE;
}

/** Skips a message that is too large and was acknowledged. */
function skipRest(size: u32): i32 {
  inbound.oversized++;
  beginSkipping(size);
  return Reading.SKIPPED;
}

/** Skips a message whose topic does not even leave its identifier in the buffer. Nobody can have asked for such a topic. */
function skipLongTopic(payload: usize, size: u32): i32 {
  if (inbound.qos == 0) return skipRest(size);
  const before = <u32>(payload - RECEIVE);
  inbound.oversized++;
  inbound.hasIdentifierNext = true;
  inbound.skippingRest = size - before;
  beginSkipping(before - 2);
  return Reading.SKIPPED;
}

function beginSkipping(bytes: u32): void {
  inbound.skipping = bytes;
  skip();
}

/** Passes over what has arrived of a message that is not wanted. */
export function skip(): void {
  while (true) {
    const here = min<u32>(inbound.skipping, connection.received);
    if (here != 0) {
      inbound.skipping -= here;
      consume(here);
    }
    if (inbound.skipping != 0 || !inbound.hasIdentifierNext || connection.received < 2) return;
    inbound.identifier = load<u16>(RECEIVE);
    inbound.hasIdentifierNext = false;
    if (!RECEIVES_QOS_2 || inbound.qos != 2 || hasRoomForReceived()) acknowledgeInbound();
    consume(2);
    inbound.skipping = inbound.skippingRest;
  }
}

/** Whether bytes of a message that is not wanted are still to come. */
export function isSkipping(): bool {
  return inbound.skipping != 0 || inbound.hasIdentifierNext;
}

/**
 * The application is done with the message: acknowledges it [MQTT-4.3.2-2] [MQTT-4.3.3-8] and takes it out of the buffer.
 * What the application answered lies before the acknowledgement, so a broker that has the one has the other too. Of a
 * message in parts, this part alone is taken out.
 */
export function finishInbound(): void {
  const size = inbound.size;
  if (size == 0) return;
  if (DOWNLOAD) {
    if (inbound.left != 0) {
      const head = inbound.head;
      inbound.offset += size - head;
      connection.received -= size - head;
      copy(RECEIVE + head, RECEIVE + size, connection.received - head);
      inbound.size = 0;
      inbound.taken = false;
      return;
    }
  }
  acknowledgeInbound();
  consume(size);
  dropInbound();
}

/** Takes the next part of a message that comes in parts. Returns whether there is one. */
export function nextPart(): bool {
  const part = min<u32>(connection.received - inbound.head, inbound.left);
  if (part == 0) return false;
  // The last part is acknowledged.
  if (!outputHasRoomFor(MAX_PACKET + ACKNOWLEDGEMENT_BYTES)) {
    inbound.blocked = true;
    return false;
  }
  inbound.left -= part;
  inbound.payloadLength = part;
  inbound.size = inbound.head + part;
  return true;
}

/** Forgets the message: it was finished, or its connection has ended and the broker will send it again. */
export function dropInbound(): void {
  inbound.size = 0;
  inbound.taken = false;
  if (DOWNLOAD) inbound.left = 0;
}

function acknowledgeInbound(): void {
  if (inbound.identifier == 0) return;
  if (RECEIVES_QOS_2) {
    if (inbound.qos == 2) {
      if (!isReceived(inbound.identifier)) keepReceived(inbound.identifier);
      return writeAcknowledgement(PacketType.PUBREC, inbound.identifier, ReasonCode.SUCCESS);
    }
  }
  writeAcknowledgement(PacketType.PUBACK, inbound.identifier, ReasonCode.SUCCESS);
}

/** Takes a packet that was handled out of the receive buffer. */
export function consume(size: i32): void {
  connection.received -= size;
  copy(RECEIVE, RECEIVE + size, connection.received);
}
