/** Enhanced authentication of MQTT 5.0 (4.12): the application answers what the broker asks. */

import { auth, connection } from "../image";
import { copy } from "../memory";
import { AUTH } from "../options";
import { equals, Text, writeBytes, writeU8, writeU16 } from "../text";
import { finishPacket, isOnline, MAX_PACKET, outputEnd, outputHasRoomFor, Phase } from "./connection";
import { protocolError } from "./fault";
import { PacketType } from "./packet";
import { Allowed, hasProperty, isProblemWanted, Property, propertyText, readLastProperties } from "./property";
import { ReasonCode } from "./reason";
import { broken, Event } from "./receive";
import { writeVarint } from "./varint";

/** Longest method and longest data of this side. */
export const MAX_METHOD: i32 = 32;
export const MAX_AUTH_DATA: i32 = 128;


@unmanaged
export class Auth {
  /** The method, a constant text of the application, or 0: none, and the broker must not ask. */
  method: usize = 0;
  /** Data that goes along with CONNECT, a constant text of the application, or 0. */
  data: usize = 0;
  /** Whether the broker has asked, and waits for an answer. */
  isAsked: bool = false;
  /** Whether a whole step has gone by since. */
  isOverdue: bool = false;
  /** Whether this side has begun to authenticate again. */
  isRenewing: bool = false;
}

/** Whether CONNACK or AUTH repeats the method of CONNECT, or has none as CONNECT had none [MQTT-4.12.0-5] [MQTT-4.12.0-6]. */
export function isMethodRepeated(): bool {
  if (!AUTH || auth.method == 0) {
    return !hasProperty(Property.AUTHENTICATION_METHOD) && !hasProperty(Property.AUTHENTICATION_DATA);
  }
  if (!hasProperty(Property.AUTHENTICATION_METHOD)) return false;
  const method = propertyText(Property.AUTHENTICATION_METHOD);
  return equals(changetype<Text>(auth.method), method.bytes, method.length);
}

/** Handles the AUTH whose body lies from `body` to `end`. */
export function authEvent(body: usize, end: usize): i32 {
  // Reason Code 0 may be left out, and the properties with it, but not for a method that must be repeated.
  if (auth.method == 0 || body == end) return broken(protocolError());
  const reason = <i32>load<u8>(body);
  if (!readLastProperties(body + 1, end, Allowed.AUTH) || !isProblemWanted()) return Event.VIOLATION;
  if (!isMethodRepeated()) return broken(protocolError());
  const connecting = connection.phase == Phase.CONNECTING;
  if (!connecting && !auth.isRenewing) return broken(protocolError());
  if (reason == ReasonCode.CONTINUE_AUTHENTICATION) {
    auth.isAsked = true;
    auth.isOverdue = false;
    return Event.CHALLENGE;
  }
  // Success ends an authentication that this side began anew; the first one ends with CONNACK [MQTT-4.12.0-2].
  if (connecting || reason != ReasonCode.SUCCESS) return broken(protocolError());
  auth.isRenewing = false;
  return Event.HANDLED;
}

/** Is done with the broker's question once it is answered. Returns false while it is not. */
export function finishChallenge(): bool {
  return !auth.isAsked;
}

/** Answers the broker's question with `length` bytes [MQTT-4.12.0-3]. Returns false if there is none, or the answer is too long. */
export function answerChallenge(data: usize, length: i32): bool {
  if (!auth.isAsked || !writeAuth(ReasonCode.CONTINUE_AUTHENTICATION, data, length)) return false;
  auth.isAsked = false;
  return true;
}

/** Begins to authenticate again, by the method of CONNECT [MQTT-4.12.1-1]. Returns false if that can't be done now. */
export function renew(data: usize, length: i32): bool {
  if (!isOnline() || auth.method == 0 || auth.isRenewing) return false;
  auth.isRenewing = writeAuth(ReasonCode.REAUTHENTICATE, data, length);
  return auth.isRenewing;
}

function writeAuth(reason: i32, data: usize, length: i32): bool {
  if (length > MAX_AUTH_DATA || !outputHasRoomFor(MAX_PACKET)) return false;
  const start = outputEnd();
  const size = 3 + changetype<Text>(auth.method).length + 3 + length;
  const at = writeVarint(writeU8(start + 2, reason), size);
  finishPacket(PacketType.AUTH, start, writeAuthProperties(at, data, length));
  return outputEnd() != start;
}

/** Writes the method and `length` bytes of data as properties. */
export function writeAuthProperties(address: usize, data: usize, length: i32): usize {
  const method = changetype<Text>(auth.method);
  let at = writeU16(writeU8(address, Property.AUTHENTICATION_METHOD), method.length);
  at = writeU8(writeBytes(at, method), Property.AUTHENTICATION_DATA);
  return copy(writeU16(at, length), data, length);
}
