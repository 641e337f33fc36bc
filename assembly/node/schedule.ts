/** When readings are due: an absolute schedule, so that a late step does not shift the ones after it. */

import { config_get } from "../hal";
import { reached } from "../memory";
import { connection } from "../mqtt/connection";
import { INTERVAL_MS } from "../options";
import { readDecimal, utf8 } from "../text";
import { Level, sayNumber } from "./log";

const INTERVAL_KEY = utf8("interval");
const OVERRUNS = utf8("readings missed: ");

export const MIN_INTERVAL_MS: i32 = 100;
/** One day. */
export const MAX_INTERVAL_MS: i32 = 86_400_000;

@unmanaged
export class Schedule {
  /** When the next reading is due. */
  dueAt: u32 = 0;
  /** Milliseconds between readings. */
  intervalMs: u32 = 0;
  /** Readings that were never taken because the node ran too late. */
  overruns: u32 = 0;
}

export const schedule = changetype<Schedule>(memory.data(offsetof<Schedule>()));

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

/** Whether a reading is due; if so, the one after it is scheduled. */
@inline
export function takeDue(): bool {
  const now = connection.now;
  const dueAt = schedule.dueAt;
  if (!reached(now, dueAt)) return false;
  const nextAt = dueAt + schedule.intervalMs;
  schedule.dueAt = nextAt;
  if (reached(now, nextAt)) countOverruns(now, nextAt);
  return true;
}

/** Skips the readings whose time has passed, all but the one that is taken now. */
function countOverruns(now: u32, nextAt: u32): void {
  const missed = (now - nextAt) / schedule.intervalMs + 1;
  schedule.overruns += missed;
  schedule.dueAt = nextAt + missed * schedule.intervalMs;
  sayNumber(Level.WARNING, OVERRUNS, schedule.overruns);
}
