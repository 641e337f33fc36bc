/**
 * The node's loop. An application's step is `begin`, then whatever it does with messages and readings, then `finish`:
 *
 *     begin    take in what has arrived; connect, reconnect, keep alive
 *     …        the application
 *     finish   send what waits; say when to run again
 */

import { Errno, net_recv } from "../hal";
import {
  connection,
  identity,
  inbound,
  OUTPUT,
  packet,
  queue,
  RECEIVE,
  schedule,
  sensorState,
  session,
} from "../image";
import {
  Expect,
  isDeadline,
  isOnline,
  Phase,
  resetConnection,
  setDeadline,
  takeLongWay,
  writeEmptyPacket,
} from "../mqtt/connection";
import { PacketType, PublishFlag } from "../mqtt/packet";
import { hasRoom, identifierOf, inFlight, isResend, noteSent, rewind } from "../mqtt/session";
import { COMMANDS, QOS, RECEIVE_CAPACITY } from "../options";
import { utf8 } from "../text";
import { nextMessage } from "./command";
import { setupIdentity } from "./identity";
import { close, fail, flush, open, receive, send } from "./link";
import { Level, say, sayNumber } from "./log";
import { handleArrived, tick } from "./online";
import { append, isSensorState, valueOf } from "./queue";
import { DIGITS, FIRST_BYTE, setupReadings, writeFields, writeReading, writeTenths } from "./reading";
import { advance, isDueAt, setupSchedule } from "./schedule";
import { isReading, queueReading, writeSensorState } from "./sensor";
import { OFFLINE, writeStatus } from "./status";

const NO_ID = utf8("no valid id");
const UNCONFIRMED = utf8("unconfirmed: ");
/** How long acknowledgements are awaited when leaving, and how long the good-bye may take. */
const LEAVE_MS: u32 = 1_000;
/** How soon to try again when the link takes no more bytes. */
const RETRY_MS: u32 = 20;
/** What `step` returns when the node has ended. */
const STEP_ENDED: u32 = 0xffff_ffff;
const PUBACK_BYTES: i32 = 4;

/** The first two bytes of a PUBACK, as loaded from memory. */
const PUBACK: u32 = 0x0240;

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
  const expects = connection.expects;
  if (expects <= Expect.NOTHING) {
    if (expects == Expect.ANYTHING) return drive();
    // A reading that is due goes out first: what has arrived meanwhile waits for the next step, which awaits a PUBACK.
    if (QOS && isDueAt(nowMs)) return;
  }
  const received = net_recv(connection.handle, RECEIVE, RECEIVE_CAPACITY);
  if (received == 0) return;
  if (received == PUBACK_BYTES) {
    if (load<u32>(RECEIVE) == expects) {
      if (expects != Expect.NOTHING) {
        session.acknowledged = session.sent;
        connection.expects = Expect.NOTHING;
        return;
      }
    }
  }
  handleUnexpected(received);
}

/** Anything but the PUBACK that was expected. */
function handleUnexpected(received: i32): void {
  takeLongWay();
  handleArrived(received);
}

/** Sends a reading, at once if nothing stands in its way. */
@inline
export function publish(reading: i32): void {
  if (isReading(reading)) {
    if (connection.expects == Expect.NOTHING) return publishNow(reading);
  }
  publishLater(reading);
}

/** The short way: the queue is empty, so one number is where it begins and ends. */
@inline
function publishNow(reading: i32): void {
  const sequence = session.sent;
  append(sequence, reading);
  session.sent = sequence + 1;
  if (QOS) connection.expects = PUBACK | (identifierOf(sequence) << 16);
  else session.acknowledged = sequence + 1;
  const start = packet.start;
  send(start, writeReading(start, sequence, reading));
}

function publishLater(reading: i32): void {
  takeLongWay();
  queueReading(reading);
}

/** Sends what waits and returns the milliseconds until the next step. */
@inline
export function finish(nowMs: u32): u32 {
  const untilLong = connection.shortUntil - nowMs;
  if (<i32>untilLong <= 0) return finishLong();
  return min<u32>(advance(nowMs), untilLong);
}

