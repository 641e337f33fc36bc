/** What the dashboard's server and its page say to each other, apart from MQTT itself. */

import type { LogLevelName } from "../node/log.ts";

/** Where the page reaches the broker, on the server's own port. */
export const MQTT_PATH = "/mqtt";

/**
 * Topics of the host's own. Of `CHANGES` each message is an array of the reports of nodes that have changed; of a log topic
 * each is a `LogEntry`. Wildcards don't reach them [MQTT-4.7.2-1], so that nobody who subscribes to `#` sees them.
 */
export const CHANGES = "$wasmote/nodes";
export const LOG_PREFIX = "$wasmote/log/";

export const PHASES = ["online", "connecting", "back-off", "asleep", "trapped", "off"] as const;

/**
 * What a node does about its broker, as its host sees it.
 *
 * `online`: the broker has accepted it. `connecting`: a link is being opened, or CONNACK is awaited. `back-off`: it has no
 * link, and waits before it tries again. `asleep`: it sleeps deeply. `trapped`: its image has ended, and it starts again
 * soon. `off`: it does not run.
 */
export type Phase = (typeof PHASES)[number];

export interface NodeReport {
  readonly id: string;
  /** Grows with each report of this node. */
  readonly revision: number;
  readonly phase: Phase;
  /** The name of its module, without folder and extension. */
  readonly module: string;
  readonly isCut: boolean;
  /** Why the host can't cut its network, or null if it can. */
  readonly uncuttable: string | null;
  /** Readings taken that no broker has acknowledged and that were not dropped, or null where the host can't tell. */
  readonly queued: number | null;
  /** What the node says that it has dropped since it began. */
  readonly dropped: number;
  /** Readings that its sensor gave, or null where the host can't tell. */
  readonly taken: number | null;
  readonly settled: number | null;
  readonly sentBytes: number | null;
  readonly receivedBytes: number | null;
  /** It has subscribed to its commands; null where the host can't tell. */
  readonly takesCommands: boolean | null;
  /** How often it has trapped. */
  readonly traps: number;
}

export interface LogEntry {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly at: number;
  readonly level: LogLevelName;
  /** With what its number means behind it. */
  readonly text: string;
}

/** `GET /api/nodes`. */
export interface Overview {
  readonly nodes: readonly NodeReport[];
  /** The broker's addresses for other clients. */
  readonly broker: { readonly mqtt: string; readonly ws: string };
  /** Milliseconds between readings, as they were when the nodes were started. */
  readonly intervalMs: number;
}

/** What `POST /api/nodes/<id>/<action>` does: the power and the network of a node. */
export const ACTIONS = ["cut", "restore", "kill", "start"] as const;
export type Action = (typeof ACTIONS)[number];

/** The body of an answer that is an error. */
export interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly cure?: string | undefined };
}
