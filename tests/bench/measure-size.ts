/** The sizes: the same on every machine. */

import { readFile } from "node:fs/promises";
import { readMetadata } from "../../host/module/metadata.ts";
import type { Measurement } from "./figures.ts";
import { boardProgram, capture, MODULE } from "./program.ts";

/** One would do: a module is compiled whole when it is loaded, and nothing is allocated later. */
const PUBLISHES = 100;

/** Measures what build/ holds. */
export async function measureSize(): Promise<Measurement[]> {
  const module = await readFile(MODULE);
  const run = await capture(boardProgram("wasmote-null32"), MODULE, "--publishes", String(PUBLISHES));
  const { heapPeakBytes } = JSON.parse(run) as { heapPeakBytes: number };
  return [
    { name: "lean.wasmBytes", value: module.length, unit: "bytes" },
    { name: "lean.imageBytes", value: readMetadata(module).imageSize, unit: "bytes" },
    { name: "lean.heap32Bytes", value: heapPeakBytes, unit: "bytes" },
  ];
}
