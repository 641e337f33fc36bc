import type { EventEmitter } from "node:events";
import type { WasmoteError } from "../errors.ts";
import type { TlsSettings } from "../hal/tls.ts";
import type { LogLine } from "./log.ts";

export interface NodeEvents {
  /** The node, or what runs it, said something. */
  log: [line: LogLine];
  /** The node trapped or broke the image rule; it starts again on a fresh image after a while. */
  fault: [error: WasmoteError];
  /** The node runs no more: stopped, killed, or ended by itself. */
  ended: [];
}

/** One node that runs in real time, whichever engine runs it. */
export interface RunningNode extends EventEmitter<NodeEvents> {
  readonly id: string;
  /** The last lines of its log, oldest first. */
  readonly logs: readonly LogLine[];
  /** Lets the node take its leave of the broker, for 2 seconds at most; resolves when it runs no more. */
  stop(): Promise<void>;
  /** Ends the node as a power cut would: its link breaks and it never runs again. */
  kill(): void;
}

/** A node whose network the host can take away. */
export interface CuttableNode extends RunningNode {
  /** Whether its network is cut. */
  readonly isCut: boolean;
  /** Breaks the node's links as if its cable were pulled; new ones fail with `ENETDOWN` until `restore()`. */
  cut(): void;
  /** Gives the network back. */
  restore(): void;
}

export function isCuttable(node: RunningNode): node is CuttableNode {
  return "cut" in node;
}

/** How long a node may take for its good-bye. */
export const STOP_TIMEOUT_MS = 2_000;

export interface NodeSettings {
  /** The path of a .wasm file. */
  readonly module: string;
  /** 1 to 23 of `0-9 A-Z a-z - _`. */
  readonly id: string;
  /** Addresses of endpoint 0, 1, …, such as `mqtt://127.0.0.1:1883`; mqtts, ws and wss as well. */
  readonly brokers: readonly string[];
  /** For brokers that are reached over mqtts or wss; others ignore it. */
  readonly tls?: TlsSettings | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Milliseconds between readings, 100 to 86400000. */
  readonly intervalMs?: number | undefined;
  /** A sensor as host/hal/sensors.ts describes them; without one, the demo's year of hourly temperatures. */
  readonly sensor?: string | undefined;
  /** Seeds the node's random numbers and its sensor: the same seed gives the same run. */
  readonly seed?: number | undefined;
  /** A file that keeps the node's checkpoints: it goes on from the newest one. Without it every start is a fresh one. */
  readonly image?: string | undefined;
  /** A file that the node's trace is written to, to be replayed: docs/trace.md. */
  readonly trace?: string | undefined;
  /** Further configuration values, over those above. */
  readonly config?: Readonly<Record<string, string>> | undefined;
}

/** What `config_get` finds. */
export function configuration(settings: NodeSettings): Map<string, string> {
  const config = new Map([["id", settings.id]]);
  if (settings.intervalMs !== undefined) config.set("interval", String(settings.intervalMs));
  if (settings.username !== undefined) config.set("username", settings.username);
  if (settings.password !== undefined) config.set("password", settings.password);
  for (const [key, value] of Object.entries(settings.config ?? {})) config.set(key, value);
  return config;
}
