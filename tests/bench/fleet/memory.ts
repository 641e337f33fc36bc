/** What a process has in memory, once it has let go of what it does not need. */

import { readFileSync } from "node:fs";
import { getHeapSpaceStatistics } from "node:v8";

export interface Memory {
  /**
   * Pages that the process has written to and shares with nobody: the engine's heap, and what native code has allocated. Not in
   * it: programs and libraries, which all processes share; what the kernel holds for sockets; and the pages of the engine's young
   * generation. That is empty after a collection, and what it keeps in reserve, up to 48 MB, follows from how fast the
   * process has ever allocated, not from how many connections there are.
   */
  readonly privateBytes: number;
  /** Of them the engine's own account: objects, buffers, and what else JavaScript holds on to. */
  readonly heapBytes: number;
}

const COLLECTIONS = 4;
/** Between them the engine sweeps, and gives pages back. */
const SWEEP_MS = 300;

export async function settledMemory(): Promise<Memory> {
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
  }
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { privateBytes: writtenBytes() - youngBytes(), heapBytes: heapUsed + external };
}

export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("start it with --expose-gc");
  globalThis.gc();
}

function writtenBytes(): number {
  const [, kilobytes] = readFileSync("/proc/self/smaps_rollup", "utf-8").match(/^Private_Dirty:\s+(\d+) kB$/m) ?? [];
  if (kilobytes === undefined) throw new Error("this system does not tell what memory a process has for itself");
  return Number(kilobytes) * 1_024;
}

function youngBytes(): number {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  if (young === undefined) throw new Error("this engine does not tell of its young generation");
  return young.physical_space_size;
}
