/**
 * Sensors that fail. A failure and a recovery are entries of the queue, one per change of state, and go to
 * `sensor/<id>/error` as `{"error":5}` with the host's error number (docs/abi.md), or 0 once it works again.
 */

import { Errno, sensor_read } from "../hal";
import { OUTPUT, SAMPLE, schedule, sensorState, session } from "../image";
import { finishPacket } from "../mqtt/connection";
import { allowedQos, writeNoProperties } from "../mqtt/limits";
import { PacketType, PublishFlag } from "../mqtt/packet";
import { identifierOf, isResend } from "../mqtt/session";
import { QOS, V5 } from "../options";
import { utf8, writeBytes, writeDecimal, writeU8 } from "../text";
import { writeTopic } from "./identity";
import { enqueue, isSensorState, STATE } from "./queue";

const ERROR = utf8("error");
const ERROR_OPENING = utf8('{"error":');

/** Readings are from -100.0 to 1000.0. */
const MIN_READING: i32 = -100_000;
const MAX_READING: i32 = 1_000_000;


@unmanaged
export class SensorState {
  /** The error that was last reported, or 0 once the sensor works. */
  error: i32 = 0;
}

/** Reads a channel: thousandths of its unit, or a failure as a number that `publish` understands. */
@inline
export function readSensor(channel: i32): i32 {
  const error = sensor_read(channel, SAMPLE);
  return error == 0 ? load<i32>(SAMPLE) : STATE - error;
}

/** Whether it is a temperature that can be published. */
@inline
export function isReading(reading: i32): bool {
  return <u32>(reading - MIN_READING) <= <u32>(MAX_READING - MIN_READING);
}

/** Queues a reading, or a sensor's state if that has changed. */
export function queueReading(reading: i32): void {
  let error = 0;
  if (!isReading(reading)) {
    // A number like a failure's is none if the sensor itself has shown it.
    error = isSensorState(reading) && reading != load<i32>(SAMPLE) ? STATE - reading : Errno.EOVERFLOW;
    if (error == Errno.EAGAIN) {
      // No failure: the same reading is due again, soon.
      schedule.postponed = true;
      return;
    }
  }
  if (error != sensorState.error) {
    sensorState.error = error;
    enqueue(STATE - error);
  }
  if (error == 0) enqueue(reading);
}

/** Puts entry number `session.sent`, a sensor's state, into the output, which must be empty. It stays so if that is too large. */
export function writeSensorState(state: i32): void {
  let type = PacketType.PUBLISH;
  let at = writeTopic(OUTPUT + 2, ERROR);
  const qos = allowedQos(QOS);
  if (V5 ? qos != 0 : QOS != 0) {
    type |= isResend() ? (qos << 1) | PublishFlag.DUP : qos << 1;
    store<u16>(at, identifierOf(session.sent));
    at += 2;
  }
  at = writeNoProperties(at);
  at = writeDecimal(writeBytes(at, ERROR_OPENING), state - STATE);
  finishPacket(type, OUTPUT, writeU8(at, 0x7d));
}
