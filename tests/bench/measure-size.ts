/** The sizes: the same on every machine. */

import { readFile } from "node:fs/promises";
import { readMetadata } from "../../host/module/metadata.ts";
import type { Measurement } from "./figures.ts";
import { boardProgram, capture, FULL, LEAN, SUBJECTS, type Subject } from "./program.ts";
import { wireBytesPerReading } from "./wire.ts";

/** One would do: a module is compiled whole when it is loaded, and nothing is allocated later. */
const PUBLISHES = 100;

/** Measures what build/ holds. */
export async function measureSize(): Promise<Measurement[]> {
  const sizes: Measurement[] = [];
  for (const subject of SUBJECTS) sizes.push(...(await measureModule(subject)));
  const unit = "bytes";
  return [
    ...sizes,
    { name: "lean.wireBytesPerReading", value: await wireBytesPerReading(LEAN), unit },
    { name: "full.wireBytesPerReading", value: await wireBytesPerReading(FULL, { topicAliasMaximum: 1 }), unit },
    { name: "the full node's reading without a topic alias", value: await wireBytesPerReading(FULL), unit },
  ];
}

async function measureModule({ name, module }: Subject): Promise<Measurement[]> {
  const wasm = await readFile(module);
  const run = await capture(boardProgram("wasmote-null32"), module, "--publishes", String(PUBLISHES));
  const { heapPeakBytes } = JSON.parse(run) as { heapPeakBytes: number };
  return [
    { name: `${name}.wasmBytes`, value: wasm.length, unit: "bytes" },
    { name: `${name}.imageBytes`, value: readMetadata(wasm).imageSize, unit: "bytes" },
    { name: `${name}.heap32Bytes`, value: heapPeakBytes, unit: "bytes" },
  ];
}
