import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BUCKETS,
  bucketOf,
  HistogramRecorder,
  highest,
  lowest,
  MAX_VALUE,
  mergeHistograms,
  quantile,
} from "../../host/fleet/histogram.ts";
import type { Histogram } from "../../host/fleet/results.ts";

const values = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: MAX_VALUE }));

function histogramOf(all: readonly number[]): Histogram {
  const recorder = new HistogramRecorder();
  for (const value of all) recorder.record(value);
  return recorder.take();
}

test("buckets follow each other without gaps, and are narrow", () => {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    expect(bucketOf(lowest(bucket))).toBe(bucket);
    expect(bucketOf(highest(bucket))).toBe(bucket);
    expect(lowest(bucket + 1)).toBe(highest(bucket) + 1);
    expect(highest(bucket) - lowest(bucket)).toBeLessThanOrEqual(lowest(bucket) / 64);
  }
  expect(highest(BUCKETS - 1)).toBe(MAX_VALUE);
});

test("histograms add up to that of all their values", () => {
  fc.assert(
    fc.property(fc.array(fc.array(values, { maxLength: 40 }), { maxLength: 6 }), (parts) => {
      const merged = mergeHistograms(parts.map(histogramOf));
      expect(merged).toEqual(mergeHistograms([histogramOf(parts.flat())]));
    }),
  );
});

test("a quantile is that of the sorted values, to 1.6 %", () => {
  const some = fc.array(values, { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(some, fc.constantFrom(0.5, 0.95, 0.99, 1), (all, part) => {
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(0, Math.ceil(part * all.length) - 1)] ?? Number.NaN;
      const found = quantile(histogramOf(all), part) ?? Number.NaN;
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * (1 + 1 / 64));
    }),
  );
  expect(quantile(histogramOf([]), 0.5)).toBeUndefined();
});

test("what is out of range counts as the nearest that is not", () => {
  expect(histogramOf([-5, 2 ** 40])).toEqual({
    counts: { 0: 1, [BUCKETS - 1]: 1 },
    count: 2,
    sum: MAX_VALUE,
    max: MAX_VALUE,
  });
});

test("a recorder begins anew when its histogram was taken", () => {
  const recorder = new HistogramRecorder();
  recorder.record(7);
  recorder.take();
  recorder.record(9);
  expect(recorder.take()).toEqual({ counts: { 9: 1 }, count: 1, sum: 9, max: 9 });
});
