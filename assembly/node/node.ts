/**
 * The node's loop. An application's step is `begin`, then whatever it does with messages and readings, then `finish`:
 *
 *     begin    take in what has arrived; connect, reconnect, keep alive
 *     …        the application
 *     finish   send what waits; say when to run again
 */

import { Errno } from "../hal";
import { reached } from "../memory";
import { connection, finishPacket, OUTPUT, outputEnd, Phase, RECEIVE, resetConnection } from "../mqtt/connection";
import { dropInbound } from "../mqtt/message";
import { PacketType } from "../mqtt/packet";
import { acknowledgeOnly, hasRoom, inFlight, rewind, session } from "../mqtt/session";
import { COMMANDS } from "../options";
import { utf8 } from "../text";
import { nextMessage } from "./command";
import { setupIdentity } from "./identity";
import { close, fail, flush, open, receive, send, wakeAt } from "./link";
import { Level, say, sayNumber } from "./log";
import { handleArrived, tick } from "./online";
import { queue, valueOf } from "./queue";
import { packet, setupReadings, writeReading } from "./reading";
import { schedule, setupSchedule } from "./schedule";
import { isSensorState, writeSensorState } from "./sensor";
import { OFFLINE, writeStatus } from "./status";

const NO_ID = utf8("no valid id");
const UNCONFIRMED = utf8("unconfirmed: ");
/** How long acknowledgements are awaited when leaving, and how long the good-bye may take. */
const LEAVE_MS: u32 = 1_000;
/** What `step` returns when the node has ended. */
const STEP_ENDED: u32 = 0xffff_ffff;
const PUBACK_BYTES: i32 = 4;

/** Prepares a fresh image. Without a valid id the node ends at once. */
export function setupNode(): void {
  resetConnection();
  if (setupIdentity()) {
    setupReadings();
    setupSchedule(OUTPUT);
  } else {
    say(Level.ERROR, NO_ID);
    connection.phase = Phase.ENDED;
  }
}

/** Takes in what has arrived, and does what is due. */
@inline
export function begin(nowMs: u32): void {
  connection.now = nowMs;
  if (connection.phase != Phase.ONLINE) return drive();
  const partial = connection.received;
  const received = receive();
  // The usual case, one PUBACK and nothing else, is recognised by one comparison.
  if (
    received == PUBACK_BYTES &&
    partial == 0 &&
    load<u32>(RECEIVE) == session.expectedAck &&
    (!COMMANDS || connection.skipping == 0)
  ) {
    acknowledgeOnly();
  } else if ((received | partial) != 0) {
    handleArrived(received);
  }
  if (reached(nowMs, connection.deadline) && connection.phase == Phase.ONLINE) tick();
}

/** Sends what waits and returns the milliseconds until the next step. */
@inline
export function finish(): u32 {
  if (COMMANDS) while (nextMessage()) {}
  if (connection.outputLength != 0) flush();
  if (connection.phase == Phase.ONLINE) {
    while (session.sent != queue.end && connection.outputLength == 0 && hasRoom() && sendReading()) {}
    if (COMMANDS && connection.blocked) unblock();
  } else if (connection.phase == Phase.ENDED) {
    return STEP_ENDED;
  }
  const now = connection.now;
  return min<u32>(schedule.dueAt - now, connection.deadline - now);
}

/** Sends the next entry of the queue. Returns false if no other can follow it now. */
@inline
function sendReading(): bool {
  const value = valueOf(session.sent);
  if (isSensorState(value)) return sendSensorState(value);
  return send(packet.start, <i32>(writeReading(value) - packet.start));
}

function sendSensorState(state: i32): bool {
  writeSensorState(state);
  flush();
  return connection.phase == Phase.ONLINE;
}

/** Packets wait in the receive buffer for room in the output. */
function unblock(): void {
  connection.blocked = false;
  if (connection.outputLength == 0) wakeAt(connection.now);
}

/** Moves a node that is not online a step on. */
function drive(): void {
  const now = connection.now;
  if (connection.phase == Phase.BOOT) {
    schedule.dueAt = now;
    connection.deadline = now;
    connection.phase = Phase.OFFLINE;
  }
  if (connection.phase <= Phase.OPENING) return open();
  if (connection.phase == Phase.CONNECTING) {
    const received = receive();
    if (received != 0) handleArrived(received);
    if (connection.phase == Phase.CONNECTING && reached(now, connection.deadline)) fail(Errno.ETIMEDOUT);
  } else if (connection.phase != Phase.ENDED) {
    leave();
  }
}

/** Begins to leave: what is in the output goes first. */
export function stopNode(): void {
  if (connection.phase == Phase.ONLINE) {
    connection.phase = Phase.LEAVING;
    connection.deadline = connection.now + LEAVE_MS;
    return;
  }
  end();
}

/** Awaits acknowledgements, says `offline` and DISCONNECT, and closes the link [MQTT-3.14.4-1]. */
function leave(): void {
  if (connection.phase == Phase.LEAVING) {
    const received = receive();
    if (received != 0) handleArrived(received);
    if (COMMANDS) while (nextMessage()) {}
  }
  flush();
  const late = reached(connection.now, connection.deadline);
  if (connection.phase == Phase.LEAVING && connection.outputLength == 0 && (late || inFlight() == 0)) {
    writeStatus(OFFLINE);
    const start = outputEnd();
    finishPacket(PacketType.DISCONNECT, start, start + 2);
    connection.phase = Phase.PARTING;
    connection.deadline = connection.now + LEAVE_MS;
    flush();
    if (connection.outputLength == 0) end();
  } else if (late || connection.phase == Phase.OFFLINE || (connection.phase == Phase.PARTING && connection.outputLength == 0)) {
    end();
  }
}

function end(): void {
  close();
  connection.phase = Phase.ENDED;
  const unconfirmed = queue.end - session.acknowledged;
  if (unconfirmed != 0) sayNumber(Level.WARNING, UNCONFIRMED, unconfirmed);
}

/** Goes on after the image was restored: the link is gone, and the clock may have begun anew. */
export function resumeNode(nowMs: u32, sleptMs: u32): void {
  const shift = nowMs - sleptMs - connection.now;
  connection.now = nowMs;
  schedule.dueAt += shift;
  resetConnection();
  if (COMMANDS) dropInbound();
  rewind();
  connection.deadline = nowMs;
  if (connection.phase != Phase.BOOT) connection.phase = Phase.OFFLINE;
}
