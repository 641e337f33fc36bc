/** CONNACK of MQTT 5.0 (3.2): whether the broker accepts the connection, and on what terms. */

import { connection, continuity, fault } from "../image";
import { ASSIGNED_ID, PERSISTENT } from "../options";
import { isMethodRepeated } from "./auth";
import { keepAssignedId, needsAssignedId } from "./client-id";
import { malformed, protocolError } from "./fault";
import { takeLimits } from "./limits";
import { ConnectReturnCode } from "./packet";
import { Allowed, hasProperty, Property, propertyText, readLastProperties } from "./property";
import { Failures, isFailure, ReasonCode } from "./reason";
import { acceptance, broken, Event } from "./receive";

/** Handles the CONNACK whose body lies from `body` to `end`. */
export function connackEventV5(body: usize, end: usize): i32 {
  // Whoever answers before CONNECT has left can't have read it.
  if (connection.outputLength != 0) return broken(protocolError());
  if (body + 2 > end) return broken(malformed());
  const sessionPresent = <i32>load<u8>(body);
  const reason = <i32>load<u8>(body, 1);
  if (body + 2 == end && sessionPresent == 0 && reason == ConnectReturnCode.UNACCEPTABLE_PROTOCOL_VERSION) {
    // A broker that knows MQTT 3.1.1 and no more says so in the words of that version.
    return refusal(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION);
  }
  // [MQTT-3.2.2-1]
  if (sessionPresent > 1) return broken(malformed());
  if (!readLastProperties(body + 2, end, Allowed.CONNACK)) return Event.VIOLATION;
  // Nobody asked for Response Information [MQTT-3.1.2-28].
  if (hasProperty(Property.RESPONSE_INFORMATION)) return broken(protocolError());
  if (reason != ReasonCode.SUCCESS) {
    // [MQTT-3.2.2-6] [MQTT-3.2.2-8]
    return sessionPresent == 0 && isFailure(reason, Failures.CONNACK) ? refusal(reason) : broken(protocolError());
  }
  // A session that was not asked for is none that this node has [MQTT-3.2.2-2] [MQTT-3.2.2-4].
  if (sessionPresent != 0 && !(PERSISTENT && continuity.isHeld)) return broken(protocolError());
  if (!isMethodRepeated()) return broken(protocolError());
  if (ASSIGNED_ID) {
    if (needsAssignedId()) {
      // [MQTT-3.2.2-16]
      if (!hasProperty(Property.ASSIGNED_CLIENT_IDENTIFIER)) return broken(protocolError());
      keepAssignedId(propertyText(Property.ASSIGNED_CLIENT_IDENTIFIER));
    }
  }
  takeLimits();
  return acceptance(sessionPresent);
}

function refusal(reason: i32): i32 {
  fault.reason = reason;
  return Event.REFUSED + reason;
}
