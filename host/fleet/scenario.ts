/**
 * A scenario: who is in a fleet, what its nodes measure, and what befalls them when. As a file it is JSON, or a TypeScript
 * module whose default export it is; scenario-file.ts reads and checks it, and scenario.schema.json tells editors its form.
 *
 * Times are durations from the start of the run, such as `90s`, `5m`, `12h`.
 */

export interface Scenario {
  /** 1 to 40 of `a-z 0-9 -`. */
  readonly name: string;
  /** One line, for `wasmote fleet list`. */
  readonly description?: string;
  /** At least one. Without `groups` in a file, all nodes are one group with the defaults. */
  readonly groups: readonly Group[];
  readonly faults: readonly Fault[];
}

/** Nodes that are alike. */
export interface Group {
  /** 1 to 40 of `a-z 0-9 -`; unique in the scenario. */
  readonly name: string;
  /** How large its part of the fleet is, by the sum of all groups' shares; above 0. */
  readonly share: number;
  /** A .wasm file for this group alone, found from the scenario's file on. */
  readonly module?: string;
  /** A sensor as host/hal/sensors.ts describes them, such as `sine:16,6` or `csv:FILE`. */
  readonly sensor?: string;
  /** Milliseconds between readings, 100 to 86400000. */
  readonly intervalMs?: number;
  /** Further configuration values of its nodes. */
  readonly config?: Readonly<Record<string, string>>;
}

export const FAULT_KINDS = [
  "cut",
  "broker-gone",
  "clock-skew",
  "frozen-probe",
  "failed-probe",
  "dead-battery",
  "reconnect-storm",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What befalls a part of the fleet, once. Which nodes these are follows from the scenario and the nodes' indexes alone. */
export interface Fault {
  readonly kind: FaultKind;
  /** When it begins, in milliseconds since the start of the run. */
  readonly atMs: number;
  /**
   * How long it lasts, in milliseconds; for good without it. `cut`, `broker-gone`: no link can be opened meanwhile and those that
   * were open break. `dead-battery`: the nodes do not run, and start afresh afterwards. `reconnect-storm` breaks every
   * link at one instant and has no length.
   */
  readonly forMs?: number;
  /** The part of the nodes that it befalls, above 0 and at most 1; all of them without it. */
  readonly share?: number;
  /** Only nodes of this group. */
  readonly group?: string;
  /** Of `clock-skew`: milliseconds that the nodes' clocks are off by, ahead or behind. */
  readonly skewMs?: number;
}
