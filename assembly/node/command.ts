/** Messages to this node, commands on `sensor/<id>/cmd/<name>` among them, and their answers. */

import { Errno } from "../hal";
import { commands, inbound, requests } from "../image";
import { copy } from "../memory";
import { finishPacket, outputEnd } from "../mqtt/connection";
import { writeNoProperties } from "../mqtt/limits";
import { PacketType } from "../mqtt/packet";
import { hasProperty, Property, propertyText } from "../mqtt/property";
import { subscribeTo } from "../mqtt/subscribe";
import { matches } from "../mqtt/topic";
import { isV5 } from "../mqtt/version";
import { COMMANDS, DOWNLOAD, INBOUND_QOS, V5 } from "../options";
import { equals, readDecimal, Text, utf8, writeBytes, writeDecimal, writeU8, writeU16 } from "../text";
import { baseLength, baseTopic } from "./identity";
import { handlePackets } from "./online";
import { setIntervalMs } from "./schedule";

const COMMAND = utf8("cmd/");
const EVERY_COMMAND = utf8("cmd/+");
const RESULT = utf8("/result");
const RESULT_OPENING = utf8('{"result":');
const ERROR_OPENING = utf8('{"error":');
const INTERVAL = utf8("interval");

/** The longest topic of a command whose answer fits a short packet. */
const MAX_COMMAND_TOPIC: i32 = 92;
/** What an answer may take in topic and correlation data where the command says where it is to go. */
const MAX_RESPONSE: i32 = 200;
/** Properties of up to 127 bytes have a length of one. */
const MAX_CORRELATION: i32 = 124;


@unmanaged
export class Commands {
  /** Whether this image has subscribed. A session that the broker kept may stem from another module. */
  isSubscribed: bool = false;
  /** Whether a session began that the application has not been told of. */
  isNewSession: bool = false;
}

/** Asks for this node's commands, at QoS 1, unless the broker has kept a session in which this image did, and said so. */
export function subscribeToCommands(isResumed: bool): void {
  if (isResumed && commands.isSubscribed && !requests.isUnanswered) return;
  commands.isSubscribed = true;
  requests.isUnanswered = false;
  commands.isNewSession = true;
  if (!COMMANDS) return;
  // The packet will be written in front of its filter, and then over it.
  const filter = outputEnd() + 32;
  const end = writeBytes(copy(filter + 2, baseTopic(), baseLength()), EVERY_COMMAND);
  writeU16(filter, <i32>(end - filter) - 2);
  subscribeTo(changetype<Text>(filter), INBOUND_QOS, 0);
}

/** Whether there is a message for the application; each call takes the next one and is done with the last. */
export function nextMessage(): bool {
  while (true) {
    if (inbound.taken) {
      // A command that nobody answered is one that nobody knows.
      if (COMMANDS) if (!DOWNLOAD || inbound.left == 0) replyWith(Errno.ENOENT);
      handlePackets();
    }
    if (inbound.size == 0) return false;
    inbound.taken = true;
    if (!COMMANDS) return true;
    if (!isCommand(INTERVAL)) return true;
    const intervalMs = readDecimal(inbound.payload, inbound.payloadLength);
    replyWith(setIntervalMs(intervalMs) ? intervalMs : Errno.EINVAL);
  }
}

/** True once for each session that lacks this image's subscriptions. */
@inline
export function takeFreshSession(): bool {
  if (!commands.isNewSession) return false;
  commands.isNewSession = false;
  return true;
}

/** Whether the message is the command of that name. */
export function isCommand(name: Text): bool {
  const prefix = commandPrefix();
  return prefix != 0 && equals(name, inbound.topic + prefix, inbound.topicLength - prefix);
}

/** Whether the message's topic matches a topic filter. */
export function isOnTopic(filter: Text): bool {
  return matches(filter, inbound.topic, inbound.topicLength);
}

/**
 * Answers a command, once, with `{"result":5000}`, or `{"error":2}` for an ABI error: on the Response Topic and with the
 * Correlation Data that it came with, or else on its own topic + `/result`.
 */
export function replyWith(result: i32): void {
  if (inbound.size == 0 || inbound.answered || commandPrefix() == 0) return;
  inbound.answered = true;
  const start = outputEnd();
  let at: usize = 0;
  if (V5) if (hasProperty(Property.RESPONSE_TOPIC)) at = writeResponseTopic(start + 2);
  if (at == 0) {
    if (inbound.topicLength > MAX_COMMAND_TOPIC) return;
    at = copy(writeU16(start + 2, inbound.topicLength + RESULT.length), inbound.topic, inbound.topicLength);
    at = writeNoProperties(writeBytes(at, RESULT));
  }
  at = writeBytes(at, result < 0 ? ERROR_OPENING : RESULT_OPENING);
  finishPacket(PacketType.PUBLISH, start, writeU8(writeDecimal(at, abs(result)), 0x7d));
}

/** Writes the topic and the property with which the command wants to be answered, or returns 0 if they are too long. */
function writeResponseTopic(address: usize): usize {
  const topic = propertyText(Property.RESPONSE_TOPIC);
  const hasCorrelation = hasProperty(Property.CORRELATION_DATA);
  const correlationLength = hasCorrelation ? propertyText(Property.CORRELATION_DATA).length : -3;
  if (topic.length + correlationLength > MAX_RESPONSE || correlationLength > MAX_CORRELATION) return 0;
  const at = writeU8(copy(address, changetype<usize>(topic), topic.length + 2), correlationLength + 3);
  if (!hasCorrelation) return at;
  const data = propertyText(Property.CORRELATION_DATA);
  return copy(writeU8(at, Property.CORRELATION_DATA), changetype<usize>(data), correlationLength + 2);
}

/** Bytes of `sensor/<id>/cmd/` if the message is a command of this node, else 0. */
function commandPrefix(): i32 {
  const base = baseLength();
  const length = base + COMMAND.length;
  if (inbound.topicLength <= length || memory.compare(inbound.topic, baseTopic(), base) != 0) return 0;
  return equals(COMMAND, inbound.topic + base, COMMAND.length) ? length : 0;
}
