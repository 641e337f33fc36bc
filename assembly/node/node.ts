/**
 * The node's loop. An application's step is `begin`, then whatever it does with messages and readings, then `finish`:
 *
 *     begin    take in what has arrived; connect, reconnect, keep alive
 *     …        the application
 *     finish   send what waits; say when to run again
 */

import { checkOptions } from "../check";
import { Errno, net_recv } from "../hal";
import {
  auth,
  connection,
  durability,
  exchange,
  identity,
  inbound,
  limits,
  OUTPUT,
  packet,
  properties,
  queue,
  RECEIVE,
  schedule,
  sensorState,
  session,
  sleep,
  template,
  upload,
} from "../image";
import {
  ANSWERS,
  Expect,
  isDeadline,
  isOnline,
  isOutputIdle,
  Phase,
  resetConnection,
  setDeadline,
  takeLongWay,
} from "../mqtt/connection";
import { writeDisconnect } from "../mqtt/disconnect";
import { allowedQos } from "../mqtt/limits";
import { SKIPS } from "../mqtt/message";
import { PublishFlag } from "../mqtt/packet";
import { ReasonCode } from "../mqtt/reason";
import { hasRoom, identifierOf, inFlight, isResend, isSettled, noteSent, rewind } from "../mqtt/session";
import { isV5, setupVersion } from "../mqtt/version";
import {
  AUTH,
  CHECKPOINT,
  MESSAGES,
  MIXED_QOS,
  OUTBOX,
  QOS,
  RECEIVE_CAPACITY,
  SEND_EXPIRY,
  SENDS_QOS_2,
  SLEEP,
  STALE_S,
  UPLOAD,
  V4,
  V5,
  WILL_ON_STOP,
  WRITES_AHEAD,
} from "../options";
import { Text, utf8 } from "../text";
import { delayUpToMs, REFUSED_MS } from "./backoff";
import { nextMessage } from "./command";
import { isHeldBack, makeCheckpoint, persist, resumeCopy, sendableEnd } from "./durability";
import { setupIdentity } from "./identity";
import { close, closeAndRetryIn, fail, flush, open, receive, send } from "./link";
import { Level, say, sayNumber } from "./log";
import { handleArrived, tick } from "./online";
import { messageOf } from "./outbox";
import { giveUp, sendMessage, STALE, TOO_LARGE } from "./publication";
import { ageS, append, isMessage, isSensorState, valueOf } from "./queue";
import {
  DIGITS,
  firstByte,
  MAX_READING_PACKET,
  setupReadings,
  useAlias,
  writeExpiry,
  writeFields,
  writeReading,
  writeTenths,
} from "./reading";
import { advance, isDueAt, setupSchedule } from "./schedule";
import { isReading, queueReading, writeSensorState } from "./sensor";
import { considerSleep, fallAsleep, isParted, LEAVE_MS, noteAwake } from "./sleep";
import { ASLEEP, OFFLINE, writeStatus } from "./status";
import { resumeUptime, startUptime, uptimeS } from "./uptime";

const NO_ID = utf8("no valid id");
const NO_VERSION = utf8("no MQTT version");
const UNANSWERED = utf8("authentication unanswered");
const UNCONFIRMED = utf8("unconfirmed: ");
/** How soon to try again when the link takes no more bytes. */
const RETRY_MS: u32 = 20;
/** What `step` returns when the node has ended. */
const STEP_ENDED: u32 = 0xffff_ffff;
const PUBACK_BYTES: i32 = 4;
/** Whether anything ages in the queue. */
const AGES: bool = STALE_S != 0 || OUTBOX > 0;

/** The first two bytes of a PUBACK, as loaded from memory. */
const PUBACK: u32 = 0x0240;

/** Prepares a fresh image. Without a valid id the node ends at once. */
export function setupNode(): void {
  checkOptions();
  resetConnection();
  if (!setupIdentity()) return endAtOnce(NO_ID);
  if (V4 && V5) if (!setupVersion(OUTPUT)) return endAtOnce(NO_VERSION);
  if (!V5) setupReadings();
  setupSchedule(OUTPUT);
}


