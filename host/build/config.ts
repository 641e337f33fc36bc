/** An application's asconfig.json, with all that it builds upon, as one configuration. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { systemCode, WasmoteError } from "../errors.ts";
import { docsPage, PROJECT_ROOT } from "../project.ts";

/** The options that every node is compiled with: docs/application.md says why. */
export const BASE_CONFIG = join(PROJECT_ROOT, "asconfig.json");
/** How a project's asconfig.json names it. */
const BASE_NAME = "wasmote/asconfig.json";
/** Configurations that extend each other. */
const MAX_DEPTH = 8;
const MAX_BYTES = 65_536;

export interface BuildConfig {
  /** The compiler's options, by the names that an asconfig.json gives them. */
  readonly options: Readonly<Record<string, unknown>> & { readonly use: readonly string[] };
  /** Every file that it was read from. */
  readonly files: readonly string[];
}

/**
 * Reads a configuration and what it extends; one that extends nothing extends the SDK's own. What a file says goes before
 * what it extends, `NAME=value` by `NAME=value`, and `use` goes before both.
 *
 * Throws `ECONFIG` for a file that can't be read, is no configuration, or extends itself.
 */
export async function readBuildConfig(path: string, use: readonly string[] = []): Promise<BuildConfig> {
  const files: string[] = [];
  let options: Record<string, unknown> = {};
  let aliases = mergeUse([], use);
  for (let next: string | undefined = resolve(path); next !== undefined; ) {
    if (files.includes(next) || files.length >= MAX_DEPTH) throw refused(path, `it extends ${next} over and over`);
    files.push(next);
    const { options: own, extended } = await readOne(next);
    aliases = mergeUse(own.use, aliases);
    options = { ...own, ...options };
    next = extended;
  }
  return { options: { ...options, use: aliases }, files };
}

async function readOne(path: string): Promise<{ options: BuildConfig["options"]; extended: string | undefined }> {
  const config: unknown = parse(await read(path), path);
  if (!isRecord(config)) throw refused(path, "it is no object");
  const { options = {}, extends: parent, targets } = config;
  if (!isRecord(options)) throw refused(path, "its `options` is no object");
  if (parent !== undefined && typeof parent !== "string") throw refused(path, "its `extends` is no text");
  // The compiler's own default target.
  const { release = {} } = isRecord(targets) ? targets : {};
  if (!isRecord(release)) throw refused(path, "its target `release` is no object");
  const { use } = options;
  const { use: more } = release;
  const own = { ...options, ...release, use: [...texts(use, path), ...texts(more, path)] };
  return { options: own, extended: resolveExtended(parent, path) };
}

function resolveExtended(parent: string | undefined, path: string): string | undefined {
  if (parent === undefined) return path === BASE_CONFIG ? undefined : BASE_CONFIG;
  // The SDK that compiles is the one whose options count, wherever it was installed.
  if (parent === BASE_NAME) return BASE_CONFIG;
  if (parent.startsWith(".") || parent.startsWith("/")) return resolve(dirname(path), parent);
  try {
    return createRequire(path).resolve(parent);
  } catch (cause) {
    throw refused(path, `it extends ${parent}, which is not installed`, cause);
  }
}

async function read(path: string): Promise<string> {
  try {
    const text = await readFile(path, "utf-8");
    if (text.length > MAX_BYTES) throw new Error(`it has ${text.length} bytes`);
    return text;
  } catch (cause) {
    const why = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    throw refused(path, `it can't be read: ${why}`, cause);
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(path, `it is no JSON: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

/** Later ones replace earlier ones of the same name. */
function mergeUse(...lists: readonly (readonly string[])[]): string[] {
  const byName = new Map<string, string>();
  for (const alias of lists.flat()) byName.set(alias.slice(0, alias.indexOf("=")), alias);
  return [...byName.values()];
}

function texts(value: unknown, path: string): string[] {
  const list: unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return list.map((each) => {
    if (typeof each === "string" && each.includes("=")) return each;
    throw refused(path, `\`use\` holds ${JSON.stringify(each)}`, undefined, 'write it as "NODE_QUEUE=64"');
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(
  path: string,
  what: string,
  cause?: unknown,
  cure = `mend the file; ${docsPage("project.md")} shows one`,
): Error {
  return new WasmoteError("ECONFIG", "usage", `${path} can't be used: ${what}`, { cure, cause });
}
