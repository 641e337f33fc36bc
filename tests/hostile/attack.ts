/** One seed's run on both engines, and what to do about it when it fails. */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModule } from "../../host/engine/module.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { NodeBroke } from "../unit/harness/player.ts";
import { ENDLESS, Fuzz, type FuzzOptions } from "./fuzz.ts";

export interface Target extends Pick<FuzzOptions, "maxQos" | "method" | "config"> {
  /** Names the module's file, and the files of a run that failed. */
  readonly name: string;
  readonly wasm: Uint8Array;
}

export interface AttackOptions {
  readonly seed: number;
  readonly packets: number;
  /** Which build of `wasmote-script`: as a device has it, or with ASan and UBSan. */
  readonly build?: "" | "sanitize";
}

/** A run takes seconds. */
const TIMEOUT_MS = 120_000;
/** Of one whose last step does not end under V8. */
const ENDLESS_MS = 5_000;
const FOLDER = join(PROJECT_ROOT, "build", "hostile");

/** Runs the node on both engines. Returns what went wrong and how to see it again, or undefined if nothing did. */
export function attack(target: Target, { seed, packets, build = "" }: AttackOptions): string | undefined {
  const { name, wasm, ...rest } = target;
  const fuzz = new Fuzz(loadModule(wasm), { ...rest, seed, packets });
  let broke: NodeBroke | undefined;
  try {
    fuzz.run();
  } catch (error) {
    if (!(error instanceof NodeBroke)) throw error;
    broke = error;
  }
  mkdirSync(FOLDER, { recursive: true });
  const module = join(FOLDER, `${name}.wasm`);
  writeFileSync(module, wasm);
  const program = join(PROJECT_ROOT, "build", build, "wasmote-script");
  const { script } = fuzz.tape;
  const { status, stdout, stderr, error } = spawnSync(program, [module], {
    input: script,
    encoding: "utf-8",
    timeout: broke?.message.endsWith(ENDLESS) ? ENDLESS_MS : TIMEOUT_MS,
  });
  const isEndless = error !== undefined && "code" in error && error.code === "ETIMEDOUT";
  if (error && !isEndless) throw error;
  const v8 = broke ? `broke at ${broke.message}` : JSON.stringify(fuzz.tape.result);
  const exit = isEndless ? ENDLESS : `exit code ${status}: ${stdout.trim()} ${stderr.slice(0, 2000).trim()}`;
  const wasm3 = status === 0 ? stdout.trim() : exit;
  if (broke === undefined && v8 === wasm3) return undefined;
  const path = join(FOLDER, `${name}-${seed}.script`);
  writeFileSync(path, script);
  return [
    `${name} fails under seed ${seed}, ${packets} packets`,
    `V8:    ${v8}`,
    `wasm3: ${wasm3}`,
    `again: HOSTILE_SEED=${seed} npx vitest run tests/hostile`,
    `watch: ${program} ${module} --print < ${path} | tail -n 40`,
  ].join("\n");
}

/** `count` seeds; the environment's HOSTILE_SEED puts one seed in place of them. */
export function seeds(count: number): number[] {
  const { HOSTILE_SEED: only } = process.env;
  return only === undefined ? Array.from({ length: count }, (_, seed) => seed) : [Number(only)];
}
