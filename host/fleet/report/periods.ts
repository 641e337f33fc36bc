/** The timeline in as few periods of equal length as a page can show. */

import { EMPTY_HISTOGRAM, mergeHistograms } from "../histogram.ts";
import type { Histogram, Second } from "../results.ts";

export interface Period {
  /** Seconds since the agreed start, where it begins. */
  readonly from: number;
  readonly seconds: number;
  /** At its end. */
  readonly connected: number;
  readonly inFlight: number;
  /** In all of it. */
  readonly publishes: number;
  readonly acknowledged: number;
  readonly errors: number;
  readonly overruns: number;
  readonly latency: Histogram;
}

const LENGTHS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

/** Those of the shortest of some round lengths that makes at most `most` of them; seconds in which nothing happened included. */
export function periodsOf(timeline: readonly Second[], most: number): readonly Period[] {
  const count = (timeline.at(-1)?.second ?? -1) + 1;
  const seconds = LENGTHS.find((length) => count / length <= most) ?? Math.ceil(count / most);
  const periods: Period[] = [];
  let [connected, inFlight, at] = [0, 0, 0];
  for (let from = 0; from < count; from += seconds) {
    const begin = at;
    while (at < timeline.length && (timeline[at]?.second ?? 0) < from + seconds) at++;
    const inside = timeline.slice(begin, at);
    ({ connected, inFlight } = inside.at(-1) ?? { connected, inFlight });
    const sum = (of: (second: Second) => number): number => inside.reduce((total, each) => total + of(each), 0);
    periods.push({
      from,
      seconds,
      connected,
      inFlight,
      publishes: sum((each) => each.publishes),
      acknowledged: sum((each) => each.acknowledged),
      errors: sum((each) => each.errors),
      overruns: sum((each) => each.overruns),
      latency: inside.length === 0 ? EMPTY_HISTOGRAM : mergeHistograms(inside.map((each) => each.latency)),
    });
  }
  return periods;
}
