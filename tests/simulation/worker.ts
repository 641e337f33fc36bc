/** A worker of `npm run simulate`: runs one seed after the other, as they come. */

import { parentPort, workerData } from "node:worker_threads";
import { loadModule } from "../../host/engine/module.ts";
import type { FaultKind } from "../../host/testing/fault-plan.ts";
import { type RunResult, runSeed } from "./seed.ts";
import type { BuiltVariant } from "./variants.ts";

export interface WorkerSettings {
  readonly hours: number;
  readonly nodes: number;
  readonly without: readonly FaultKind[];
  /** The path of wasmote-replay, where nodes are run again under wasm3. */
  readonly replay: string | undefined;
  readonly built: readonly BuiltVariant[];
}

export interface WorkerMessage {
  readonly seed: number;
  readonly result: RunResult;
}

const { hours, nodes, without, replay, built } = workerData as WorkerSettings;
const variants = built.map(({ variant, wasm }) => ({ variant, wasm, module: loadModule(wasm) }));

parentPort?.on("message", async (seed: number) => {
  const result = await runSeed({ seed, hours, nodes, without, replay }, variants);
  parentPort?.postMessage({ seed, result } satisfies WorkerMessage);
});
