/** When to connect again: exponential backoff with full jitter, so that a fleet that lost its broker comes back spread out. */

import { random } from "../hal";
import { backoff } from "../image";

/**
 * The first delay is at most so long; each further one at most twice the last. More than a second: not even a broker that is
 * back at once has a whole fleet back within one.
 */
const BASE_MS: u32 = 2_000;
const MAX_DOUBLINGS: u32 = 6;


@unmanaged
export class Backoff {
  /** Attempts since a connection last proved stable. */
  attempts: u32 = 0;
}

/** Milliseconds until the next attempt, at random from 0 up to 2 s, 4 s, 8 s … and 128 s in the end. */
export function nextDelayMs(): u32 {
  const doublings = min(backoff.attempts++, MAX_DOUBLINGS);
  return below(BASE_MS << doublings);
}

/** Between half of this and all of it after a refusal that time does not mend, such as a wrong password. */
export const REFUSED_MS: u32 = 600_000;
/** Between half of this and all of it after the broker has had too much of this node. */
export const QUOTA_MS: u32 = 120_000;
/** Between half of this and all of it after another client has come with this node's identifier: no fight over it. */
export const TAKEN_OVER_MS: u32 = 1_800_000;

/** Milliseconds until the next attempt: from half of `limitMs` to all of it. */
export function delayUpToMs(limitMs: u32): u32 {
  return limitMs / 2 + below(limitMs / 2);
}

/** A random number from 0 to `limit - 1`. */
@inline
function below(limit: u32): u32 {
  return <u32>random() % limit;
}