/** The long way to finish: anything may wait to be handled or sent. */
function finishLong(): u32 {
  if (COMMANDS) while (nextMessage()) {}
  const now = connection.now;
  if (isOnline() && isDeadline()) tick();
  if (connection.expects == Expect.ANYTHING || connection.outputLength != 0) {
    flush();
    if (connection.phase == Phase.ENDED) return STEP_ENDED;
    if (isOnline()) {
      while (session.sent != queue.end && connection.outputLength == 0 && hasRoom() && sendNext()) {}
    }
    connection.expects = expectation();
  }
  connection.shortUntil = connection.expects == Expect.ANYTHING ? now : connection.deadline;
  let wait: u32 = RETRY_MS;
  if (schedule.postponed) schedule.postponed = false;
  else wait = advance(now);
  if (connection.outputLength != 0) wait = min(wait, RETRY_MS);
  else if (COMMANDS && inbound.blocked) wait = unblock();
  return min<u32>(wait, connection.deadline - now);
}

/** What the next step may expect. Anything but one reading in flight, or none, takes the long way. */
function expectation(): u32 {
  const unusual = connection.outputLength | connection.received | sensorState.error | (COMMANDS ? inbound.skipping : 0);
  const waiting = queue.end - session.acknowledged;
  if (!isOnline() || unusual != 0 || waiting > 1) return Expect.ANYTHING;
  return waiting == 0 ? Expect.NOTHING : PUBACK | (identifierOf(session.acknowledged) << 16);
}

/** Sends the next entry of the queue. Returns false if no other can follow it now. */
function sendNext(): bool {
  const sequence = session.sent;
  const value = valueOf(sequence);
  if (isSensorState(value)) {
    writeSensorState(value);
    noteSent();
    flush();
    return isOnline();
  }
  const start = packet.start;
  const length = writeFields(start, sequence, writeTenths(DIGITS, value));
  // The short way finds the packet as it is to be when it is sent for the first time.
  if (isResend()) store<u8>(start, FIRST_BYTE | PublishFlag.DUP);
  noteSent();
  const whole = send(start, length);
  store<u8>(start, FIRST_BYTE);
  return whole;
}

/** Packets wait in the receive buffer for room in the output, and there is room again: no time is to be lost. */
function unblock(): u32 {
  inbound.blocked = false;
  return 0;
}

/** The long way to begin: the node may be in any phase. */
function drive(): void {
  const now = connection.now;
  takeLongWay();
  if (connection.phase == Phase.BOOT) {
    schedule.dueAt = now;
    connection.deadline = now;
    connection.phase = Phase.OFFLINE;
  }
  if (connection.phase <= Phase.OPENING) return open();
  if (connection.phase <= Phase.ONLINE) {
    receiveAll();
    if (connection.phase == Phase.CONNECTING && isDeadline()) fail(Errno.ETIMEDOUT);
  } else if (connection.phase != Phase.ENDED) {
    leave();
  }
}

/** Begins to leave: what is in the output goes first. */
export function stopNode(): void {
  takeLongWay();
  if (isOnline()) {
    connection.phase = Phase.LEAVING;
    setDeadline(LEAVE_MS);
    return;
  }
  end();
}

/** Awaits acknowledgements, says `offline` and DISCONNECT, and closes the link [MQTT-3.14.4-1]. */
function leave(): void {
  if (connection.phase == Phase.LEAVING) {
    receiveAll();
    // A message that has arrived is for the application, in this very step.
    const heard = COMMANDS ? inbound.size == 0 : true;
    if (heard && connection.outputLength == 0 && (inFlight() == 0 || isDeadline())) {
      writeStatus(OFFLINE);
      writeEmptyPacket(PacketType.DISCONNECT);
      connection.phase = Phase.PARTING;
      setDeadline(LEAVE_MS);
    }
  }
  flush();
  const done = connection.phase == Phase.PARTING && connection.outputLength == 0;
  if (done || connection.phase == Phase.OFFLINE || isDeadline()) end();
}

/** Takes in what has arrived. Nothing new may still mean an earlier packet that had to wait. */
function receiveAll(): void {
  const received = receive();
  if ((received | connection.received) != 0) handleArrived(received);
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
  rewind();
  connection.deadline = nowMs;
  if (connection.phase != Phase.BOOT && identity.idLength != 0) connection.phase = Phase.OFFLINE;
}
