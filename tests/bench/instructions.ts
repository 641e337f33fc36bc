/** Instructions of a publish under wasm3, counted by callgrind. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WasmoteError } from "../../host/errors.ts";
import type { Measurement } from "./figures.ts";
import { BUILD, boardProgram, capture, SUBJECTS, type Subject } from "./program.ts";

/** The difference of two runs leaves out starting, loading and connecting. */
const FEW = 1_000;
const MANY = 11_000;

/** Counts x86-64 instructions; throws `EMEASURE` on another processor. */
export async function measureInstructions(): Promise<Measurement[]> {
  if (process.arch !== "x64") {
    throw new WasmoteError("EMEASURE", "resource", `x86-64 instructions can't be counted on ${process.arch}`, {
      cure: "run it on x86-64 Linux, as CI does",
    });
  }
  const measurements: Measurement[] = [];
  for (const subject of SUBJECTS) {
    const [few, many] = await Promise.all([count(subject, FEW), count(subject, MANY)]);
    const value = (many - few) / (MANY - FEW);
    measurements.push({ name: `${subject.name}.publishInstructionsX64`, value, unit: "instructions" });
  }
  return measurements;
}

/** Instructions of a whole run. */
async function count({ name, module }: Subject, publishes: number): Promise<number> {
  const out = join(BUILD, `callgrind.${name}.${publishes}.out`);
  const program = boardProgram("wasmote-null");
  await capture(
    "valgrind",
    "--tool=callgrind",
    `--callgrind-out-file=${out}`,
    program,
    ...[module, "--publishes", String(publishes)],
  );
  const [, collected] = (await readFile(out, "utf-8")).match(/^summary: (\d+)/m) ?? [];
  if (collected === undefined) {
    throw new WasmoteError("EMEASURE", "resource", `callgrind left no summary in ${out}`, { cure: "run it again" });
  }
  return Number(collected);
}
