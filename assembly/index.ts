/**
 * What an application imports.
 *
 * An application exports four functions, the whole surface of its module: `setup` and `step` are its own, `resume` and
 * `stop` are always the ones below. examples/temperature shows all of it.
 */

import "./image";
import { actuator_write, log } from "./hal";
import { connection, auth as authState, inbound, queue, RECEIVE } from "./image";
import { answerChallenge, renew } from "./mqtt/auth";
import { Expect, isOnline } from "./mqtt/connection";
import { PublishFlag } from "./mqtt/packet";
import { findUserProperty, hasProperty, Property, propertyOr, propertyText } from "./mqtt/property";
import { subscribeTo, unsubscribeFrom } from "./mqtt/subscribe";
import { isCommand, isOnTopic, nextMessage, replyWith, takeFreshSession } from "./node/command";
import {
  draftBytes,
  draftExpiry,
  draftNumber,
  draftTextFormat,
  draftTextProperty,
  draftUserProperty,
} from "./node/draft";
import { isId } from "./node/identity";
import { Level, MAX_NUMBERED, sayNumber as tellNumber } from "./node/log";
import {
  begin as beginStep,
  finish as finishStep,
  publish as publishReading,
  resumeNode,
  setupNode,
  stopNode,
} from "./node/node";
import { beginMessage, beginOwnMessage, queueMessage } from "./node/outbox";
import { isDueAt } from "./node/schedule";
import { readSensor } from "./node/sensor";
import { isUploading, queueUpload, uploadPosition, uploadWanted, writePayload } from "./node/upload";
import { beginWill, endWill } from "./node/will";
import { equals, readDecimal, Text } from "./text";

export { Errno } from "./hal";
export { SubscribeFlag } from "./mqtt/packet";
export { Level } from "./node/log";
export { Text, utf8 } from "./text";

/** Quality of service (4.3). */
export namespace Qos {
  export const AT_MOST_ONCE: i32 = 0;
  export const AT_LEAST_ONCE: i32 = 1;
  export const EXACTLY_ONCE: i32 = 2;
}

// The node -----------------------------------------------------------------------------------------------------------

export namespace node {
  /** Prepares a fresh node. Call it in `setup`. */
  @inline
  export function setup(): void {
    setupNode();
  }

  /** Takes in what has arrived, connects, keeps alive. Call it first in `step`. */
  @inline
  export function begin(nowMs: u32): void {
    beginStep(nowMs);
  }

  /** Sends what waits; returns the milliseconds until the next step. Call it last in `step`. */
  @inline
  export function finish(nowMs: u32): u32 {
    return finishStep(nowMs);
  }

  /** Whether a reading is due in this step. */
  @inline
  export function isDue(nowMs: u32): bool {
    return isDueAt(nowMs);
  }

  /** Queues a temperature in millidegrees Celsius, -100.0 to 1000.0 degrees, or what `sensor.read` returned. */
  @inline
  export function publish(reading: i32): void {
    publishReading(reading);
  }

  /** Whether this node's id is the given one. */
  @inline
  export function isCalled(id: Text): bool {
    return isId(id);
  }

  /**
   * Whether there may be a message, a new session or a question of the broker. Most steps only publish: asking once costs
   * them less than three questions do.
   */
  @inline
  export function hasNews(): bool {
    return connection.expects == Expect.ANYTHING;
  }

  /** Takes the next message to this node, if there is one, and is done with the last. Needs `NODE_MESSAGES=1` or `NODE_COMMANDS=1`. */
  @inline
  export function receive(): bool {
    return nextMessage();
  }

  /** True once for each session that lacks this node's subscriptions: time to subscribe. Needs what `receive` needs. */
  @inline
  export function isNewSession(): bool {
    return takeFreshSession();
  }

  /** Whether the broker has accepted the connection. */
  @inline
  export function isConnected(): bool {
    return isOnline();
  }

  /**
   * Subscribes to a topic filter at a QoS of at most `NODE_INBOUND_QOS`, with `SubscribeFlag` and a subscription identifier
   * (0: none) under MQTT 5.0. Returns false if that can't be asked for: not now, not of this broker, or not by the standard.
   */
  @inline
  export function subscribe(filter: Text, options: i32, identifier: u32 = 0): bool {
    return subscribeTo(filter, options, identifier);
  }

  /** Takes a subscription back. Returns false if that can't be asked for now. */
  @inline
  export function unsubscribe(filter: Text): bool {
    return unsubscribeFrom(filter);
  }

  /** Readings and messages that were given up, since the node began: the queue was full, they were stale, or refused. */
  @inline
  export function dropped(): u32 {
    return queue.dropped;
  }

  /** Tells whoever runs the node. */
  @inline
  export function say(level: i32, text: Text): void {
    log(level, text.bytes, text.length);
  }

  /** Tells whoever runs the node a text of at most 20 bytes and a number behind it; a longer text goes without the number. */
  export function sayNumber(level: i32, text: Text, value: i32): void {
    if (text.length > MAX_NUMBERED) say(level, text);
    else tellNumber(level, text, value);
  }
}

