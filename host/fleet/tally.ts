/** What one worker counts: sums since it began, and the second that runs. */

import { EMPTY_HISTOGRAM, HistogramRecorder, mergeHistograms } from "./histogram.ts";
import type { Counters, Second } from "./results.ts";

/** A step that comes later than this is an overrun: the generator is saturated. */
export const OVERRUN_MS = 100;

/** `Counters` but for the errors, as they are counted. */
type Counts = { -readonly [Name in Exclude<keyof Counters, "errors">]: number };

const NO_COUNTS: Counts = {
  connectAttempts: 0,
  connected: 0,
  publishes: 0,
  qos0: 0,
  resent: 0,
  acknowledged: 0,
  dropped: 0,
  unconfirmed: 0,
  received: 0,
  bytesOut: 0,
  bytesIn: 0,
  traps: 0,
  overruns: 0,
  missed: 0,
};

export const COUNT_NAMES = Object.keys(NO_COUNTS) as readonly (keyof Counts)[];
export const NO_COUNTERS: Counters = { ...NO_COUNTS, errors: {} };
export const NO_SECOND: Second = addSeconds(0, []);

export class Tally {
  readonly counts: Counts = { ...NO_COUNTS };
  readonly latency = new HistogramRecorder();
  readonly #errors = new Map<string, number>();
  #errorCount = 0;
  #last = { publishes: 0, acknowledged: 0, errors: 0, overruns: 0 };

  /** `name`: as `Counters.errors` has them. */
  error(name: string): void {
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
    this.#errorCount++;
  }

  counters(): Counters {
    return { ...this.counts, errors: Object.fromEntries(this.#errors) };
  }

  /** What happened since the last call. `connected`, `inFlight`: as they are now. */
  endSecond(second: number, connected: number, inFlight: number): Second {
    const { publishes, acknowledged, overruns } = this.counts;
    const errors = this.#errorCount;
    const last = this.#last;
    this.#last = { publishes, acknowledged, errors, overruns };
    return {
      second,
      connected,
      publishes: publishes - last.publishes,
      acknowledged: acknowledged - last.acknowledged,
      inFlight,
      errors: errors - last.errors,
      overruns: overruns - last.overruns,
      latency: this.latency.take(),
    };
  }
}

export function addCounters(all: Iterable<Counters>): Counters {
  const counts: Counts = { ...NO_COUNTS };
  const errors: Record<string, number> = {};
  for (const each of all) {
    for (const name of COUNT_NAMES) counts[name] += each[name];
    for (const [name, count] of Object.entries(each.errors)) errors[name] = (errors[name] ?? 0) + count;
  }
  return { ...counts, errors };
}

/** One second of several parts of a fleet. */
export function addSeconds(second: number, all: readonly Second[]): Second {
  const total = (of: (each: Second) => number): number => all.reduce((sum, each) => sum + of(each), 0);
  return {
    second,
    connected: total((each) => each.connected),
    publishes: total((each) => each.publishes),
    acknowledged: total((each) => each.acknowledged),
    inFlight: total((each) => each.inFlight),
    errors: total((each) => each.errors),
    overruns: total((each) => each.overruns),
    latency: all.length === 0 ? EMPTY_HISTOGRAM : mergeHistograms(all.map((each) => each.latency)),
  };
}

/** Nothing happened in it: no timeline has it. */
export function isQuiet({ publishes, acknowledged, errors, overruns, connected, inFlight }: Second): boolean {
  return publishes + acknowledged + errors + overruns + connected + inFlight === 0;
}
