/**
 * Log-linear histograms of microseconds, as results keep them: each power of two is divided into 64 buckets, so that a value is
 * known to 1.6 % however large it is, and two histograms add up exactly.
 */

import type { Histogram } from "./results.ts";

const SUB_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BITS;
/** Longer than 71 minutes is counted as this. */
export const MAX_VALUE = 0xffff_ffff;
export const BUCKETS = bucketOf(MAX_VALUE) + 1;

export const EMPTY_HISTOGRAM: Histogram = { counts: {}, count: 0, sum: 0, max: 0 };

/** The bucket of a whole number, 0 to `MAX_VALUE`. */
export function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return (shift + 1) * SUB_BUCKETS + (value >>> shift) - SUB_BUCKETS;
}

/** The smallest value in a bucket. */
export function lowest(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  return ((bucket % SUB_BUCKETS) + SUB_BUCKETS) * 2 ** shift;
}

/** The largest value in a bucket. */
export function highest(bucket: number): number {
  return lowest(bucket + 1) - 1;
}

/** Counts values; `take` hands them over as results have them and begins anew. */
export class HistogramRecorder {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** `value`: microseconds; what is below 0 counts as 0, what is above `MAX_VALUE` as that. */
  record(value: number): void {
    const whole = Math.min(Math.max(Math.round(value), 0), MAX_VALUE);
    const bucket = bucketOf(whole);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
  }

  take(): Histogram {
    if (this.#count === 0) return EMPTY_HISTOGRAM;
    const counts: Record<number, number> = {};
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] ?? 0;
      if (count > 0) counts[bucket] = count;
    }
    const histogram = { counts, count: this.#count, sum: this.#sum, max: this.#max };
    this.#counts.fill(0);
    this.#count = this.#sum = this.#max = 0;
    return histogram;
  }
}

/** The histogram of all their values. */
export function mergeHistograms(histograms: Iterable<Histogram>): Histogram {
  const counts: Record<number, number> = {};
  let count = 0;
  let sum = 0;
  let max = 0;
  for (const each of histograms) {
    for (const [bucket, n] of Object.entries(each.counts)) counts[Number(bucket)] = (counts[Number(bucket)] ?? 0) + n;
    count += each.count;
    sum += each.sum;
    max = Math.max(max, each.max);
  }
  return { counts, count, sum, max };
}

/**
 * The value that so large a part of all values, such as 0.99, does not exceed: the largest of its bucket, and never above the
 * histogram's own maximum. `undefined` without values.
 */
export function quantile({ counts, count, max }: Histogram, part: number): number | undefined {
  if (count === 0) return undefined;
  const rank = Math.max(1, Math.ceil(part * count));
  let seen = 0;
  // Keys that are whole numbers come in ascending order.
  for (const [bucket, n] of Object.entries(counts)) {
    seen += n;
    if (seen >= rank) return Math.min(highest(Number(bucket)), max);
  }
  return max;
}