/** Goes on after the image was restored. Export it. */
export function resume(nowMs: u32, sleptMs: u32): void {
  resumeNode(nowMs, sleptMs);
}

/** Says good-bye to the broker, in the steps that follow. Export it. */
export function stop(): void {
  stopNode();
}

// Devices ------------------------------------------------------------------------------------------------------------

export namespace sensor {
  /** Reads a channel in thousandths of its unit. A failure comes back too: `node.publish` reports it. */
  @inline
  export function read(channel: i32): i32 {
    return readSensor(channel);
  }
}

export namespace actuator {
  /** Sets an actuator. Returns 0 or a negative `Errno`. */
  @inline
  export function write(channel: i32, value: i32): i32 {
    return actuator_write(channel, value);
  }
}

// The message that `node.receive` took -------------------------------------------------------------------------------

export namespace message {
  /** Whether it is the command `sensor/<id>/cmd/<name>`. */
  @inline
  export function is(name: Text): bool {
    return isCommand(name);
  }

  /** Its topic, until the next `node.receive`. */
  @inline
  export function topic(): Text {
    return changetype<Text>(inbound.topic - 2);
  }

  /** Whether its topic matches a topic filter. */
  @inline
  export function matches(filter: Text): bool {
    return isOnTopic(filter);
  }

  /** Its payload as an unsigned decimal number of at most nine digits, or -1 if it is anything else. */
  @inline
  export function number(): i32 {
    return readDecimal(inbound.payload, inbound.payloadLength);
  }

  /** Whether its payload is the given text. */
  @inline
  export function says(text: Text): bool {
    return equals(text, inbound.payload, inbound.payloadLength);
  }

  /**
   * Answers a command with `{"result":5000}`, or `{"error":2}` if the result is a negative `Errno`: where it asked to be
   * answered (5.0), or on `…/<name>/result`.
   */
  @inline
  export function reply(result: i32): void {
    replyWith(result);
  }

  /** Tells its payload to whoever runs the node. */
  @inline
  export function log(level: i32): void {
    tell(level, inbound.payload, inbound.payloadLength);
  }

  /** Where its payload lies until the next `node.receive`; with `NODE_DOWNLOAD=1`, this part of it. */
  @inline
  export function bytes(): usize {
    return inbound.payload;
  }

  /** Bytes of its payload, or of this part of it. */
  @inline
  export function length(): i32 {
    return inbound.payloadLength;
  }

  /** Where in the whole payload this part begins; 0 begins the message, again if the connection had ended. */
  @inline
  export function offset(): u32 {
    return inbound.offset;
  }

  /** Whether this is all of the payload, or its last part. */
  @inline
  export function isComplete(): bool {
    return inbound.left == 0;
  }


  @inline
  export function qos(): i32 {
    return inbound.qos;
  }

  /** Whether the broker had kept it, and gives it to a new subscription (3.3.1.3). */
  @inline
  export function isRetained(): bool {
    return (load<u8>(RECEIVE) & PublishFlag.RETAIN) != 0;
  }

  // Properties of MQTT 5.0; a message of 3.1.1 has none.

  /** Whether its payload is said to be UTF-8. */
  @inline
  export function isText(): bool {
    return propertyOr(Property.PAYLOAD_FORMAT, 0) != 0;
  }

  /** Whether its content type is the given one. */
  @inline
  export function hasContentType(type: Text): bool {
    if (!hasProperty(Property.CONTENT_TYPE)) return false;
    const text = propertyText(Property.CONTENT_TYPE);
    return equals(type, text.bytes, text.length);
  }

  /** Whether these bytes came along as its correlation data: it answers the request that they went out with. */
  @inline
  export function hasCorrelation(bytes: usize, length: i32): bool {
    if (!hasProperty(Property.CORRELATION_DATA)) return false;
    return equals(propertyText(Property.CORRELATION_DATA), bytes, length);
  }

  /** Identifier of the subscription that it matches, the last one of several, or 0. */
  @inline
  export function subscription(): u32 {
    return propertyOr(Property.SUBSCRIPTION_IDENTIFIER, 0);
  }

  /** Seconds that it was still worth, or `otherwise` if it never expires. */
  @inline
  export function expiryS(otherwise: u32): u32 {
    return propertyOr(Property.MESSAGE_EXPIRY, otherwise);
  }

  /** The value of its first user property of that name, or null. */
  @inline
  export function userProperty(name: Text): Text | null {
    return findUserProperty(name);
  }
}

function tell(level: i32, bytes: usize, length: i32): void {
  log(level, bytes, length);
}

// Messages of the application's own: begin, properties, payload, send. Needs `NODE_OUTBOX` ---------------------------------

export namespace outgoing {
  /** Queues a message whose payload is a text: `begin`, `text` and `send` in one. */
  @inline
  export function publish(topic: Text, payload: Text, qos: i32, retain: bool = false): bool {
    if (!begin(topic, qos, retain)) return false;
    text(payload);
    return send();
  }

  /** Begins a message. Returns false if there is no room for one, or the topic can't be a topic name. */
  @inline
  export function begin(topic: Text, qos: i32, retain: bool = false): bool {
    return beginMessage(topic.bytes, topic.length, (qos << 1) | (<i32>retain));
  }

