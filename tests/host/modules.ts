import { join } from "node:path";
import { compile } from "../../host/build/compile.ts";
import { type LoadedModule, loadModule } from "../../host/engine/module.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

/** Compiles tests/host/modules/<name>.ts. */
export async function compileModule(name: string): Promise<Uint8Array> {
  const { wasm } = await compile({
    baseDir: PROJECT_ROOT,
    entry: join(PROJECT_ROOT, "tests", "host", "modules", `${name}.ts`),
    config: join(PROJECT_ROOT, "asconfig.json"),
  });
  return wasm;
}

export async function loadTestModule(name: string): Promise<LoadedModule> {
  return loadModule(await compileModule(name));
}

/** Waits until something holds, looking every few milliseconds; fails after `timeoutMs`. */
export async function until(what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
