/** The application's own messages as PUBLISH packets, in the version, the QoS and the size that this connection allows. */

import { connection, limits, OUTPUT, queue, session } from "../image";
import { isOnline } from "../mqtt/connection";
import { allowedQos, retainFlag } from "../mqtt/limits";
import { PacketType, PublishFlag } from "../mqtt/packet";
import { Property, writeU32Property } from "../mqtt/property";
import { identifierOf, isResend, noteSent, skipEntry } from "../mqtt/session";
import { varintSize, writeVarint } from "../mqtt/varint";
import { isV5 } from "../mqtt/version";
import { UPLOAD, V5 } from "../options";
import { Text, utf8, writeU8 } from "../text";
import { copyPayload, copyProperties, copyTopic, Message, propertiesLength } from "./draft";
import { flush } from "./link";
import { Level, sayNumber } from "./log";
import { beginPayload } from "./upload";
import { uptimeS } from "./uptime";

export const STALE = utf8("readings stale: ");
const EXPIRED = utf8("expired: ");
export const TOO_LARGE = utf8("too large: ");

const EXPIRY_BYTES: i32 = 5;
/** The packet's body leaves room for the longest header; with a shorter one the packet begins later. */
@lazy
const BODY: usize = OUTPUT + 5;

/** What becomes of the next entry of the queue. */
export namespace Sending {
  /** It is on its way, and another may follow. */
  export const NEXT: bool = true;
  /** No other can follow it now. */
  export const LAST: bool = false;
}

/** Puts the next entry of the queue, a message, into the output, which must be empty, and sends it. */
export function sendMessage(message: Message): bool {
  const resent = isResend();
  let expiryS = message.expiryS;
  if (expiryS != 0) {
    const waitedS = uptimeS() - message.queuedAtS;
    // What the broker may have seen does not expire any more [MQTT-4.3.3-7].
    if (waitedS < expiryS) expiryS -= waitedS;
    else if (resent) expiryS = 1;
    else return giveUp(EXPIRED);
  }
  const kept = <i32>message.flags;
  const qos = allowedQos(kept >> 1);
  const type = PacketType.PUBLISH | (kept & retainFlag()) | (qos << 1) | (resent && qos != 0 ? PublishFlag.DUP : 0);

  let at = copyTopic(BODY, message);
  if (qos != 0) {
    store<u16>(at, identifierOf(session.sent));
    at += 2;
  }
  if (V5) {
    if (isV5()) {
      at = writeU8(at, propertiesLength(message) + (expiryS != 0 ? EXPIRY_BYTES : 0));
      if (expiryS != 0) at = writeU32Property(at, Property.MESSAGE_EXPIRY, expiryS);
      at = copyProperties(at, message);
    }
  }
  at = copyPayload(at, message);
  const remaining = <u32>(at - BODY) + (UPLOAD ? message.uploadLength : 0);
  const start = BODY - 1 - varintSize(remaining);
  if (V5) if (<u32>(BODY - start) + remaining > limits.packetSize) return giveUp(TOO_LARGE);
  writeVarint(writeU8(start, type), remaining);
  connection.outputStart = start;
  connection.outputLength = <i32>(at - start);
  if (UPLOAD) {
    if (message.uploadLength != 0) {
      beginPayload(message.uploadLength, qos);
      // Not even under QoS 0 is it done before its last byte.
      noteSent(max(qos, 1));
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
