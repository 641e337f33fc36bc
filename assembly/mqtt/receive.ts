/** Received bytes become events, one packet at a time. Whatever breaks the standard ends the connection [MQTT-4.8.0-1]. */

import { connection, continuity, durability, inbound, properties, RECEIVE, received } from "../image";
import {
  ASSIGNED_ID,
  AUTH,
  CLEARS_SESSION,
  DOWNLOAD,
  INBOUND_QOS,
  MESSAGES,
  PERSISTENT,
  RECEIVE_CAPACITY,
  RECEIVES_QOS_2,
  V5,
  WRITES_AHEAD,
} from "../options";
import { ACKNOWLEDGEMENT_BYTES, takeAcknowledgement } from "./acknowledgement";
import { answerEventV5 } from "./answer";
import { finishChallenge } from "./auth";
import { ANSWERS, outputHasRoomFor, Phase } from "./connection";
import { malformed, protocolError, violation } from "./fault";
import { takeLimits } from "./limits";
import { consume, finishInbound, isSkipping, nextPart, Reading, readPublish, skip, SKIPS } from "./message";
import { ConnectReturnCode, isFirstByte, PacketType, SUBSCRIPTION_REFUSED } from "./packet";
import { forgetProperties } from "./property";
import { ReasonCode } from "./reason";
import { acknowledge, forget } from "./session";
import { takeSuback, takeUnsuback } from "./subscribe";
import { INCOMPLETE, readVarint, varintSize } from "./varint";
import { isV5 } from "./version";

export namespace Event {
  /** No complete packet is left. */
  export const NONE: i32 = 0;
  /** A packet was handled and asks nothing of the node. */
  export const HANDLED: i32 = 1;
  /** CONNACK accepted the connection; the broker has kept this node's session. */
  export const RESUMED: i32 = 2;
  /** CONNACK accepted the connection with a session that is new. */
  export const CONNECTED: i32 = 3;
  /** A message is in `inbound`. */
  export const MESSAGE: i32 = 4;
  /** The broker refuses a subscription. */
  export const UNSUBSCRIBED: i32 = 5;
  /** A message was too large and is skipped. */
  export const OVERSIZED: i32 = 6;
  /** The broker refuses something that was published, for good; `fault` says why. */
  export const UNDELIVERED: i32 = 7;
  /** The broker has a question about who this node is: it is in `auth`. */
  export const CHALLENGE: i32 = 8;
  /** The broker refuses to take back a subscription; `fault` says why. */
  export const STILL_SUBSCRIBED: i32 = 9;
  /** CONNACK accepted a connection that is there to clear the session and for nothing else. */
  export const CLEARED: i32 = 10;
  /** The peer breaks the standard; `fault` says how: close the connection. */
  export const VIOLATION: i32 = 11;
  /** The broker ends the connection; `fault` says why. */
  export const DISCONNECTED: i32 = 12;
  /** CONNACK refused the connection; its return code or Reason Code is added to this. */
  export const REFUSED: i32 = 16;
}

/** Reads the next packet. What the last one said can be read until then. After `MESSAGE`, that message is finished first. */
export function nextEvent(): i32 {
  if (AUTH) if (!finishChallenge()) return Event.NONE;
  if (V5) {
    if (properties.packetSize != 0) {
      consume(properties.packetSize);
      properties.packetSize = 0;
    }
  }
  if (MESSAGES) {
    finishInbound();
    if (SKIPS) {
      skip();
      if (isSkipping()) return Event.NONE;
    }
    if (DOWNLOAD) if (inbound.left != 0) return nextPart() ? Event.MESSAGE : Event.NONE;
  }
  const received = connection.received;
  if (received < 2) return Event.NONE;
  let body = RECEIVE + 2;
  let remaining = <u32>load<u8>(RECEIVE + 1);
  if (MESSAGES || V5) {
    if (remaining > 0x7f) {
      const length = readVarint(RECEIVE + 1, RECEIVE + received);
      if (length < 0) return length == INCOMPLETE ? Event.NONE : broken(malformed());
      remaining = length;
      body = RECEIVE + 1 + varintSize(length);
    }
  }
  const size = remaining + <u32>(body - RECEIVE);

  const type = <i32>load<u8>(RECEIVE);
  if (V5) if (isV5() && !isFirstByte(type)) return broken(malformed());
  const connecting = connection.phase == Phase.CONNECTING;
  // CONNACK comes first and once [MQTT-3.2.0-1] [MQTT-3.2.0-2], but for AUTH in front of it.
  if (connecting != (type == PacketType.CONNACK)) {
    if (!AUTH || type != PacketType.AUTH) return broken(protocolError());
  }
  if (MESSAGES && (type & 0xf0) == PacketType.PUBLISH) return publishEvent(readPublish(body, size));

  if (V5 && isV5()) {
    // The broker was told how large a packet may be [MQTT-3.1.2-24].
    if (size > <u32>RECEIVE_CAPACITY) return broken(violation(ReasonCode.PACKET_TOO_LARGE));
  } else {
    const expected = type == PacketType.PINGRESP ? 0 : MESSAGES && type == PacketType.SUBACK ? 3 : 2;
    if (remaining != expected || body != RECEIVE + 2) return broken(malformed());
  }
  if (<u32>received < size) return Event.NONE;
  if (ANSWERS) {
    if (!outputHasRoomFor(ACKNOWLEDGEMENT_BYTES)) {
      inbound.blocked = true;
      return Event.NONE;
    }
  }
  connection.answers++;
  const event = V5 && isV5() ? answerEventV5(type, body, RECEIVE + size) : answerEvent(type, body);
  if (V5) properties.packetSize = size;
  else consume(size);
  return event;
}

