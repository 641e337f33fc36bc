/** A node's two clocks: the one that only counts, and the one that knows the date. */

import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** What virtual time begins at: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;
const TURN = 2 ** 32;

export class SimClock {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #first: number | undefined;
  #offset = 0;
  #skewMs = 0;
  #isSet = true;

  /** `firstMs`: what the counting clock begins at, each time that the node is powered; at random if it is left out. */
  constructor(scheduler: Scheduler, random: Random, firstMs: number | undefined) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#first = firstMs;
  }

  /** `nowMs`: begins anywhere, and wraps at 2^32. */
  get nowMs(): number {
    return (this.#scheduler.nowMs + this.#offset) % TURN;
  }

  /** Milliseconds since 1970, or undefined while the clock is not set. */
  get unixMs(): number | undefined {
    return this.#isSet ? EPOCH_MS + this.#scheduler.nowMs + this.#skewMs : undefined;
  }

  /** Sets the date off by so many milliseconds more, ahead or behind, as a clock does that was set wrong. */
  step(ms: number): void {
    this.#skewMs += ms;
  }

  /** The date is known, or not. */
  setKnown(isKnown: boolean): void {
    this.#isSet = isKnown;
  }

  /** The node is powered: its counting clock begins anew, one time in four shortly before it wraps. */
  restart(): void {
    const first =
      this.#first ?? (this.#random.chance(0.25) ? TURN - this.#random.between(1, 3_600_000) : this.#random.u32());
    this.#offset = (((first - this.#scheduler.nowMs) % TURN) + TURN) % TURN;
  }
}
