/** Received bytes become events, one packet at a time. Whatever breaks the standard ends the connection [MQTT-4.8.0-1]. */

import { connection, inbound, RECEIVE } from "../image";
import { COMMANDS, PERSISTENT } from "../options";
import { Phase } from "./connection";
import { consume, finishInbound, Reading, readPublish } from "./message";
import { ConnectReturnCode, PacketType, SUBSCRIPTION_REFUSED } from "./packet";
import { acknowledge, forget } from "./session";
import { takeSuback, takeUnsuback } from "./subscribe";

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
  /** The peer breaks the standard: close the connection. */
  export const VIOLATION: i32 = 7;
  /** CONNACK refused the connection; its return code is added to this. */
  export const REFUSED: i32 = 16;
}

/** The Remaining Length ends within this many bytes (2.2.3). */
const MAX_LENGTH_BYTES: i32 = 4;

/** Reads the next packet. After `MESSAGE`, the next call finishes that message first. */
export function nextEvent(): i32 {
  if (COMMANDS) {
    finishInbound();
    skip();
  }
  const received = connection.received;
  if (received < 2) return Event.NONE;
  let body = RECEIVE + 2;
  let remaining = <u32>load<u8>(RECEIVE + 1);
  if (COMMANDS && remaining > 0x7f) {
    // A long packet, which can only be a message: seven bits a byte, the lowest first.
    remaining &= 0x7f;
    for (let shift: u32 = 7; ; shift += 7) {
      if (<i32>(body - RECEIVE) >= received) return Event.NONE;
      const byte = <u32>load<u8>(body++);
      remaining |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      if (<i32>(body - RECEIVE) > MAX_LENGTH_BYTES) return Event.VIOLATION;
    }
  }
  const size = remaining + <u32>(body - RECEIVE);

  const type = <i32>load<u8>(RECEIVE);
  const connecting = connection.phase == Phase.CONNECTING;
  // CONNACK comes first and once [MQTT-3.2.0-1].
  if (connecting != (type == PacketType.CONNACK)) return Event.VIOLATION;
  if (COMMANDS && (type & 0xf0) == PacketType.PUBLISH) return publishEvent(readPublish(body, size));

  const expected = type == PacketType.PINGRESP ? 0 : COMMANDS && type == PacketType.SUBACK ? 3 : 2;
  if (remaining != expected || body != RECEIVE + 2) return Event.VIOLATION;
  if (<u32>received < size) return Event.NONE;
  const event = answerEvent(type, body);
  connection.answers++;
  consume(size);
  return event;
}

/** Passes over the rest of a message that is too large. */
function skip(): void {
  const skipping = inbound.skipping;
  if (skipping == 0) return;
  const here = min<u32>(skipping, connection.received);
  inbound.skipping = skipping - here;
  consume(here);
}

function publishEvent(reading: i32): i32 {
  if (reading == Reading.WHOLE) return Event.MESSAGE;
  if (reading == Reading.SKIPPED) return Event.OVERSIZED;
  return reading == Reading.MALFORMED ? Event.VIOLATION : Event.NONE;
}

/** Handles an answer of the broker: any packet but PUBLISH. */
function answerEvent(type: i32, body: usize): i32 {
  let good = false;
  if (type == PacketType.PUBACK) {
    good = acknowledge(load<u16>(body));
  } else if (type == PacketType.PINGRESP) {
    good = connection.pinging;
    connection.pinging = false;
  } else if (type == PacketType.CONNACK) {
    return connackEvent(load<u8>(body), load<u8>(body, 1));
  } else if (COMMANDS && type == PacketType.SUBACK) {
    return subackEvent(load<u16>(body), load<u8>(body, 2));
  } else if (COMMANDS && type == PacketType.UNSUBACK) {
    good = takeUnsuback(load<u16>(body));
  }
  return good ? Event.HANDLED : Event.VIOLATION;
}

function connackEvent(sessionPresent: i32, returnCode: i32): i32 {
  // Whoever answers before CONNECT has left can't have read it.
  if (connection.outputLength != 0) return Event.VIOLATION;
  // A clean session is never present [MQTT-3.2.2-1], nor is one of a refused connection [MQTT-3.2.2-4].
  if (sessionPresent > (PERSISTENT && returnCode == 0 ? 1 : 0)) return Event.VIOLATION;
  if (returnCode > ConnectReturnCode.NOT_AUTHORISED) return Event.VIOLATION;
  if (returnCode != ConnectReturnCode.ACCEPTED) return Event.REFUSED + returnCode;
  if (PERSISTENT && sessionPresent) return Event.RESUMED;
  forget();
  return Event.CONNECTED;
}

function subackEvent(identifier: u32, code: i32): i32 {
  if (!takeSuback(identifier)) return Event.VIOLATION;
  if (code == SUBSCRIPTION_REFUSED) return Event.UNSUBSCRIBED;
  // Nothing above QoS 1 is asked for, so nothing above it can be granted [MQTT-3.9.3-2].
  return code <= 1 ? Event.HANDLED : Event.VIOLATION;
}