/** The peer has broken the standard, in a way that was noted. */
@inline
export function broken(_noted: i32): i32 {
  return Event.VIOLATION;
}

function publishEvent(reading: i32): i32 {
  if (reading == Reading.MESSAGE) return Event.MESSAGE;
  if (reading == Reading.SKIPPED) return Event.OVERSIZED;
  if (reading == Reading.DUPLICATE) return Event.HANDLED;
  return reading == Reading.VIOLATION ? Event.VIOLATION : Event.NONE;
}

/** Handles an answer of the broker under MQTT 3.1.1: any packet but PUBLISH. */
function answerEvent(type: i32, body: usize): i32 {
  let good = false;
  if (type == PacketType.PUBACK) {
    good = acknowledge(load<u16>(body));
  } else if (type == PacketType.PINGRESP) {
    good = takePingresp();
  } else if (type == PacketType.CONNACK) {
    return connackEvent(load<u8>(body), load<u8>(body, 1));
  } else if (MESSAGES && type == PacketType.SUBACK) {
    return subackEvent(load<u16>(body), load<u8>(body, 2));
  } else if (MESSAGES && type == PacketType.UNSUBACK) {
    good = takeUnsuback(load<u16>(body));
  } else if (ANSWERS) {
    good = takeAcknowledgement(type, load<u16>(body), ReasonCode.SUCCESS);
  }
  return good ? Event.HANDLED : broken(protocolError());
}

/** Takes a PINGRESP. Returns false if nobody asked for it. */
@inline
export function takePingresp(): bool {
  const good = connection.pinging;
  connection.pinging = false;
  return good;
}

function connackEvent(sessionPresent: i32, returnCode: i32): i32 {
  // Whoever answers before CONNECT has left can't have read it.
  if (connection.outputLength != 0) return Event.VIOLATION;
  // A clean session is never present [MQTT-3.2.2-1], nor is one of a refused connection [MQTT-3.2.2-4].
  const mayBePresent = PERSISTENT && !ASSIGNED_ID && returnCode == 0 && (!CLEARS_SESSION || continuity.isHeld);
  if (sessionPresent > (mayBePresent ? 1 : 0)) return Event.VIOLATION;
  if (returnCode > ConnectReturnCode.NOT_AUTHORISED) return Event.VIOLATION;
  if (returnCode != ConnectReturnCode.ACCEPTED) return Event.REFUSED + returnCode;
  if (V5) {
    forgetProperties();
    takeLimits();
  }
  if (CLEARS_SESSION) {
    if (!continuity.isHeld) {
      continuity.isHeld = true;
      return Event.CLEARED;
    }
  }
  return acceptance(sessionPresent);
}

/** The broker has accepted the connection, with or without the session. */
export function acceptance(sessionPresent: i32): i32 {
  if (V5 && PERSISTENT) continuity.isHeld = true;
  if (PERSISTENT && sessionPresent) return Event.RESUMED;
  forget();
  if (RECEIVES_QOS_2) received.count = 0;
  // That this session is a new one must not be forgotten once it holds something.
  if (WRITES_AHEAD && PERSISTENT) durability.isOwed = true;
  return Event.CONNECTED;
}

function subackEvent(identifier: u32, code: i32): i32 {
  if (!takeSuback(identifier)) return broken(protocolError());
  if (code == SUBSCRIPTION_REFUSED) return Event.UNSUBSCRIBED;
  // Nothing above that QoS is asked for, so nothing above it can be granted [MQTT-3.9.3-2].
  return code <= INBOUND_QOS ? Event.HANDLED : broken(protocolError());
}
