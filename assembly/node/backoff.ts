/** When to connect again: exponential backoff with full jitter, so that a fleet that lost its broker comes back spread out. */

import { random } from "../hal";
import { backoff } from "../image";

/** The first delay is at most so long; each further one at most twice the last. */
const BASE_MS: u32 = 1_000;
const MAX_DOUBLINGS: u32 = 7;
/** Between half of this and all of it after a refusal that time does not mend, such as a wrong password. */
const REFUSED_MS: u32 = 600_000;


@unmanaged
export class Backoff {
  /** Attempts since a connection last proved stable. */
  attempts: u32 = 0;
}

/** Milliseconds until the next attempt, at random from 0 up to 1 s, 2 s, 4 s … and 128 s in the end. */
export function nextDelayMs(): u32 {
  const doublings = min(backoff.attempts++, MAX_DOUBLINGS);
  return below(BASE_MS << doublings);
}

/** Milliseconds until the next attempt after a refusal that only a person can mend: 5 to 10 minutes. */
export function refusedDelayMs(): u32 {
  return REFUSED_MS / 2 + below(REFUSED_MS / 2);
}

/** A random number from 0 to `limit - 1`. */
@inline
function below(limit: u32): u32 {
  return <u32>random() % limit;
}
