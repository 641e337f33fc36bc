/**
 * The form of a scenario's file, for those who write one in TypeScript:
 *
 *     import { defineScenario } from "wasmote";
 *     export default defineScenario({ name: "lab", groups: [{ name: "ovens", sensor: "walk:1,150..250" }] });
 *
 * scenario-schema.ts checks it, and is held against these types.
 */

/** A text such as `500ms`, `90s`, `5m`, `12h`, `2d`; or a whole number of milliseconds. */
export type Duration = string | number;

export interface ScenarioFile {
  /** For editors: where the JSON Schema is. */
  $schema?: string;
  /** 1 to 40 of `a-z 0-9 -`. */
  name: string;
  /** One line of at most 160 characters. */
  description?: string;
  /** Nodes that are alike: 1 to 100 groups. Without them, all nodes are one group, `all`. */
  groups?: GroupEntry[];
  /** What befalls which nodes when: at most 1000. */
  faults?: FaultEntry[];
}

export interface GroupEntry {
  /** 1 to 40 of `a-z 0-9 -`; unique in the scenario. */
  name: string;
  /** How large its part of the fleet is, by the sum of all groups' shares; above 0 and at most 1000000. Default: 1. */
  share?: number;
  /** A .wasm file for this group alone, found from the scenario's file on. */
  module?: string;
  /** A sensor, such as `sine:16,6~0.3`; files are found from the scenario's file on. Default: a year of hourly temperatures. */
  sensor?: string;
  /** Between readings, 100ms to 24h. */
  interval?: Duration;
  /** Further configuration values of its nodes: at most 16. */
  config?: Record<string, string>;
}

/** What every fault has. */
interface FaultCommon {
  /** When it begins: 0 to 24d after the start of the run. */
  at: Duration;
  /** The part of the nodes that it befalls, above 0 and at most 1. Default: 1, all of them. */
  share?: number;
  /** Only nodes of this group. */
  group?: string;
}

interface LastingFault extends FaultCommon {
  /** How long it lasts, 1ms to 24d. Default: for good. */
  for?: Duration;
}

/** Nodes lose their network: links break, and none can be opened. */
export interface CutEntry extends LastingFault {
  kind: "cut";
}

/** The broker is gone: links break, and are refused. */
export interface BrokerGoneEntry extends LastingFault {
  kind: "broker-gone";
}

/** Nodes' clocks are off. */
export interface ClockSkewEntry extends LastingFault {
  kind: "clock-skew";
  /** How far ahead, at most 366d; behind with a minus sign: `-5m`. */
  skew: Duration;
}

/** Probes keep reading what they read last. */
export interface FrozenProbeEntry extends LastingFault {
  kind: "frozen-probe";
}

/** Probes can't be read. */
export interface FailedProbeEntry extends LastingFault {
  kind: "failed-probe";
}

/** Nodes do not run, say no good-bye, and start afresh afterwards. */
export interface DeadBatteryEntry extends LastingFault {
  kind: "dead-battery";
}

/** All links break at one instant, and the nodes come back. */
export interface ReconnectStormEntry extends FaultCommon {
  kind: "reconnect-storm";
}

export type FaultEntry =
  | CutEntry
  | BrokerGoneEntry
  | ClockSkewEntry
  | FrozenProbeEntry
  | FailedProbeEntry
  | DeadBatteryEntry
  | ReconnectStormEntry;

/** Its argument, checked by the compiler; whoever loads the file checks the rest. */
export function defineScenario(scenario: ScenarioFile): ScenarioFile {
  return scenario;
}
