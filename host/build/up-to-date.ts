/** Whether a module is newer than all that it is made of: then nobody has to wait for the compiler. */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../project.ts";

/** What goes into every example's module, besides its own folder: the SDK, the compiler, and what is done with it. */
const SOURCES = ["assembly", "host/build", "host/module", "asconfig.json", "package-lock.json"];

export function isUpToDate(example: string): boolean {
  try {
    const built = statSync(join(PROJECT_ROOT, "build", `${example}.wasm`)).mtimeMs;
    return [...SOURCES, join("examples", example)].every((source) => newest(join(PROJECT_ROOT, source)) < built);
  } catch {
    return false;
  }
}

/** When the newest file in a folder, or the folder's list of files itself, was changed. */
function newest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
