/**
 * What a run of a fleet, or a shard of one, comes to. All of it can be added up: `merge` of the results of all shards
 * is the result of the same run in one piece.
 */

import type { FaultKind } from "./scenario.ts";

export const RESULTS_FORMAT = "wasmote-fleet-results";
export const RESULTS_VERSION = 1;

export interface FleetResults {
  readonly format: typeof RESULTS_FORMAT;
  readonly version: typeof RESULTS_VERSION;
  /** What was run. Results of different runs don't merge. */
  readonly run: RunDescription;
  /** The shards that are in it, each once, in order: `[0]` of `[0, 1, 2, 3]`. */
  readonly shards: readonly number[];
  /** Nodes of these shards. */
  readonly nodes: number;
  readonly counters: Counters;
  /** From PUBLISH to its PUBACK or PUBCOMP, in microseconds. */
  readonly latency: Histogram;
  /** One entry for each second of the run, from the agreed start on, in which something happened. */
  readonly timeline: readonly Second[];
  /** What the observer saw, unless there was none. */
  readonly observed?: Observed;
  /** The faults that befell nodes of these shards. */
  readonly faults: readonly FaultRecord[];
  /** What it cost this process; `max` of merged shards for `peakRssBytes` would hide a machine, so these are sums. */
  readonly cost: Cost;
}

export interface RunDescription {
  readonly scenario: string;
  /** Nodes of all shards. */
  readonly nodes: number;
  readonly shardCount: number;
  readonly module: string;
  /** Of the module's bytes, hexadecimal. */
  readonly moduleSha256: string;
  /** Without secrets. */
  readonly broker: string;
  readonly seed: number;
  /** The agreed start, milliseconds since 1970. */
  readonly startAtMs: number;
  /** As it was asked for; 0: until somebody ended it. */
  readonly durationMs: number;
}

/** Sums over nodes. */
export interface Counters {
  readonly connectAttempts: number;
  readonly connected: number;
  /**
   * Links that ended, by the ABI's errno without its sign, `mqtt:CODE` for a broker that refuses or ends the connection, and
   * `packet:BYTE` for one that breaks the standard; node-log.ts has `errorInWords`.
   */
  readonly errors: Readonly<Record<string, number>>;
  readonly publishes: number;
  /** Of them, those with the DUP flag. */
  readonly resent: number;
  /** Of them, those of QoS 0, which nobody acknowledges. */
  readonly qos0: number;
  readonly acknowledged: number;
  /** Readings that nodes said they dropped, from their logs. */
  readonly dropped: number;
  /** Readings and messages that nodes had not delivered when they were stopped, from their logs. */
  readonly unconfirmed: number;
  readonly received: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly traps: number;
  /** Steps that came more than 100 ms late: the generator is saturated. */
  readonly overruns: number;
  /** Readings that nodes said they missed because they were stepped too late. */
  readonly missed: number;
}

/** Log-linear: `counts[i]` values lie in bucket i; histogram.ts has the bounds. Zero counts are left out. */
export interface Histogram {
  readonly counts: Readonly<Record<number, number>>;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

export interface Second {
  /** Seconds since the agreed start. */
  readonly second: number;
  /** Nodes connected at its end. */
  readonly connected: number;
  readonly publishes: number;
  readonly acknowledged: number;
  /** In flight at its end. */
  readonly inFlight: number;
  readonly errors: number;
  readonly overruns: number;
  readonly latency: Histogram;
}

/** End to end, by the sequence numbers in the payloads. */
export interface Observed {
  readonly messages: number;
  /** Messages that carried no sequence number: their module was not built with `NODE_PAYLOAD=2`. */
  readonly unnumbered: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Numbers passed over while the observer itself was cut off from the broker: nobody knows whether they arrived there. */
  readonly unseen: number;
}

export interface FaultRecord {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs?: number;
  readonly nodes: number;
}

export interface Cost {
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  readonly wallMs: number;
}
