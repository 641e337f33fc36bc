/** What the observer's thread is given, and what it tells. */

import type { TlsSettings } from "../hal/tls.ts";
import type { Shard } from "./plan.ts";
import type { Observed } from "./results.ts";

export interface ObserverSettings {
  readonly nodes: number;
  readonly shard: Shard;
  readonly idPrefix: string;
  readonly broker: string;
  readonly tls: TlsSettings;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** An error of the thread's, as the one that a command ends with. */
export interface ObserverFailure {
  readonly code: string;
  readonly message: string;
  readonly cure: string | undefined;
}

export type FromObserver =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly failure: ObserverFailure }
  | { readonly type: "observed"; readonly observed: Observed }
  /** The broker is gone, or back. */
  | { readonly type: "connection"; readonly isConnected: boolean }
  | { readonly type: "ended"; readonly observed: Observed };

export type ToObserver = { readonly type: "stop" };
