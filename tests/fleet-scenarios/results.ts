/** Results of runs that never were, but might have been: what a report is made from in tests. */

import { HistogramRecorder, mergeHistograms } from "../../host/fleet/histogram.ts";
import { type FleetResults, RESULTS_FORMAT, RESULTS_VERSION, type Second } from "../../host/fleet/results.ts";
import { Xorshift32 } from "../../host/hal/random.ts";

export interface Shape {
  readonly nodes: number;
  readonly seconds: number;
  readonly seed?: number;
  /** Late steps in each second after the first half. */
  readonly overruns?: number;
}

/** Nodes connect, publish, lose their broker for a sixth of the time, and come back. */
export function fleetResults({ nodes, seconds, seed = 1, overruns = 0 }: Shape): FleetResults {
  const random = new Xorshift32(seed);
  const part = (): number => (random.next() >>> 0) / 2 ** 32;
  const outage = { from: Math.floor(seconds / 3), to: Math.floor(seconds / 2) };
  const timeline: Second[] = [];
  let connected = 0;
  for (let second = 0; second < seconds; second++) {
    const isOut = second >= outage.from && second < outage.to;
    const wanted = isOut ? 0 : nodes;
    const step = Math.ceil(nodes / 12);
    const before = connected;
    connected = isOut ? 0 : Math.min(wanted, connected + step);
    const publishes = isOut ? 0 : Math.round((connected / 10) * (0.9 + 0.2 * part()));
    const acknowledged = Math.max(0, publishes - Math.round(part() * 3));
    const recorder = new HistogramRecorder();
    const load = 1 + (connected - before) / Math.max(1, nodes / 20);
    for (let each = 0; each < Math.min(acknowledged, 400); each++)
      recorder.record(900 * load * (1 - Math.log(1 - part() * 0.999)));
    const isLate = second > seconds / 2 && overruns > 0;
    timeline.push({
      second,
      connected,
      publishes,
      acknowledged,
      inFlight: Math.round(publishes * 0.02 * load),
      errors: isOut ? (second === outage.from ? nodes : Math.round(nodes * 0.05 * part())) : 0,
      overruns: isLate ? Math.round(overruns * part()) : 0,
      latency: recorder.take(),
    });
  }
  const total = (of: (second: Second) => number): number => timeline.reduce((sum, each) => sum + of(each), 0);
  const errors = total((each) => each.errors);
  const publishes = total((each) => each.publishes);
  const lost = Math.min(nodes, errors);
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    run: {
      scenario: "outage",
      nodes,
      shardCount: 1,
      module: "build/temperature.wasm",
      moduleSha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      broker: "mqtt://broker.example.com:1883",
      seed,
      startAtMs: Date.UTC(2026, 10, 26, 12),
      durationMs: seconds * 1_000,
    },
    shards: [0],
    nodes,
    counters: {
      connectAttempts: nodes + errors,
      connected: nodes * 2,
      errors:
        errors === 0
          ? {}
          : { "9": errors - lost, "10": Math.max(0, lost - 3), "mqtt:137": Math.min(lost, 2), "packet:208": 1 },
      publishes,
      resent: Math.round(publishes / 50),
      qos0: 0,
      acknowledged: total((each) => each.acknowledged),
      dropped: Math.round(publishes / 300),
      unconfirmed: 17,
      received: 0,
      bytesOut: publishes * 44,
      bytesIn: publishes * 4,
      traps: 0,
      overruns: total((each) => each.overruns),
      missed: Math.round(total((each) => each.overruns) / 20),
    },
    latency: mergeHistograms(timeline.map((each) => each.latency)),
    timeline,
    observed: { messages: publishes, unnumbered: 0, gaps: 12, duplicates: 34, reordered: 0, unseen: 0 },
    faults: [
      {
        kind: "broker-gone",
        atMs: outage.from * 1_000,
        forMs: (outage.to - outage.from) * 1_000,
        nodes,
      },
      { kind: "reconnect-storm", atMs: Math.floor(seconds * 0.75) * 1_000, nodes },
      { kind: "frozen-probe", atMs: Math.floor(seconds * 0.85) * 1_000, nodes: Math.ceil(nodes / 20) },
    ],
    cost: { cpuMs: 41_250, peakRssBytes: nodes * 9_400 + 80_000_000, wallMs: seconds * 1_000 + 850 },
  };
}
