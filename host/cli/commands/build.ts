/** `build`: an application becomes a module, once or whenever a source changes. */

import { relative } from "node:path";
import { type BuiltModule, buildProject } from "../../build/project.ts";
import { FileWatcher } from "../../build/watch.ts";
import { WasmoteError } from "../../errors.ts";
import { interruption } from "../interrupt.ts";
import { formatError, printNote, withProgress } from "../output.ts";
import type { BuildValues } from "../table/projects.ts";

/** Resolves when the module is written, or, with `--watch`, when the command was asked to stop. */
export async function build(entry: string | undefined, options: BuildValues): Promise<void> {
  if (!options.watch) {
    report(await once(entry, options), options);
    return;
  }
  const interrupted = interruption();
  let busy = Promise.resolve();
  const again = async (): Promise<void> => {
    try {
      report(await once(entry, options, watcher), options);
    } catch (error) {
      // Most of these are mended in the very file that is watched.
      if (!(error instanceof WasmoteError)) throw error;
      process.stderr.write(`${formatError(error)}\n`);
    }
    printNote("waiting for changes; Ctrl-C stops");
  };
  const watcher = new FileWatcher(() => {
    busy = busy.then(again);
  });
  await again();
  await interrupted;
  watcher.close();
  await busy;
}

function once(entry: string | undefined, options: BuildValues, watcher?: FileWatcher): Promise<BuiltModule> {
  const { config, use, out, debugNames } = options;
  const request = { entry, config, use, out, debugNames, onSource: (path: string) => watcher?.add(path) };
  return withProgress("building the module", () => buildProject(request));
}

function report({ path, wasm, metadata }: BuiltModule, { json }: BuildValues): void {
  const module = relative(process.cwd(), path);
  const { imageSize, layoutId, buildId, abiVersion } = metadata;
  const line = json
    ? JSON.stringify({ module, bytes: wasm.length, imageBytes: imageSize, abiVersion, buildId, layoutId })
    : `${module}  ${wasm.length} bytes, image ${imageSize} bytes`;
  process.stdout.write(`${line}\n`);
}
