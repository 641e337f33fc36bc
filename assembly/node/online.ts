/** What the node does with the broker's packets, and what it does when the broker is silent. */

import { Errno } from "../hal";
import { backoff, connection, RECEIVE, session, watch } from "../image";
import { reached } from "../memory";
import { isAwaiting, isOnline, Phase, setDeadline, writeEmptyPacket } from "../mqtt/connection";
import { ConnectReturnCode, PacketType } from "../mqtt/packet";
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
    if (event == Event.NONE || (COMMANDS && event == Event.MESSAGE)) return;
    if (event >= Event.VIOLATION) return end(event);
    if (COMMANDS && event == Event.OVERSIZED) say(Level.WARNING, OVERSIZED);
    else if (COMMANDS && event == Event.UNSUBSCRIBED) say(Level.ERROR, UNSUBSCRIBED);
    else if (event != Event.HANDLED) welcome(event);
  }
}

/** The broker has accepted the connection. */
function welcome(event: i32): void {
  connection.phase = Phase.ONLINE;
  setDeadline(0);
  watch.checkAt = connection.now + RESPONSE_MS;
  watch.sent = session.sent;
  watch.awaiting = false;
  say(Level.INFO, ONLINE);
  writeStatus(ONLINE);
  if (COMMANDS) subscribeToCommands(event == Event.RESUMED);
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
  if (reached(now, watch.checkAt)) check();
  if (!isOnline()) return;
  if (reached(now, connection.sentAt + PING_MS) && !connection.pinging && connection.outputLength == 0) {
    writeEmptyPacket(PacketType.PINGREQ);
    connection.pinging = true;
    connection.sentAt = now;
  }
  setDeadline(min(watch.checkAt - now, connection.sentAt + PING_MS - now));
}

/** Gives the broker up if it owed answers at the last look and has given none since. */
function check(): void {
  const awaiting = inFlight() != 0 || connection.outputLength != 0 || isAwaiting();
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
