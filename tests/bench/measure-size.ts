/** The sizes: the same on every machine. */

import { readFile } from "node:fs/promises";
import { readMetadata } from "../../host/module/metadata.ts";
import type { Measurement } from "./figures.ts";
import { boardProgram, capture, MODULE } from "./program.ts";

/** A few, so that every function of a publish has been compiled; more change nothing. */
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
