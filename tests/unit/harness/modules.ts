/** The modules under test: applications compiled by the project's own build, with the options that a test is about. */

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../../host/build/compile.ts";
import { type LoadedModule, loadModule } from "../../../host/engine/module.ts";
import { PROJECT_ROOT } from "../../../host/project.ts";

/** Compiled modules and their configurations, by a hash of all that goes into them: a compilation takes seconds. */
const CACHE = join(PROJECT_ROOT, "build", "test-modules");

/**
 * Compiles an application, the entry file's path from the project's root, with `NAME=value` options in addition to those
 * of `config`, and returns the module's bytes.
 */
export async function compileApp(
  entry: string,
  options: readonly string[] = [],
  config = "asconfig.json",
): Promise<Uint8Array> {
  const settings = readConfig(config);
  settings.options.use = [...settings.options.use, ...options];
  const text = JSON.stringify(settings);
  const key = createHash("sha256").update(
    `${sourcesDigest()}\n${readFileSync(join(PROJECT_ROOT, entry))}\n${entry}\n${text}`,
  );
  const path = join(CACHE, key.digest("hex").slice(0, 16));
  try {
    return readFileSync(`${path}.wasm`);
  } catch {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${path}.json`, text);
    const { wasm } = await compile({ baseDir: PROJECT_ROOT, entry: join(PROJECT_ROOT, entry), config: `${path}.json` });
    // Another test file may read it at this moment.
    writeFileSync(`${path}.${process.pid}`, wasm);
    renameSync(`${path}.${process.pid}`, `${path}.wasm`);
    return wasm;
  }
}

export async function loadApp(entry: string, options: readonly string[] = [], config?: string): Promise<LoadedModule> {
  return loadModule(await compileApp(entry, options, config));
}

/** The temperature example, with options. */
export function loadTemperature(...options: string[]): Promise<LoadedModule> {
  return loadApp("examples/temperature/index.ts", options);
}

/** The commands example. */
export function loadCommands(): Promise<LoadedModule> {
  return loadApp("examples/commands/index.ts", [], "examples/commands/asconfig.json");
}

/** tests/unit/modules/<name>.ts, with options. */
export function loadTestApp(name: string, ...options: string[]): Promise<LoadedModule> {
  return loadApp(`tests/unit/modules/${name}.ts`, options);
}

interface Config {
  extends?: string;
  options: { use: string[] } & Record<string, unknown>;
}

/** A configuration with what it extends, as one. */
function readConfig(path: string): Config {
  const { extends: parent, options } = JSON.parse(readFileSync(join(PROJECT_ROOT, path), "utf-8")) as Config;
  if (parent === undefined) return { options };
  return { options: { ...readConfig(join(path, "..", parent)).options, ...options } };
}

/** A hash of everything but the application that decides what a module is. */
function sourcesDigest(): string {
  const hash = createHash("sha256").update(readFileSync(join(PROJECT_ROOT, "package-lock.json")));
  for (const folder of ["assembly", "host/build", "host/module"].map((name) => join(PROJECT_ROOT, name))) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf-8" }).sort()) {
      if (name.endsWith(".ts")) hash.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest("hex");
}
