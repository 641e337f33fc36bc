/** Virtual time: events in a binary heap, in the order of their time and, at one instant, of their making. */

import { WasmoteError } from "../errors.ts";
import { formatTime } from "./time.ts";

/** So many events at one instant are no work any more but a loop without end: a fleet of 10,000 needs some ten each. */
const MOST_AT_ONE_INSTANT = 2_000_000;

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class Scheduler {
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #order = 0;
  #atThisInstant = 0;

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that are still to come. */
  get pending(): number {
    return this.#heap.length;
  }

  /** When the next event is, or undefined if there is none. */
  get nextMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  /** Has something done in `delayMs` milliseconds, after all that was planned for the same instant before. */
  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  /** Has something done at a time that is not past. */
  at(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Does the next event if it is not after `untilMs`. Returns false, with the time at `untilMs`, if there is none. */
  step(untilMs: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) {
      this.#nowMs = Math.max(this.#nowMs, untilMs);
      return false;
    }
    if (next.atMs !== this.#nowMs) {
      this.#nowMs = next.atMs;
      this.#atThisInstant = 0;
    } else if (++this.#atThisInstant > MOST_AT_ONE_INSTANT) {
      throw new WasmoteError("EBURST", "module", `events without end at ${formatTime(this.#nowMs)}`);
    }
    this.#remove();
    next.run();
    return true;
  }

  #remove(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
