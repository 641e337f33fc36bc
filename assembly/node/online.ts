/** What the node does with the broker's packets, and what it does when the broker is silent. */

import { Errno } from "../hal";
import { backoff, connection, durability, fault, limits, queue, RECEIVE, session, watch } from "../image";
import { reached } from "../memory";
import { writeReleases } from "../mqtt/acknowledgement";
import { isAwaiting, isOnline, isOutputIdle, Phase, setDeadline, writeEmptyPacket } from "../mqtt/connection";
import { writeDisconnect } from "../mqtt/disconnect";
import { ConnectReturnCode, PacketType } from "../mqtt/packet";
import { hasProperty, Property, propertyText } from "../mqtt/property";
import { FIRST_FAILURE, ReasonCode } from "../mqtt/reason";
import { Event, nextEvent } from "../mqtt/receive";
import { hasRoomForReceived } from "../mqtt/received";
import { inFlight } from "../mqtt/session";
import { isV5 } from "../mqtt/version";
import {
  AUTH,
  CLEARS_SESSION,
  KEEP_ALIVE_S,
  MESSAGES,
  RECEIVES_QOS_2,
  SENDS_QOS_2,
  V5,
  WRITES_AHEAD,
} from "../options";
import { Text, utf8 } from "../text";
import { delayUpToMs, nextDelayMs, REFUSED_MS } from "./backoff";
import { subscribeToCommands } from "./command";
import { closeAndRetryIn, fail, flush, RESPONSE_MS } from "./link";
import { Level, say, sayNumber } from "./log";
import { delayAfterMs } from "./policy";
import { setupReadingsV5 } from "./reading";
import { ONLINE, writeStatus } from "./status";

const REFUSED = utf8("broker refuses: ");
const VIOLATION = utf8("bad packet: ");
const OVERSIZED = utf8("message too large");
const UNSUBSCRIBED = utf8("subscription refused");
const UNDELIVERED = utf8("refused: ");
const DISCONNECTED = utf8("disconnected: ");

/** PINGREQ goes out when three quarters of the Keep Alive have passed in silence: with a margin [MQTT-3.1.2-23]. */
const PING_MS: u32 = KEEP_ALIVE_S * 750;

/** Milliseconds of silence after which PINGREQ goes out; half the clock's range if the broker wants none. */
@inline
function pingMs(): u32 {
  return V5 ? (limits.keepAliveS == 0 ? 0x7fff_ffff : limits.keepAliveS * 750) : PING_MS;
}

/** How the broker answers, looked at every `RESPONSE_MS`. */
@unmanaged
export class Watch {
  /** When to look again. */
  checkAt: u32 = 0;
  /** How far the answers had come at the last look. */
  progress: u32 = 0;
  /** The reading that was to be sent next at the last look. */
  sent: u32 = 0;
  /** Whether any answer was awaited at the last look. */
  awaiting: bool = false;
}

/** Takes in the result of `receive` and handles all packets up to the first message for the application. */
export function handleArrived(received: i32): void {
  if (received < 0) return fail(received);
  connection.received += received;
  handlePackets();
}

/** Handles packets until there is no complete one left, or a message for the application. */
export function handlePackets(): void {
  for (;;) {
    const event = nextEvent();
    if (event == Event.NONE || (MESSAGES && event == Event.MESSAGE)) return;
    if (AUTH && event == Event.CHALLENGE) return;
    if (event >= Event.VIOLATION) return end(event);
    if (MESSAGES && event == Event.OVERSIZED) say(Level.WARNING, OVERSIZED);
    else if (MESSAGES && event == Event.UNSUBSCRIBED) tellRefusal(UNSUBSCRIBED);
    else if (V5 && (event == Event.UNDELIVERED || event == Event.STILL_SUBSCRIBED)) tellFailure(event);
    else if (CLEARS_SESSION && event == Event.CLEARED) return connectAgain();
    else if (event != Event.HANDLED) welcome(event);
  }
}

/** The broker has forgotten the session. CleanSession 1 ends with its connection (3.1.1: 3.1.2.4): the next one is kept. */
function connectAgain(): void {
  writeDisconnect(ReasonCode.SUCCESS);
  flush();
  if (connection.phase != Phase.OFFLINE) closeAndRetryIn(0);
  // Whoever forgot this would clear the next session too, and send again what it has had.
  if (WRITES_AHEAD) durability.isOwed = true;
}

/** The broker has accepted the connection. */
function welcome(event: i32): void {
  connection.phase = Phase.ONLINE;
  setDeadline(0);
  watch.checkAt = connection.now + RESPONSE_MS;
  watch.sent = session.sent;
  watch.awaiting = false;
  say(Level.INFO, ONLINE);
  if (V5) setupReadingsV5();
  // What is resent goes first, in its old order; PUBREL before PUBLISH, which has its turn in the queue.
  if (SENDS_QOS_2) writeReleases();
  writeStatus(ONLINE);
  if (MESSAGES) subscribeToCommands(event == Event.RESUMED);
}

