/**
 * What a fleet of nodes over the null network takes, in a process of its own with --expose-gc: its arguments are the number
 * of nodes and their module. Prints `FleetCosts` as JSON.
 */

import { loadModule, readModule } from "../../host/engine/module.ts";
import { Fleet } from "../../host/fleet/images.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { median } from "./statistics.ts";

export interface FleetCosts {
  /** What the process grew by, from before the fleet was made to after its last step. */
  readonly grownBytes: number;
  /** All that the process has in memory, Node.js itself included. */
  readonly rssBytes: number;
  /** Nanoseconds of one node's step, copying its image in and out included. */
  readonly nodeStepNs: number;
}

/** Each node connects, and publishes at least so often. */
const MIN_PUBLISHES = 3;
const PASSES = 20;
/** Two passes at a time: in the second, the answers to the first have arrived. */
const PASSES_PER_SECOND = 2;

const size = Number(process.argv[2]);
const module = loadModule(await readModule(process.argv[3] ?? ""));
const published = new Uint8Array(size);
const passNs: number[] = [];
const before = settledRss();

const board = createNullBoard({ nodes: size });
const fleet = new Fleet(module, size, board);
for (let node = 0; node < size; node++) fleet.setup(node);
for (let pass = 0; pass < PASSES; pass++) {
  const nowMs = 1_000 * Math.floor(pass / PASSES_PER_SECOND);
  const start = performance.now();
  for (let node = 0; node < size; node++) {
    const sent = board.network.published;
    fleet.step(node, nowMs);
    published[node] = (published[node] ?? 0) + board.network.published - sent;
  }
  passNs.push((performance.now() - start) * 1e6);
}

const rssBytes = settledRss();
// After the fleet's memory was measured it must still be of use, or the garbage collector would have had it.
fleet.checkCanary();
const least = published.reduce((a, b) => Math.min(a, b));
if (least < MIN_PUBLISHES) throw new Error(`a node published ${least} times in ${PASSES} steps`);
const grownBytes = rssBytes - before;
if (grownBytes < fleet.imageBytes) throw new Error("the images are not in memory");
const costs: FleetCosts = { grownBytes, rssBytes, nodeStepNs: median(passNs) / size };
console.log(JSON.stringify(costs));

function settledRss(): number {
  if (globalThis.gc === undefined) throw new Error("start it with --expose-gc");
  globalThis.gc();
  return process.memoryUsage.rss();
}
