/** What the node does with the broker's packets, and what it does when the broker is silent. */

import { RECEIVE, backoff, connection, session, watch } from "../image";
import { Errno } from "../hal";
import { reached } from "../memory";
import { finishPacket, isAwaiting, outputEnd, outputHasRoom, Phase, setDeadline } from "../mqtt/connection";
import { PacketType } from "../mqtt/packet";
import { ConnectReturnCode } from "../mqtt/packet";
import { Event, nextEvent } from "../mqtt/receive";
import { inFlight } from "../mqtt/session";
import { COMMANDS, KEEP_ALIVE_S } from "../options";
import { utf8 } from "../text";
import { nextDelayMs, refusedDelayMs } from "./backoff";
import { subscribeToCommands } from "./command";
import { closeAndRetryIn, fail, RESPONSE_MS } from "./link";
import { Level, say, sayNumber } from "./log";
import { ONLINE, writeStatus } from "./status";

const REFUSED = utf8("broker refuses: ");
const VIOLATION = utf8("bad packet: ");
const OVERSIZED = utf8("message too large");
const UNSUBSCRIBED = utf8("subscription refused");

/** PINGREQ goes out when three quarters of the Keep Alive have passed in silence: with a margin [MQTT-3.1.2-23]. */
const PING_MS: u32 = KEEP_ALIVE_S * 750;
/** A connection that has lasted so long is stable: the next one may be tried soon. */
const STABLE_MS: u32 = 30_000;

/** What the node knows of how the broker answers. */
@unmanaged
export class Watch {
  /** When the connection was accepted. */
  onlineAt: u32 = 0;
  /** When the answers were last found to be coming. */
  checkedAt: u32 = 0;
  /** How far they had come then. */
  progress: u32 = 0;
  /** Whether any was awaited then. */
  awaiting: bool = false;
  /** When `tick` last ran, and the reading that was to be sent next. */
  tickedAt: u32 = 0;
  sent: u32 = 0;
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
    if (event == Event.NONE || (COMMANDS && event == Event.MESSAGE)) return;
    if (event >= Event.VIOLATION) return end(event);
    if (COMMANDS && event == Event.OVERSIZED) say(Level.WARNING, OVERSIZED);
    else if (COMMANDS && event == Event.UNSUBSCRIBED) say(Level.ERROR, UNSUBSCRIBED);
    else if (event != Event.HANDLED) welcome(event);
  }
}

/** The broker has accepted the connection. */
function welcome(event: i32): void {
  const now = connection.now;
  connection.phase = Phase.ONLINE;
  connection.deadline = now;
  watch.onlineAt = now;
  watch.awaiting = false;
  say(Level.INFO, ONLINE);
  writeStatus(ONLINE);
  if (COMMANDS && event == Event.CONNECTED) subscribeToCommands();
}

/** The broker has refused the connection, or broken the standard. */
function end(event: i32): void {
  const returnCode = event - Event.REFUSED;
  if (returnCode < 0) {
    sayNumber(Level.WARNING, VIOLATION, load<u8>(RECEIVE));
  } else {
    sayNumber(Level.ERROR, REFUSED, returnCode);
    // Only code 3 mends itself; the others wait for a person.
    if (returnCode != ConnectReturnCode.SERVER_UNAVAILABLE) return closeAndRetryIn(refusedDelayMs());
  }
  closeAndRetryIn(nextDelayMs());
}

/** Whatever is due besides readings: PINGREQ, and the verdict on a broker that no longer answers. */
export function tick(): void {
  const now = connection.now;
  const awaiting = inFlight() != 0 || connection.outputLength != 0 || isAwaiting();
  const progress = session.acknowledged + connection.answers;
  if (!awaiting || !watch.awaiting || progress != watch.progress) {
    watch.awaiting = awaiting;
    watch.progress = progress;
    watch.checkedAt = now;
  } else if (reached(now, watch.checkedAt + RESPONSE_MS)) {
    return fail(Errno.ETIMEDOUT);
  }
  if (now - watch.onlineAt >= STABLE_MS) backoff.attempts = 0;
  // Readings leave no time behind: one that went out since the last look did so after that look.
  if (session.sent != watch.sent && reached(watch.tickedAt, connection.sentAt)) connection.sentAt = watch.tickedAt;
  watch.sent = session.sent;
  watch.tickedAt = now;
  if (reached(now, connection.sentAt + PING_MS) && !connection.pinging && outputHasRoom()) {
    const start = outputEnd();
    finishPacket(PacketType.PINGREQ, start, start + 2);
    connection.pinging = true;
    connection.sentAt = now;
  }
  setDeadline(min(RESPONSE_MS, connection.sentAt + PING_MS - now));
}
