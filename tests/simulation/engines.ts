/** Whether wasm3 does what V8 did: each node's trace is run again by wasmote-replay, which compares every byte of its image. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimNode } from "../../host/testing/index.ts";
import { describeDifference } from "../../host/trace/replay.ts";
import { replayUnderWasm3 } from "../../host/trace/replay-wasm3.ts";

export interface ReplayCounts {
  /** Calls of modules that were made again. */
  calls: number;
  /** Bytes of their traces. */
  bytes: number;
}

/**
 * Replays what a node has recorded under wasm3. Returns how wasm3 goes another way, as a line, or undefined if it does not.
 * `program`: the path of wasmote-replay.
 */
export async function differenceUnderWasm3(
  node: SimNode,
  wasm: Uint8Array,
  program: string,
  counts: ReplayCounts,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "wasmote-engines-"));
  try {
    const [tracePath, modulePath] = [join(folder, "trace"), join(folder, "module.wasm")];
    const trace = node.trace();
    writeFileSync(tracePath, trace);
    writeFileSync(modulePath, wasm);
    const { calls, difference, cutOffAt } = await replayUnderWasm3(tracePath, modulePath, { program });
    counts.calls += calls;
    counts.bytes += trace.length;
    if (cutOffAt !== undefined) return `its trace ends at ${cutOffAt} in the middle of a record`;
    return difference && describeDifference(difference);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
