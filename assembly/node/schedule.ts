/** When readings are due: an absolute schedule, so that a late step does not shift the ones after it. */

import { config_get } from "../hal";
import { connection, schedule } from "../image";
import { reached } from "../memory";
import { INTERVAL_MS } from "../options";
import { readDecimal, utf8 } from "../text";
import { Level, sayNumber } from "./log";

const INTERVAL_KEY = utf8("interval");
const OVERRUNS = utf8("readings missed: ");

const MIN_INTERVAL_MS: i32 = 100;
/** One day. */
const MAX_INTERVAL_MS: i32 = 86_400_000;


@unmanaged
export class Schedule {
  /** When the next reading is due. */
  dueAt: u32 = 0;
  /** Milliseconds between readings. */
  intervalMs: u32 = 0;
  /** Whether the reading that is due could not be taken yet, and stays due. */
  postponed: bool = false;
  /** Readings that were never taken because the node ran too late. */
  overruns: u32 = 0;
}

/** Takes the interval from the configuration; `scratch` has room for 16 bytes. */
export function setupSchedule(scratch: usize): void {
  const length = config_get(INTERVAL_KEY.bytes, INTERVAL_KEY.length, scratch, 16);
  schedule.intervalMs = INTERVAL_MS;
  if (length > 0) setIntervalMs(readDecimal(scratch, length));
}

/** Changes the interval. Returns false, and changes nothing, if it is not within the limits. */
export function setIntervalMs(intervalMs: i32): bool {
  if (intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) return false;
  schedule.intervalMs = intervalMs;
  schedule.dueAt = connection.now + intervalMs;
  return true;
}

/** Whether a reading is due in this step. */
@inline
export function isDueAt(now: u32): bool {
  return reached(now, schedule.dueAt);
}

/** Schedules the next reading if one was due in this step, and returns the milliseconds until it is due. */
@inline
export function advance(now: u32): u32 {
  let untilDue = schedule.dueAt - now;
  if (<i32>untilDue <= 0) {
    untilDue += schedule.intervalMs;
    schedule.dueAt = now + untilDue;
    if (<i32>untilDue <= 0) untilDue = skipOverruns(now);
  }
  return untilDue;
}

/** Counts and passes over the readings whose time went by unused. */
function skipOverruns(now: u32): u32 {
  const missed = (now - schedule.dueAt) / schedule.intervalMs + 1;
  schedule.dueAt += missed * schedule.intervalMs;
  schedule.overruns += missed;
  sayNumber(Level.WARNING, OVERRUNS, schedule.overruns);
  return schedule.dueAt - now;
}
