/** What the threads of a run tell each other. */

import type { TlsSettings } from "../hal/tls.ts";
import type { Shard } from "./plan.ts";
import type { Recording } from "./recording.ts";
import type { Counters, FaultRecord, Second } from "./results.ts";
import type { Scenario } from "./scenario.ts";

/** How the nodes of a run come into being; the same for every worker. */
export interface FleetSettings {
  /** Nodes of all shards. */
  readonly nodes: number;
  readonly shard: Shard;
  readonly idPrefix: string;
  readonly seed: number;
  /** Nodes of all shards that start in a second. */
  readonly rate: number;
  readonly scenario: Scenario;
  /** The modules' bytes, and which of them each group of the scenario runs. */
  readonly modules: readonly Uint8Array[];
  readonly moduleOfGroup: readonly number[];
  /** In place of what the groups say. */
  readonly sensor: string | undefined;
  /** Over what the groups say. */
  readonly config: Readonly<Record<string, string>>;
  readonly broker: string;
  readonly tls: TlsSettings;
  /** Addresses of this machine that connections come from, in turn; none: the system chooses. */
  readonly sourceAddresses: readonly string[];
  /** The node whose trace is kept, by the worker that has it. */
  readonly recording: Recording | undefined;
}

export interface WorkerSettings extends FleetSettings {
  /** Of the shard's nodes the worker runs those whose place among them leaves `index` when it is divided by `count`. */
  readonly worker: Shard;
}

export type ToWorker =
  /** Begins to start nodes. `startAtMs`: the agreed start, milliseconds since 1970, which may have passed. */
  | { readonly type: "start"; readonly startAtMs: number }
  /** No further readings; connections stay. */
  | { readonly type: "loiter" }
  /** Every node takes its leave; `ended` follows. */
  | { readonly type: "stop" };

/** How many nodes are in which state. */
export interface NodeStates {
  readonly started: number;
  readonly connected: number;
  readonly inFlight: number;
}

/** An error, as it gets from thread to thread. */
export interface TraceFailure {
  readonly code: string;
  readonly message: string;
  readonly cure: string | undefined;
}

export type FromWorker =
  | { readonly type: "ready" }
  | {
      readonly type: "second";
      readonly second: Second;
      readonly counters: Counters;
      readonly states: NodeStates;
    }
  /** Something that whoever runs the fleet should know, once. */
  | { readonly type: "warning"; readonly text: string }
  /** The trace could not be written to its end. */
  | { readonly type: "traceLost"; readonly failure: TraceFailure }
  | {
      readonly type: "ended";
      readonly counters: Counters;
      readonly faults: readonly FaultRecord[];
    };