/** Says that a subscription was refused, and why if the broker tells. */
function tellRefusal(text: Text): void {
  say(Level.ERROR, text);
  if (V5) if (isV5()) tellReason(Level.ERROR);
}

/** The broker has refused what it answers. A reading or a message that it refused for good counts as dropped. */
function tellFailure(event: i32): void {
  if (event == Event.UNDELIVERED) queue.dropped++;
  sayNumber(Level.ERROR, UNDELIVERED, fault.reason);
  tellReason(Level.ERROR);
}

/** Says what the broker gives as a reason, and where it wants this node to go: words for a person. */
function tellReason(level: i32): void {
  if (hasProperty(Property.REASON_STRING)) say(level, propertyText(Property.REASON_STRING));
  if (hasProperty(Property.SERVER_REFERENCE)) say(level, propertyText(Property.SERVER_REFERENCE));
}

/** The broker of MQTT 5.0 has refused or ended the connection, or broken the standard, which it is told [MQTT-4.13.2-1]. */
function endV5(event: i32): void {
  const reason = fault.reason;
  if (event == Event.VIOLATION) {
    writeDisconnect(reason);
    // As far as the link takes it.
    flush();
    if (connection.phase != Phase.OFFLINE) closeAndRetryIn(nextDelayMs());
    return;
  }
  const level = reason < FIRST_FAILURE ? Level.WARNING : Level.ERROR;
  sayNumber(level, event == Event.DISCONNECTED ? DISCONNECTED : REFUSED, reason);
  tellReason(level);
  closeAndRetryIn(delayAfterMs(reason));
}

/**
 * The broker has sent more messages under QoS 2 than there is room for: MQTT 3.1.1 has no Receive Maximum, and Mosquitto 2.0
 * miscounts after a connection broke. It sends them again on the next connection, where those that it hears were received are
 * released: each connection gets further, so the next one need not wait longer.
 */
function makeProgress(): void {
  backoff.attempts = 0;
  flush();
}

/** The broker has refused the connection, or broken the standard. */
function end(event: i32): void {
  const returnCode = event - Event.REFUSED;
  if (RECEIVES_QOS_2) {
    if (event == Event.VIOLATION && !hasRoomForReceived()) makeProgress();
    if (connection.phase == Phase.OFFLINE) return;
  }
  if (V5) {
    if (isV5()) {
      if (event == Event.VIOLATION) sayNumber(Level.WARNING, VIOLATION, load<u8>(RECEIVE));
      return endV5(event);
    }
  }
  if (returnCode < 0) {
    sayNumber(Level.WARNING, VIOLATION, load<u8>(RECEIVE));
  } else {
    sayNumber(Level.ERROR, REFUSED, returnCode);
    // Only code 3 mends itself; the others wait for a person.
    if (returnCode != ConnectReturnCode.SERVER_UNAVAILABLE) return closeAndRetryIn(delayUpToMs(REFUSED_MS));
  }
  closeAndRetryIn(nextDelayMs());
}

/** Whatever is due besides readings: PINGREQ, and the verdict on a broker that no longer answers. */
export function tick(): void {
  const now = connection.now;
  if (reached(now, watch.checkAt)) check();
  if (!isOnline()) return;
  let untilPing = connection.sentAt + pingMs() - now;
  if (<i32>untilPing <= 0) {
    if (!connection.pinging && isOutputIdle()) {
      writeEmptyPacket(PacketType.PINGREQ);
      connection.pinging = true;
      connection.sentAt = now;
    }
    // Where none may go out now, the next look decides.
    untilPing = pingMs();
  }
  setDeadline(min(watch.checkAt - now, untilPing));
}

/** Gives the broker up if it owed answers at the last look and has given none since. */
function check(): void {
  const awaiting = inFlight() != 0 || !isOutputIdle() || isAwaiting();
  const progress = session.acknowledged + connection.answers;
  if (awaiting && watch.awaiting && progress == watch.progress) return fail(Errno.ETIMEDOUT);
  // Whoever has been online from one look to the next is not turned away at once: the connection is stable.
  backoff.attempts = 0;
  // Readings leave no time behind. Those since the last look are counted as sent right after it.
  if (session.sent != watch.sent) connection.sentAt = watch.checkAt - RESPONSE_MS;
  watch.sent = session.sent;
  watch.awaiting = awaiting;
  watch.progress = progress;
  watch.checkAt = connection.now + RESPONSE_MS;
}