  /** Begins a message on `sensor/<id>/` + suffix. */
  @inline
  export function beginOwn(suffix: Text, qos: i32, retain: bool = false): bool {
    return beginOwnMessage(suffix, (qos << 1) | (<i32>retain));
  }

  /** Begins the answer to the message at hand, with its correlation data. Returns false also if it asks for no answer. */
  @inline
  export function beginResponse(qos: i32): bool {
    if (inbound.size == 0 || !hasProperty(Property.RESPONSE_TOPIC)) return false;
    const topic = propertyText(Property.RESPONSE_TOPIC);
    if (!beginMessage(topic.bytes, topic.length, qos << 1)) return false;
    if (hasProperty(Property.CORRELATION_DATA)) {
      const data = propertyText(Property.CORRELATION_DATA);
      draftTextProperty(Property.CORRELATION_DATA, data.bytes, data.length);
    }
    return true;
  }

  /** Says that the payload is UTF-8. */
  @inline
  export function isText(): void {
    draftTextFormat();
  }

  /** Gives the message up if it was not delivered within so many seconds. */
  @inline
  export function expiresAfter(seconds: u32): void {
    draftExpiry(seconds);
  }


  @inline
  export function contentType(type: Text): void {
    draftTextProperty(Property.CONTENT_TYPE, type.bytes, type.length);
  }

  /** Asks for an answer on that topic. */
  @inline
  export function responseTopic(topic: Text): void {
    draftTextProperty(Property.RESPONSE_TOPIC, topic.bytes, topic.length);
  }

  /** Asks for these bytes to come back with the answer. */
  @inline
  export function correlation(bytes: usize, length: i32): void {
    draftTextProperty(Property.CORRELATION_DATA, bytes, length);
  }


  @inline
  export function userProperty(name: Text, value: Text): void {
    draftUserProperty(name, value);
  }

  /** Adds text to the payload. */
  @inline
  export function text(text: Text): void {
    draftBytes(text.bytes, text.length);
  }

  /** Adds a number to the payload, in decimal. */
  @inline
  export function number(value: i32): void {
    draftNumber(value);
  }

  /** Adds bytes to the payload. */
  @inline
  export function bytes(address: usize, length: i32): void {
    draftBytes(address, length);
  }

  /** Queues the message. Returns false, and nothing is sent, if any of it did not fit or is against the standard. */
  @inline
  export function send(): bool {
    return queueMessage(0);
  }
}

// A message whose payload is handed out piece by piece. Needs `NODE_UPLOAD=1` -----------------------------------------------

export namespace upload {
  /** Queues what `outgoing` began, without a payload, which is `length` bytes that follow. One at a time. */
  @inline
  export function begin(length: u32): bool {
    return queueUpload(length);
  }

  /** How many bytes of the payload are wanted now, from `position()` on. */
  @inline
  export function wanted(): i32 {
    return uploadWanted();
  }

  /** Where in the payload the next byte is to come from; a new connection begins with 0 again. */
  @inline
  export function position(): u32 {
    return uploadPosition();
  }

  /** Hands out the next bytes, and returns how many were taken. */
  @inline
  export function write(address: usize, length: i32): i32 {
    return writePayload(address, length);
  }

  /** Whether the message is not acknowledged yet. */
  @inline
  export function isActive(): bool {
    return isUploading();
  }
}

// A will of the application's own: begin, `outgoing` for properties, text, set. In `setup`. Needs `NODE_WILL` ---------------

export namespace will {

  @inline
  export function begin(topic: Text, qos: i32, retain: bool = false): bool {
    return beginWill(topic.bytes, topic.length, (qos << 1) | (<i32>retain));
  }

  /** Adds text to its payload, as `outgoing.text` does. */
  @inline
  export function text(text: Text): void {
    draftBytes(text.bytes, text.length);
  }

  /** The will goes along with every connection from the next one on. Returns false if it did not fit. */
  @inline
  export function set(): bool {
    return endWill();
  }
}

// Enhanced authentication of MQTT 5.0. Needs `NODE_AUTH=1` --------------------------------------------------------------

export namespace auth {
  /** Chooses the method, and the data that go along with CONNECT. Call it in `setup`. */
  @inline
  export function use(method: Text, data: Text): void {
    authState.method = changetype<usize>(method);
    authState.data = changetype<usize>(data);
  }

  /** Whether the broker has asked, and waits for `answer` in this very step. */
  @inline
  export function isAsked(): bool {
    return authState.isAsked;
  }

  /** What the broker has asked; null if it sent no data. */
  @inline
  export function question(): Text | null {
    return hasProperty(Property.AUTHENTICATION_DATA) ? propertyText(Property.AUTHENTICATION_DATA) : null;
  }


  @inline
  export function answer(data: Text): bool {
    return answerChallenge(data.bytes, data.length);
  }

  /** Authenticates again on this connection. */
  @inline
  export function again(data: Text): bool {
    return renew(data.bytes, data.length);
  }
}
