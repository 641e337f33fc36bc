/**
 * Deep sleep between readings: the node wakes when a reading is due, connects, sends what waits, says good-bye, and sleeps
 * again. The good-bye keeps the broker from publishing the will: a node that sleeps is not dead. Its status says `asleep`.
 */

import { deep_sleep, net_recv } from "../hal";
import { connection, inbound, queue, RECEIVE, schedule, session, sleep } from "../image";
import { reached } from "../memory";
import { isAwaiting, isOutputIdle, Phase, setDeadline, takeLongWay } from "../mqtt/connection";
import { AWAKE_S, MESSAGES } from "../options";
import { close } from "./link";

/** A shorter sleep is not worth a new connection. */
const LEAST_MS: i32 = 5_000;
/** How long a node that receives messages stays for those that the broker has kept for it. */
const LINGER_MS: u32 = MESSAGES ? 500 : 0;
/** How long acknowledgements are awaited when leaving, and how long the good-bye may take. */
export const LEAVE_MS: u32 = 1_000;


@unmanaged
export class Sleep {
  /** When the node woke, or is to wake. */
  wokeAt: u32 = 0;
  /** When there was last something to do. */
  busyAt: u32 = 0;
  /** The good-bye is for a sleep and not for ever. */
  isGoing: bool = false;
}

/** The node begins, or goes on after a sleep. */
export function noteAwake(nowMs: u32): void {
  sleep.wokeAt = nowMs;
  sleep.busyAt = nowMs;
  sleep.isGoing = false;
}

/**
 * At the end of a step: begins the good-bye if everything is done, or if the node has been awake for too long. Returns the
 * milliseconds until it is to be asked again.
 */
export function considerSleep(): u32 {
  const now = connection.now;
  const untilDue = schedule.dueAt - now;
  if (connection.phase > Phase.ONLINE || <i32>untilDue < LEAST_MS) return LEAST_MS;
  const isOnline = connection.phase == Phase.ONLINE;
  const isHeard = MESSAGES ? inbound.size == 0 : true;
  const isDone = isOnline && queue.end == session.acknowledged && isOutputIdle() && isHeard && !isAwaiting();
  if (!isDone) sleep.busyAt = now;
  const tiredAt = sleep.wokeAt + AWAKE_S * 1_000;
  const sleepAt = isDone ? sleep.busyAt + LINGER_MS : tiredAt;
  if (!reached(now, sleepAt) && !reached(now, tiredAt)) return min(sleepAt - now, tiredAt - now);
  if (isOnline) {
    sleep.isGoing = true;
    takeLongWay();
    connection.phase = Phase.LEAVING;
    setDeadline(LEAVE_MS);
  } else {
    fallAsleep();
  }
  return 0;
}

/** Whether the good-bye has arrived: the broker has closed the link. */
export function isParted(): bool {
  return net_recv(connection.handle, RECEIVE, 1) < 0;
}

/** Closes the link and sleeps until the next reading is due. A board that can't sleep waits for that time. */
export function fallAsleep(): void {
  close();
  const forMs = schedule.dueAt - connection.now;
  connection.phase = Phase.OFFLINE;
  setDeadline(forMs);
  noteAwake(schedule.dueAt);
  deep_sleep(forMs);
}
