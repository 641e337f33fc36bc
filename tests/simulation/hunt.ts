/** Puts a deliberate bug into a copy of the SDK, compiles it and simulates it until an invariant is broken. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../host/build/compile.ts";
import { loadModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import type { Mutant } from "./mutants.ts";
import { type Failure, type RunnableVariant, runSeed } from "./seed.ts";
import { SAMPLER, VARIANTS } from "./variants.ts";

export interface HuntSettings {
  /** How many seeds to try at most. */
  readonly seeds: number;
  readonly hours: number;
  readonly nodes: number;
}

export const HUNT: HuntSettings = { seeds: 40, hours: 4, nodes: 8 };

export interface Catch {
  readonly seed: number;
  readonly failure: Failure;
}

/** Returns what caught it, or undefined if no seed did. Throws `EMUTANT` for a bug that does not fit the source any more. */
export async function hunt(mutant: Mutant, settings: HuntSettings = HUNT): Promise<Catch | undefined> {
  const variants = await infect(mutant);
  for (let seed = 1; seed <= settings.seeds; seed++) {
    const { failure } = await runSeed({ seed, hours: settings.hours, nodes: settings.nodes }, variants);
    if (failure !== undefined) return { seed, failure };
  }
  return undefined;
}

/** The source with the bug in it. */
export function spoil(source: string, { name, file, text, replacement }: Mutant): string {
  const [before, after, ...more] = source.split(text);
  if (before !== undefined && after !== undefined && more.length === 0) return before + replacement + after;
  throw new WasmoteError("EMUTANT", "usage", `"${name}" does not fit ${file}: its text is there not once`, {
    cure: "let tests/simulation/mutants.ts follow the source",
  });
}

async function infect(mutant: Mutant): Promise<RunnableVariant[]> {
  const parent = join(PROJECT_ROOT, "build", "mutants");
  mkdirSync(parent, { recursive: true });
  const baseDir = mkdtempSync(join(parent, "sdk-"));
  try {
    cpSync(join(PROJECT_ROOT, "assembly"), join(baseDir, "assembly"), { recursive: true });
    cpSync(join(PROJECT_ROOT, SAMPLER), join(baseDir, SAMPLER));
    const path = join(baseDir, mutant.file);
    writeFileSync(path, spoil(readFileSync(path, "utf-8"), mutant));
    const base = JSON.parse(readFileSync(join(PROJECT_ROOT, "asconfig.json"), "utf-8")) as {
      options: { use: string[] };
    };
    const variants: RunnableVariant[] = [];
    for (const variant of VARIANTS.filter(({ name }) => mutant.variants.includes(name))) {
      const config = join(baseDir, `${variant.name}.json`);
      const use = [...base.options.use, ...variant.options];
      writeFileSync(config, JSON.stringify({ options: { ...base.options, use } }));
      const { wasm } = await compile({ baseDir, entry: join(baseDir, SAMPLER), config });
      variants.push({ variant, wasm, module: loadModule(wasm) });
    }
    return variants;
  } finally {
    rmSync(baseDir, { recursive: true, force: true });
  }
}
