/** Runs seeds on all cores. */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { RunResult } from "./seed.ts";
import type { WorkerMessage, WorkerSettings } from "./worker.ts";

export interface PoolSettings extends WorkerSettings {
  readonly firstSeed: number;
  readonly seeds: number;
  /** How many at a time; as many as there are cores without it. */
  readonly jobs?: number;
}

/** A worker does not take over how its parent loads TypeScript. */
const START = `
  import(${JSON.stringify(import.meta.resolve("tsx/esm/api"))})
    .then(({ register }) => register())
    .then(() => import(${JSON.stringify(new URL("worker.ts", import.meta.url).href)}));
`;

/**
 * Runs seeds one after the other, each in a worker. `onResult` is told each result as it comes, in no order, and ends the run
 * by returning false.
 */
export async function runSeeds(settings: PoolSettings, onResult: (result: RunResult) => boolean): Promise<void> {
  const { firstSeed, seeds, jobs = availableParallelism(), ...workerData } = settings;
  let next = firstSeed;
  let isOver = false;
  const work = async (): Promise<void> => {
    const worker = new Worker(START, { eval: true, workerData });
    try {
      while (!isOver && next < firstSeed + seeds) {
        const { result } = await ask(worker, next++);
        if (!isOver && !onResult(result)) isOver = true;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, seeds)) }, work));
}

function ask(worker: Worker, seed: number): Promise<WorkerMessage> {
  return new Promise((resolve, reject) => {
    worker.once("message", (message: WorkerMessage) => {
      worker.off("error", reject);
      resolve(message);
    });
    worker.once("error", reject);
    worker.postMessage(seed);
  });
}
