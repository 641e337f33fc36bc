/** Instructions of a publish under wasm3, counted by callgrind. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WasmoteError } from "../../host/errors.ts";
import type { Measurement } from "./figures.ts";
import { BUILD, boardProgram, capture, MODULE } from "./program.ts";

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
  const [few, many] = await Promise.all([count(FEW), count(MANY)]);
  return [{ name: "lean.publishInstructionsX64", value: (many - few) / (MANY - FEW), unit: "instructions" }];
}

/** Instructions of a whole run. */
async function count(publishes: number): Promise<number> {
  const out = join(BUILD, `callgrind.${publishes}.out`);
  const program = boardProgram("wasmote-null");
  await capture(
    "valgrind",
    "--tool=callgrind",
    `--callgrind-out-file=${out}`,
    program,
    ...[MODULE, "--publishes", String(publishes)],
  );
  const [, collected] = (await readFile(out, "utf-8")).match(/^summary: (\d+)/m) ?? [];
  if (collected === undefined) {
    throw new WasmoteError("EMEASURE", "resource", `callgrind left no summary in ${out}`, { cure: "run it again" });
  }
  return Number(collected);
}
