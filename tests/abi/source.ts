/** Compiles a source text as an application. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";
import { compileApp } from "../unit/harness/modules.ts";

/** Two folders below the root, so that a text finds the SDK at `../../assembly`. */
const FOLDER = join("build", "test-sources");

/** `name` is the file's: a class is known by its file, so two versions of one application need one name. */
export async function compileSource(name: string, text: string, options: readonly string[] = []): Promise<Uint8Array> {
  mkdirSync(join(PROJECT_ROOT, FOLDER), { recursive: true });
  writeFileSync(join(PROJECT_ROOT, FOLDER, `${name}.ts`), text);
  return compileApp(join(FOLDER, `${name}.ts`), options);
}
