/** The board's C that needs no device, compiled for the PC, with sanitizers. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";

const folder = mkdtempSync(join(tmpdir(), "wasmote-rv32-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FLAGS = ["-std=c11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-builtin"];
const INCLUDES = ["core", "virt-rv32", "virt-rv32/machine"].map((name) => `-I${join(PROJECT_ROOT, "boards", name)}`);

/** Compiles sources, whose paths are relative to the project's root, to objects; then links them. Returns the program's path. */
export function compileNative(name: string, sources: readonly { path: string; flags?: readonly string[] }[]): string {
  const objects = sources.map(({ path, flags = [] }, index) => {
    const object = join(folder, `${name}-${index}.o`);
    run("cc", [...FLAGS, ...INCLUDES, ...flags, "-c", path, "-o", object]);
    return object;
  });
  const program = join(folder, name);
  run("cc", [...FLAGS, ...objects, "-o", program]);
  return program;
}

/** Runs a program with bytes for its stdin; returns its stdout. Throws with what it said if it fails. */
export function runNative(program: string, args: readonly string[] = [], input: Uint8Array = new Uint8Array()): Buffer {
  return run(program, args, input);
}

function run(command: string, args: readonly string[], input: Uint8Array = new Uint8Array()): Buffer {
  const options = { cwd: PROJECT_ROOT, input, maxBuffer: 2 ** 27 };
  const { status, error, stdout, stderr } = spawnSync(command, args, options);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}
