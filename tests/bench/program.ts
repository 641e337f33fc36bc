/** Runs the programs that measure. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemCode, WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

export const BUILD = join(PROJECT_ROOT, "build");

/** A node that is measured. */
export interface Subject {
  /** What its figures' names begin with. */
  readonly name: "lean" | "full";
  readonly module: string;
}

/** MQTT 3.1.1, QoS 1, a will, reconnects and a queue. */
export const LEAN: Subject = { name: "lean", module: join(BUILD, "temperature.wasm") };
/** MQTT 5.0 too, QoS 2, subscriptions, commands, messages of its own and authentication. */
export const FULL: Subject = { name: "full", module: join(BUILD, "full.wasm") };
export const SUBJECTS: readonly Subject[] = [LEAN, FULL];

/** Runs a program in the project's root and returns its stdout. Throws `EMEASURE` with what it said if it fails. */
export async function capture(command: string, ...args: string[]): Promise<string> {
  // Nothing from outside may slow down what is measured: debug output, a debugger.
  const { DEBUG: _debug, NODE_OPTIONS: _options, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd: PROJECT_ROOT, env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      throw new WasmoteError("EMEASURE", "resource", `there is no ${command}`, {
        cure: "`npm test` installs and builds what is missing",
      });
    }
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new WasmoteError("EMEASURE", "resource", `${command} ${args.join(" ")} failed\n${said}`, { cause: error });
  }
}

/** Runs a TypeScript file of this folder in a process of its own; returns the JSON that it prints. */
export async function runScript<Result>(file: string, args: readonly string[], flags: readonly string[] = []) {
  const script = join(PROJECT_ROOT, "tests", "bench", file);
  return JSON.parse(await capture(process.execPath, ...flags, "--import", "tsx", script, ...args)) as Result;
}

/** A board's program. Throws `EMEASURE` where it was not built. */
export function boardProgram(name: "wasmote-null" | "wasmote-null32"): string {
  const path = join(BUILD, name);
  if (existsSync(path)) return path;
  const needs32 = name === "wasmote-null32";
  throw new WasmoteError("EMEASURE", "resource", `there is no build/${name}`, {
    cure: needs32
      ? "it needs a C compiler with a 32-bit target: on x86-64 Debian install gcc-multilib, then remove build/boards"
      : "`npm test` builds it",
  });
}
