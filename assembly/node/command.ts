/** Messages to this node, commands on `sensor/<id>/cmd/<name>` among them, and their answers. */

import { Errno } from "../hal";
import { commands, inbound, requests } from "../image";
import { copy } from "../memory";
import { finishPacket, outputEnd } from "../mqtt/connection";
import { PacketType } from "../mqtt/packet";
import { subscribeTo } from "../mqtt/subscribe";
import { matches } from "../mqtt/topic";
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
  const filter = outputEnd() + 16;
  const end = writeBytes(copy(filter, baseTopic(), baseLength()), EVERY_COMMAND);
  subscribeTo(filter, <i32>(end - filter), 1);
}

/** Whether there is a message for the application; each call takes the next one and is done with the last. */
export function nextMessage(): bool {
  while (true) {
    if (inbound.taken) {
      // A command that nobody answered is one that nobody knows.
      replyWith(Errno.ENOENT);
      handlePackets();
    }
    if (inbound.size == 0) return false;
    inbound.taken = true;
    if (!isCommand(INTERVAL)) return true;
    const intervalMs = readDecimal(inbound.payload, inbound.payloadLength);
    replyWith(setIntervalMs(intervalMs) ? intervalMs : Errno.EINVAL);
  }
}

/** True once for each session that lacks this image's subscriptions. */
export function takeFreshSession(): bool {
  const isNew = commands.isNewSession;
  commands.isNewSession = false;
  return isNew;
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

/** Answers a command, once, on its own topic + `/result`: `{"result":5000}`, or `{"error":2}` for an ABI error. */
export function replyWith(result: i32): void {
  if (inbound.size == 0 || inbound.answered || commandPrefix() == 0 || inbound.topicLength > MAX_COMMAND_TOPIC) return;
  inbound.answered = true;
  const start = outputEnd();
  let at = copy(writeU16(start + 2, inbound.topicLength + RESULT.length), inbound.topic, inbound.topicLength);
  at = writeBytes(writeBytes(at, RESULT), result < 0 ? ERROR_OPENING : RESULT_OPENING);
  finishPacket(PacketType.PUBLISH, start, writeU8(writeDecimal(at, abs(result)), 0x7d));
}

/** Bytes of `sensor/<id>/cmd/` if the message is a command of this node, else 0. */
function commandPrefix(): i32 {
  const base = baseLength();
  const length = base + COMMAND.length;
  if (inbound.topicLength <= length || memory.compare(inbound.topic, baseTopic(), base) != 0) return 0;
  return equals(COMMAND, inbound.topic + base, COMMAND.length) ? length : 0;
}
