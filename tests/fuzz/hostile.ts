/** The hostile modules: what tests run on both engines, and what the loader's fuzz target begins with. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { addMetadata } from "../../host/module/metadata.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { assemble } from "./wat.ts";

const FOLDER = join(PROJECT_ROOT, "tests", "fuzz", "hostile");

/** Bytes of the image of those modules that say nothing else. */
const IMAGE_BYTES = 64;

/** The names of all hostile modules, in order. */
export function hostileNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".wat"))
    .map((file) => file.slice(0, -".wat".length))
    .sort();
}

/** A module's bytes. One in the text format gets metadata; one that is written byte by byte is what it is. */
export function hostileModule(name: string): Uint8Array {
  const path = join(FOLDER, `${name}.wat`);
  const wasm = assemble(path);
  if (readFileSync(path, "utf-8").includes("(module binary")) return wasm;
  return addMetadata(wasm, { imageSize: IMAGE_BYTES, layoutId: 1 });
}
