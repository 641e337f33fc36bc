/** The will (3.1.2.5): what the broker says for a node that can't say good-bye. */

import { WILL_MESSAGE } from "../image";
import { ConnectFlag, PublishFlag } from "../mqtt/packet";
import { Property, writeU32Property } from "../mqtt/property";
import { isV5 } from "../mqtt/version";
import { STATUS as HAS_STATUS, V5, WILL, WILL_DELAY_S } from "../options";
import { writeText, writeU8, writeU16 } from "../text";
import {
  beginDraft,
  copyPayload,
  copyProperties,
  copyTopic,
  draftIsGood,
  endDraft,
  Message,
  propertiesLength,
} from "./draft";
import { writeTopic } from "./identity";
import { OFFLINE, STATUS } from "./status";

/** Begins a will of the application's own; `flags` is `PublishFlag`. Returns false if the topic can't be a topic. */
export function beginWill(topic: usize, length: i32, flags: i32): bool {
  return beginDraft(WILL_MESSAGE, WILL_MESSAGE + WILL, topic, length, flags);
}

/** Takes the draft as the will of all connections to come. Returns false, with no will at all, if it did not fit. */
export function endWill(): bool {
  if (draftIsGood()) {
    endDraft();
    return true;
  }
  changetype<Message>(WILL_MESSAGE).size = 0;
  return false;
}

/** CONNECT flags of the application's own will, or of the node's where the application has none. */
export function willFlags(): i32 {
  const message = changetype<Message>(WILL_MESSAGE);
  if (message.size == 0) {
    return HAS_STATUS ? ConnectFlag.WILL | ConnectFlag.WILL_QOS_1 | ConnectFlag.WILL_RETAIN : 0;
  }
  // The QoS is two bits higher than in PUBLISH.
  const flags = message.flags;
  return (
    ConnectFlag.WILL |
    ((flags & (PublishFlag.QOS_1 | PublishFlag.QOS_2)) << 2) |
    (flags & PublishFlag.RETAIN ? ConnectFlag.WILL_RETAIN : 0)
  );
}

/** Writes will properties, topic and payload [MQTT-3.1.2-9]. */
export function writeWill(address: usize): usize {
  const message = changetype<Message>(WILL_MESSAGE);
  if (message.size == 0) return HAS_STATUS ? writeStatusWill(address) : address;
  let at = address;
  if (V5) {
    if (isV5()) {
      at = writeDelay(at, propertiesLength(message) + (message.expiryS != 0 ? 5 : 0));
      if (message.expiryS != 0) at = writeU32Property(at, Property.MESSAGE_EXPIRY, message.expiryS);
      at = copyProperties(at, message);
    }
  }
  at = copyTopic(at, message);
  return copyPayload(writeU16(at, <i32>message.size - <i32>message.payloadAt), message);
}

/** Writes the node's own will: `offline` on `sensor/<id>/status`. */
export function writeStatusWill(address: usize): usize {
  let at = address;
  if (V5) if (isV5()) at = writeDelay(at, 0);
  return writeText(writeTopic(at, STATUS), OFFLINE);
}

/** Writes the length of will properties, `length` bytes to come and the delay, and the delay. */
function writeDelay(address: usize, length: i32): usize {
  const at = writeU8(address, length + (WILL_DELAY_S != 0 ? 5 : 0));
  return WILL_DELAY_S != 0 ? writeU32Property(at, Property.WILL_DELAY, WILL_DELAY_S) : at;
}
