/** Builds the fuzz targets into build/fuzz/. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WasmoteError } from "../../host/errors.ts";
import { addMetadata } from "../../host/module/metadata.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { assemble } from "./wat.ts";

const PROGRAMS = join(PROJECT_ROOT, "build", "fuzz");
const CMAKE_FOLDER = join(PROJECT_ROOT, "build", "fuzz-cmake");

/** Bytes of the image of imports.wat: boards/fuzz/fuzz.h says the same. */
const IMAGE_BYTES = 256;

/** Makes the module that some targets load, and compiles all targets with clang. Throws `EBUILD` with clang's words. */
export function buildTargets(): void {
  mkdirSync(PROGRAMS, { recursive: true });
  const wasm = assemble(join(PROJECT_ROOT, "tests", "fuzz", "imports.wat"));
  writeFileSync(join(PROGRAMS, "imports.wasm"), addMetadata(wasm, { imageSize: IMAGE_BYTES, layoutId: 1 }));
  run("cmake", "-S", "boards/fuzz", "-B", CMAKE_FOLDER, "-DCMAKE_C_COMPILER=clang");
  run("cmake", "--build", CMAKE_FOLDER, "--parallel", "2");
}

function run(command: string, ...args: string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: PROJECT_ROOT, encoding: "utf-8" });
  if (status === 0) return;
  throw new WasmoteError("EBUILD", "resource", `${command} failed: ${error?.message ?? `${stdout}${stderr}`}`, {
    cure: "on Debian: apt-get install clang libclang-rt-dev g++-multilib cmake make",
  });
}

/** A target's programs, one for each size of a pointer that this machine's compiler makes. */
export function programsOf(name: string): string[] {
  return [name, `${name}32`].map((program) => join(PROGRAMS, program)).filter((program) => existsSync(program));
}
