/** The application's own messages as PUBLISH packets, in the version, the QoS and the size that this connection allows. */

import { connection, limits, OUTPUT, queue, session } from "../image";
import { copy } from "../memory";
import { isOnline } from "../mqtt/connection";
import { PacketType, PublishFlag } from "../mqtt/packet";
import { Property, writeU32Property } from "../mqtt/property";
import { identifierOf, isResend, noteSent, skipEntry } from "../mqtt/session";
import { varintSize, writeVarint } from "../mqtt/varint";
import { isV5 } from "../mqtt/version";
import { UPLOAD, V5 } from "../options";
import { Text, utf8, writeU8 } from "../text";
import { Message } from "./draft";
import { flush } from "./link";
import { Level, sayNumber } from "./log";
import { beginPayload } from "./upload";
import { uptimeS } from "./uptime";

export const STALE = utf8("readings stale: ");
const EXPIRED = utf8("expired: ");
export const TOO_LARGE = utf8("too large: ");

const EXPIRY_BYTES: i32 = 5;

/** What becomes of the next entry of the queue. */
export namespace Sending {
  /** It is on its way, and another may follow. */
  export const NEXT: bool = true;
  /** No other can follow it now. */
  export const LAST: bool = false;
}

/** Puts the next entry of the queue, a message, into the output, which must be empty, and sends it. */
export function sendMessage(message: Message): bool {
  let qos = (message.flags >> 1) & 3;
  let expiryS = message.expiryS;
  if (expiryS != 0) {
    const waitedS = uptimeS() - message.queuedAtS;
    // What the broker may have seen does not expire any more [MQTT-4.3.3-7].
    if (waitedS < expiryS) expiryS -= waitedS;
    else if (isResend()) expiryS = 1;
    else return giveUp(EXPIRED);
  }
  let flags = PacketType.PUBLISH | (message.flags & PublishFlag.RETAIN);
  let propertiesLength = -1;
  if (V5) {
    if (isV5()) {
      qos = <u16>min<u32>(qos, limits.qos);
      if (!limits.retain) flags = PacketType.PUBLISH;
      propertiesLength = message.propertiesLength + (expiryS != 0 ? EXPIRY_BYTES : 0);
    }
  }
  flags |= qos << 1;
  if (qos != 0 && isResend()) flags |= PublishFlag.DUP;
  const payloadLength = UPLOAD && message.uploadLength != 0 ? message.uploadLength : message.payloadLength;
  const remaining = message.topicLength + 2 + (qos != 0 ? 2 : 0) + (V5 ? 1 + propertiesLength : 0) + payloadLength;
  if (V5) if (<u32>(1 + varintSize(remaining) + remaining) > limits.packetSize) return giveUp(TOO_LARGE);

  let at = writeVarint(writeU8(OUTPUT, flags), remaining);
  at = copy(at, message.topic, message.topicLength + 2);
  if (qos != 0) {
    store<u16>(at, identifierOf(session.sent));
    at += 2;
  }
  if (V5) {
    if (propertiesLength >= 0) {
      at = writeU8(at, propertiesLength);
      if (expiryS != 0) at = writeU32Property(at, Property.MESSAGE_EXPIRY, expiryS);
      at = copy(at, message.properties, message.propertiesLength);
    }
  }
  at = copy(at, message.payload, message.payloadLength);
  connection.outputStart = OUTPUT;
  connection.outputLength = <i32>(at - OUTPUT);
  if (UPLOAD) {
    if (message.uploadLength != 0) {
      beginPayload(message.uploadLength, qos);
      // Not even under QoS 0 is it done before its last byte.
      noteSent(qos == 0 ? 1 : qos);
      flush();
      return Sending.LAST;
    }
  }
  noteSent(qos);
  flush();
  // The link may have ended with it.
  return isOnline();
}

/** Drops the next entry of the queue, which can't be sent: it is counted and said. */
export function giveUp(why: Text): bool {
  queue.dropped++;
  sayNumber(Level.WARNING, why, queue.dropped);
  skipEntry();
  return Sending.NEXT;
}
