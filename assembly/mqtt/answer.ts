/** What a broker of MQTT 5.0 answers, and how it ends a connection: every packet that it sends, but for PUBLISH. */

import { connection, fault } from "../image";
import { AUTH, INBOUND_QOS, MESSAGES } from "../options";
import { takeAcknowledgement } from "./acknowledgement";
import { authEvent } from "./auth";
import { connackEventV5 } from "./connack";
import { malformed, protocolError } from "./fault";
import { PacketType } from "./packet";
import {
  Allowed,
  forgetProperties,
  hasProperty,
  isProblemWanted,
  Property,
  readLastProperties,
  readProperties,
} from "./property";
import { Failures, FIRST_FAILURE, isFailure, ReasonCode } from "./reason";
import { broken, Event, takePingresp } from "./receive";
import { takeSuback, takeUnsuback } from "./subscribe";

/** Handles the packet of that type whose body lies from `body` to `end`. */
export function answerEventV5(type: i32, body: usize, end: usize): i32 {
  if (type == PacketType.CONNACK) return connackEventV5(body, end);
  if (type == PacketType.PINGRESP) {
    if (body != end) return broken(malformed());
    return takePingresp() ? Event.HANDLED : broken(protocolError());
  }
  if (type == PacketType.DISCONNECT) return disconnectEvent(body, end);
  if (AUTH) if (type == PacketType.AUTH) return authEvent(body, end);
  if (isAcknowledgement(type)) return acknowledgementEvent(type, body, end);
  if (MESSAGES) if (type == PacketType.SUBACK || type == PacketType.UNSUBACK) return requestEvent(type, body, end);
  // What only a client may send, or nobody asked for, is out of place.
  return broken(protocolError());
}

function isAcknowledgement(type: i32): bool {
  return (
    type == PacketType.PUBACK || type == PacketType.PUBREC || type == PacketType.PUBREL || type == PacketType.PUBCOMP
  );
}

function acknowledgementEvent(type: i32, body: usize, end: usize): i32 {
  const behind = body + 2;
  if (behind > end) return broken(malformed());
  // A Reason Code of 0 may be left out, and properties with it (3.4.2.1).
  const reason = behind < end ? <i32>load<u8>(behind) : ReasonCode.SUCCESS;
  forgetProperties();
  if (behind + 1 < end && !readProblem(behind + 1, end)) return Event.VIOLATION;
  const isFirst = type == PacketType.PUBACK || type == PacketType.PUBREC;
  if (!isFirst || reason != ReasonCode.NO_MATCHING_SUBSCRIBERS) {
    if (reason != ReasonCode.SUCCESS && !isFailure(reason, isFirst ? Failures.PUBLISHED : Failures.RELEASED)) {
      return broken(protocolError());
    }
  }
  if (!takeAcknowledgement(type, load<u16>(body), reason)) return broken(protocolError());
  return isFirst ? outcome(reason, Event.UNDELIVERED) : Event.HANDLED;
}

/** Reads the properties of an answer, which tell of problems and nothing else. Returns false if they break the standard. */
function readProblem(start: usize, end: usize): bool {
  return readLastProperties(start, end, Allowed.ACKNOWLEDGEMENT) && isProblemWanted();
}

/** The event of an answer, which is `failure` if its Reason Code is one. */
function outcome(reason: i32, failure: i32): i32 {
  if (reason < FIRST_FAILURE) return Event.HANDLED;
  fault.reason = reason;
  return failure;
}

/** Takes SUBACK or UNSUBACK: one filter was asked for, so there is one Reason Code [MQTT-3.8.4-6]. */
function requestEvent(type: i32, body: usize, end: usize): i32 {
  if (body + 2 > end) return broken(malformed());
  const at = readProperties(body + 2, end, Allowed.ACKNOWLEDGEMENT);
  if (at == 0 || !isProblemWanted()) return Event.VIOLATION;
  if (end - at != 1) return broken(protocolError());
  const identifier = <u32>load<u16>(body);
  const reason = <i32>load<u8>(at);
  if (type == PacketType.SUBACK) {
    // No QoS above the one that this module receives is asked for, so none can be granted [MQTT-3.8.4-7].
    const isKnown = reason <= INBOUND_QOS || isFailure(reason, Failures.SUBACK);
    if (!isKnown || !takeSuback(identifier)) return broken(protocolError());
    return outcome(reason, Event.UNSUBSCRIBED);
  }
  const isKnown =
    reason == ReasonCode.SUCCESS ||
    reason == ReasonCode.NO_SUBSCRIPTION_EXISTED ||
    isFailure(reason, Failures.UNSUBACK);
  if (!isKnown || !takeUnsuback(identifier)) return broken(protocolError());
  return outcome(reason, Event.STILL_SUBSCRIBED);
}

/** The broker ends the connection. Nothing is sent any more [MQTT-3.14.4-1]. */
function disconnectEvent(body: usize, end: usize): i32 {
  // A Reason Code of 0 may be left out, and properties with it (3.14.2.1).
  const reason = body < end ? <i32>load<u8>(body) : ReasonCode.SUCCESS;
  forgetProperties();
  if (body + 1 < end && !readLastProperties(body + 1, end, Allowed.DISCONNECT)) return Event.VIOLATION;
  const isKnown = reason == ReasonCode.SUCCESS || isFailure(reason, Failures.DISCONNECT);
  if (!isKnown || hasProperty(Property.SESSION_EXPIRY)) return broken(protocolError());
  fault.reason = reason;
  connection.outputLength = 0;
  return Event.DISCONNECTED;
}
