/** A module that this host agreed to run. */

import { readFile } from "node:fs/promises";
import { systemCode, WasmoteError } from "../errors.ts";
import { checkImageRule } from "../module/image-rule.ts";
import { type Metadata, readMetadata } from "../module/metadata.ts";

export interface LoadedModule {
  readonly metadata: Metadata;
  /** What V8 made of the bytes; any number of nodes share it. */
  readonly compiled: WebAssembly.Module;
}

/** Checks and compiles a module. Throws `EMODULE`, `EABI` or `EIMAGE` for one that this host can't run. */
export function loadModule(bytes: Uint8Array): LoadedModule {
  const metadata = readMetadata(bytes);
  checkImageRule(bytes);
  try {
    return { metadata, compiled: new WebAssembly.Module(bytes) };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new WasmoteError("EMODULE", "module", `the module is not valid WebAssembly: ${detail}`, {
      cure: "build it again with `npm run build`",
      cause,
    });
  }
}

/** Reads a module's bytes. Throws `ENOMODULE` if the file can't be read. */
export async function readModule(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new WasmoteError("ENOMODULE", "usage", `can't read the module ${path}: ${systemCode(cause) ?? cause}`, {
      cure: "give the path of a .wasm file, as `npm run build` makes them",
      cause,
    });
  }
}