@inline
function endAtOnce(why: Text): void {
  say(Level.ERROR, why);
  connection.phase = Phase.ENDED;
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
  // An exchange under QoS 2 is more than one answer.
  if (QOS < 2 && !WRITES_AHEAD && isReading(reading)) {
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
  if (MESSAGES) while (nextMessage()) {}
  // It must not be left alone for a whole turn of the clock.
  if (AGES) uptimeS();
  if (AUTH) if (auth.isAsked) awaitAnswer();
  const now = connection.now;
  if (isOnline() && isDeadline()) tick();
  if (connection.expects == Expect.ANYTHING || connection.outputLength != 0) {
    flush();
    if (connection.phase == Phase.ENDED) return ended();
    if (isOnline() && !isHeldBack()) {
      while (session.sent != sendableEnd() && isOutputIdle() && hasRoom() && sendNext()) {}
    }
    connection.expects = expectation();
  }
  connection.shortUntil = connection.expects == Expect.ANYTHING ? now : connection.deadline;
  let wait: u32 = RETRY_MS;
  if (schedule.postponed) schedule.postponed = false;
  else wait = advance(now);
  if (!isOutputIdle()) wait = min(wait, RETRY_MS);
  else if (ANSWERS && inbound.blocked) wait = unblock();
  // The question is still in the receive buffer, perhaps in front of other packets.
  if (AUTH) if (properties.packetSize != 0) wait = 0;
  if (SLEEP) wait = min(wait, considerSleep());
  if (CHECKPOINT) if (persist()) wait = 0;
  return min<u32>(wait, connection.deadline - now);
}

/** The node is done. What is left of its session and its queue is for a node that goes on from here. */
@inline
function ended(): u32 {
  if (CHECKPOINT) makeCheckpoint();
  return STEP_ENDED;
}

/** What the next step may expect. Anything but one reading in flight, or none, takes the long way. */
function expectation(): u32 {
  let unusual: u32 = connection.outputLength | connection.received | sensorState.error;
  if (SKIPS) unusual |= inbound.skipping | (<u32>inbound.hasIdentifierNext);
  if (UPLOAD) unusual |= upload.left;
  if (SENDS_QOS_2) unusual |= exchange.isQos2 | exchange.released;
  if (V5) unusual |= <u32>isUnusualConnection();
  if (CHECKPOINT) unusual |= (<u32>durability.isCopy) | (<u32>isHeldBack()) | (sendableEnd() - queue.end);
  if (SLEEP) unusual = 1;
  const waiting = queue.end - session.acknowledged;
  if (!isOnline() || unusual != 0 || waiting > 1) return Expect.ANYTHING;
  return waiting == 0 ? Expect.NOTHING : PUBACK | (identifierOf(session.acknowledged) << 16);
}

/** Whether this connection's limits, or an alias that is not used yet, stand in the short way's way. */
function isUnusualConnection(): bool {
  return <i32>limits.qos < QOS || limits.packetSize < MAX_READING_PACKET || template.isAliasNew;
}

/** Sends the next entry of the queue. Returns false if no other can follow it now. */
function sendNext(): bool {
  const sequence = session.sent;
  const value = valueOf(sequence);
  if (MIXED_QOS) {
    if (isSettled()) {
      session.sent = sequence + 1;
      return true;
    }
  }
  if (OUTBOX > 0) if (isMessage(value)) return sendMessage(messageOf(value));
  if (STALE_S) if (!isResend() && ageS(sequence) >= STALE_S) return giveUp(STALE);
  const qos = allowedQos(QOS);
  if (isSensorState(value)) {
    writeSensorState(value);
    if (V5) if (connection.outputLength == 0) return giveUp(TOO_LARGE);
    noteSent(qos);
    flush();
    return isOnline();
  }
  const start = packet.start;
  const length = writeFields(start, sequence, writeTenths(DIGITS, value));
  if (V5) if (<u32>length > limits.packetSize) return giveUp(TOO_LARGE);
  // The short way finds the packet as it is to be when it is sent for the first time.
  if (isResend() && (V5 ? qos != 0 : true)) store<u8>(start, firstByte() | PublishFlag.DUP);
  if (SEND_EXPIRY) if (STALE_S) sendExpiry(ageS(sequence));
  noteSent(qos);
  const whole = send(start, length);
  store<u8>(start, firstByte());
  if (SEND_EXPIRY) if (STALE_S) sendExpiry(0);
  if (V5) useAlias();
  return whole;
}

/** Says what is left of a reading's lifetime after it has waited. What was sent before does not end in the middle. */
function sendExpiry(waitedS: u32): void {
  if (isV5()) writeExpiry(waitedS < STALE_S ? STALE_S - waitedS : 1);
}

/** The application may have seen the broker's question in the next step. If it leaves it open, the connection can't go on. */
function awaitAnswer(): void {
  if (!auth.isOverdue) {
    auth.isOverdue = true;
    return;
  }
  say(Level.ERROR, UNANSWERED);
  writeDisconnect(ReasonCode.NOT_AUTHORIZED);
  flush();
  if (connection.phase != Phase.OFFLINE) closeAndRetryIn(delayUpToMs(REFUSED_MS));
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
    if (AGES) startUptime();
    if (SLEEP) noteAwake(now);
  }
  if (CHECKPOINT) durability.isCopy = false;
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
  if (SLEEP) {
    // The good-bye is under way: it is for ever now.
    if (sleep.isGoing) {
      sleep.isGoing = false;
      return;
    }
  }
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
    const heard = MESSAGES ? inbound.size == 0 : true;
    if (heard && isOutputIdle() && (inFlight() == 0 || isDeadline())) {
      writeStatus(SLEEP ? (sleep.isGoing ? ASLEEP : OFFLINE) : OFFLINE);
      writeDisconnect(WILL_ON_STOP ? ReasonCode.DISCONNECT_WITH_WILL : ReasonCode.SUCCESS);
      connection.phase = Phase.PARTING;
      setDeadline(LEAVE_MS);
    }
  }
  flush();
  const isSaid = connection.phase == Phase.PARTING && connection.outputLength == 0;
  if (SLEEP) {
    if (sleep.isGoing) {
      if (connection.phase == Phase.OFFLINE || isDeadline() || (isSaid && isParted())) fallAsleep();
      return;
    }
  }
  if (isSaid || connection.phase == Phase.OFFLINE || isDeadline()) end();
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
  if (AGES) resumeUptime(nowMs, sleptMs);
  const shift = nowMs - sleptMs - connection.now;
  connection.now = nowMs;
  schedule.dueAt += shift;
  resetConnection();
  if (CHECKPOINT) resumeCopy();
  rewind();
  if (SLEEP) noteAwake(nowMs);
  connection.deadline = nowMs;
  if (connection.phase != Phase.BOOT && identity.idLength != 0) connection.phase = Phase.OFFLINE;
}
