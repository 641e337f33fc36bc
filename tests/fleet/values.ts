/** Results as tests need them. */

import { HistogramRecorder } from "../../host/fleet/histogram.ts";
import {
  type FleetResults,
  type Histogram,
  RESULTS_FORMAT,
  RESULTS_VERSION,
  type Second,
} from "../../host/fleet/results.ts";
import { NO_COUNTERS } from "../../host/fleet/tally.ts";

export function histogramOf(values: readonly number[]): Histogram {
  const recorder = new HistogramRecorder();
  for (const value of values) recorder.record(value);
  return recorder.take();
}

export function resultsOf(changes: Partial<FleetResults> = {}, run: Partial<FleetResults["run"]> = {}): FleetResults {
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    run: {
      scenario: "steady",
      nodes: 8,
      shardCount: 4,
      module: "temperature.wasm",
      moduleSha256: "ab".repeat(32),
      broker: "mqtt://127.0.0.1:1883",
      seed: 1,
      startAtMs: 1_795_000_000_000,
      durationMs: 10_000,
      ...run,
    },
    shards: [0],
    nodes: 2,
    counters: NO_COUNTERS,
    latency: histogramOf([]),
    timeline: [],
    faults: [],
    cost: { cpuMs: 1, peakRssBytes: 2, wallMs: 3 },
    ...changes,
  };
}

export function secondOf(second: number, changes: Partial<Second> = {}): Second {
  const none = { connected: 0, publishes: 0, acknowledged: 0, inFlight: 0, errors: 0, overruns: 0 };
  return { second, ...none, latency: histogramOf([]), ...changes };
}
