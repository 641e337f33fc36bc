/** What one worker counts: sums since it began, and the second that runs. */

import { EMPTY_HISTOGRAM, HistogramRecorder, mergeHistograms } from "./histogram.ts";
import type { Counters, Second } from "./results.ts";

/** A step that comes later than this is an overrun: the generator is saturated. */
export const OVERRUN_MS = 100;

export const NO_COUNTERS: Counters = {
  connectAttempts: 0,
  connected: 0,
  errors: {},
  publishes: 0,
  resent: 0,
  qos0: 0,
  acknowledged: 0,
  dropped: 0,
  received: 0,
  bytesOut: 0,
  bytesIn: 0,
  traps: 0,
  overruns: 0,
  missed: 0,
};

/** Counters as they are counted. */
export class Tally {
  connectAttempts = 0;
  connected = 0;
  publishes = 0;
  resent = 0;
  qos0 = 0;
  acknowledged = 0;
  dropped = 0;
  received = 0;
  bytesOut = 0;
  bytesIn = 0;
  traps = 0;
  overruns = 0;
  missed = 0;
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
    const { connectAttempts, connected, publishes, resent, qos0, acknowledged, dropped } = this;
    const { received, bytesOut, bytesIn, traps, overruns, missed } = this;
    return {
      ...{
        connectAttempts,
        connected,
        errors: Object.fromEntries(this.#errors),
        publishes,
        resent,
        qos0,
        acknowledged,
      },
      ...{ dropped, received, bytesOut, bytesIn, traps, overruns, missed },
    };
  }

  /** What happened since the last call. `connected`, `inFlight`: as they are now. */
  endSecond(second: number, connected: number, inFlight: number): Second {
    const { publishes, acknowledged, overruns } = this;
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
  const sum = { ...NO_COUNTERS, errors: {} as Record<string, number> };
  for (const each of all) {
    sum.connectAttempts += each.connectAttempts;
    sum.connected += each.connected;
    sum.publishes += each.publishes;
    sum.resent += each.resent;
    sum.qos0 += each.qos0;
    sum.acknowledged += each.acknowledged;
    sum.dropped += each.dropped;
    sum.received += each.received;
    sum.bytesOut += each.bytesOut;
    sum.bytesIn += each.bytesIn;
    sum.traps += each.traps;
    sum.overruns += each.overruns;
    sum.missed += each.missed;
    for (const [name, count] of Object.entries(each.errors)) sum.errors[name] = (sum.errors[name] ?? 0) + count;
  }
  return sum;
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
