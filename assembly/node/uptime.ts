/** The node's own clock in seconds, which does not wrap as the host's milliseconds do. Only what ages needs it. */

import { connection, uptime } from "../image";


@unmanaged
export class Uptime {
  /** Seconds since the node began, sleep included. */
  seconds: u32 = 0;
  /** The host's clock when the last of them had passed. */
  atMs: u32 = 0;
}

/** Seconds since the node began. It must be asked at least every 49 days, the host's clock's whole turn. */
export function uptimeS(): u32 {
  const passed = (connection.now - uptime.atMs) / 1_000;
  uptime.seconds += passed;
  uptime.atMs += passed * 1_000;
  return uptime.seconds;
}

/** Begins to count: this is the first step. */
export function startUptime(): void {
  uptime.atMs = connection.now;
}

/** The node was away, and the host's clock may have begun anew. `connection.now` is still the old time. */
export function resumeUptime(nowMs: u32, sleptMs: u32): void {
  uptimeS();
  uptime.seconds += sleptMs / 1_000;
  uptime.atMs = nowMs;
}
