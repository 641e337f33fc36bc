/** Builds an application in its own project: finds what belongs to it, compiles it, and writes the module. */

import { existsSync, statSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, parse, resolve } from "node:path";
import { systemCode, WasmoteError } from "../errors.ts";
import { type Metadata, readMetadata } from "../module/metadata.ts";
import { compile } from "./compile.ts";
import { BASE_CONFIG } from "./config.ts";

/** The entry file of a project, unless another one is named. */
export const DEFAULT_ENTRY = "assembly/index.ts";
const CONFIG_NAME = "asconfig.json";

export interface BuildRequest {
  /** The entry file, or its folder; without one, `DEFAULT_ENTRY` of the project around `folder`. */
  readonly entry?: string | undefined;
  /** The asconfig.json to use; without one, the nearest that is not outside the project, or else the SDK's own. */
  readonly config?: string | undefined;
  /** Where the module goes; without it, to the configuration's `outFile`, or else to `build/NAME.wasm` in the project. */
  readonly out?: string | undefined;
  readonly use?: readonly string[] | undefined;
  readonly debugNames?: boolean | undefined;
  /** As in `CompileOptions`. */
  readonly onSource?: (path: string) => void;
}

export interface BuiltModule {
  /** Absolute. */
  readonly path: string;
  readonly wasm: Uint8Array;
  readonly metadata: Metadata;
}

/** Throws `EUSAGE` without an entry file, `EWRITE`, and what `compile` throws. Paths are found from `folder` on. */
export async function buildProject(request: BuildRequest, folder = process.cwd()): Promise<BuiltModule> {
  const entry = findEntry(request.entry, folder);
  const baseDir = above(dirname(entry), "package.json") ?? dirname(entry);
  const config = request.config === undefined ? findConfig(entry, baseDir) : resolve(folder, request.config);
  const { use = [], debugNames = false, onSource } = request;
  const compiled = await compile({
    baseDir,
    entry,
    config,
    use,
    debugNames,
    ...(onSource === undefined ? {} : { onSource }),
  });
  const { outFile, textFile } = compiled.config.options;
  const path =
    request.out !== undefined
      ? resolve(folder, request.out)
      : typeof outFile === "string"
        ? resolve(dirname(config), outFile)
        : join(baseDir, "build", `${nameOf(entry)}.wasm`);
  await replaceFile(path, compiled.wasm);
  if (typeof textFile === "string") await replaceFile(resolve(dirname(config), textFile), compiled.wat);
  return { path, wasm: compiled.wasm, metadata: readMetadata(compiled.wasm) };
}

/**
 * Writes a file in one go, and its folder: whoever reads it meanwhile, such as a node that is being started, sees the old or
 * the new one. Throws `EWRITE`.
 */
export async function replaceFile(path: string, contents: Uint8Array | string): Promise<void> {
  const partial = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, contents);
    await rename(partial, path);
  } catch (cause) {
    throw new WasmoteError("EWRITE", "resource", `can't write ${path}: ${systemCode(cause) ?? cause}`, {
      cure: "choose another path with --out, in a folder that is yours",
      cause,
    });
  }
}

function findEntry(named: string | undefined, folder: string): string {
  const root = above(folder, "package.json") ?? folder;
  const path = named === undefined ? join(root, DEFAULT_ENTRY) : resolve(folder, named);
  const entry = isFolder(path) ? join(path, "index.ts") : path;
  if (existsSync(entry)) return entry;
  throw new WasmoteError("EUSAGE", "usage", `there is no application at ${entry}`, {
    cure: "name its entry file, as in `wasmote build assembly/index.ts`, or begin a project with `wasmote new my-node`",
  });
}

function findConfig(entry: string, baseDir: string): string {
  const folder = above(dirname(entry), CONFIG_NAME, baseDir);
  return folder === undefined ? BASE_CONFIG : join(folder, CONFIG_NAME);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The nearest folder, from `folder` up to `last` or the root, that has a file of that name. */
function above(folder: string, name: string, last = parse(folder).root): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return at;
    if (at === last || at === dirname(at)) return undefined;
  }
}

/** The entry file's name, or of an index.ts that of its folder. */
function nameOf(entry: string): string {
  const { name } = parse(entry);
  return name === "index" ? basename(dirname(entry)) : name;
}
