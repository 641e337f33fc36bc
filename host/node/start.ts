/** Starts nodes in real time, on either engine. */

import { type LoadedModule, loadModule, readModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import { parseEndpoint } from "../hal/endpoint.ts";
import { defaultSensor } from "../hal/sensors.ts";
import type { Engine } from "./engine.ts";
import type { NodeObserver } from "./node-observer.ts";
import { provideProgram } from "./programs.ts";
import type { NodeSettings, RunningNode } from "./running-node.ts";
import { V8Node } from "./v8-node.ts";
import { Wasm3Node } from "./wasm3-node.ts";

export { ENGINES, type Engine } from "./engine.ts";

export interface StartNodeOptions extends NodeSettings {
  readonly engine: Engine;
  /** For wasm3: another build of the program than build/wasmote-posix, such as one with sanitizers. */
  readonly program?: string | undefined;
  /** For v8: somebody who watches the node. A node under wasm3 is out of sight, in a process of its own. */
  readonly observer?: NodeObserver | undefined;
}

/**
 * Starts one node; it runs until it ends, or is stopped or killed.
 *
 * Throws `ENOMODULE`, `EMODULE`, `EABI`, `EIMAGE` for a module that can't be run, `EENDPOINT`, `ETLS`, `ESENSOR`,
 * `EID` for settings that are none, `EWASM3` where that engine is not to be had.
 */
export async function startNode({ engine, program, observer, ...settings }: StartNodeOptions): Promise<RunningNode> {
  checkId(settings.id);
  settings.brokers.forEach(parseEndpoint);
  const module = await load(settings.module);
  if (engine === "wasm3") {
    const sensor = settings.sensor ?? defaultSensor(settings.id);
    return new Wasm3Node(program ?? (await provideProgram("wasmote-posix")), { ...settings, sensor });
  }
  const node = new V8Node(module, settings, { observer });
  // The caller's listeners first, then the node's first words.
  setImmediate(() => node.start());
  return node;
}

/** The module that was loaded last: nodes of one fleet share what V8 compiled. */
let last: { bytes: Uint8Array; module: LoadedModule } | undefined;

async function load(path: string): Promise<LoadedModule> {
  const bytes = await readModule(path);
  if (last === undefined || Buffer.compare(last.bytes, bytes) !== 0) last = { bytes, module: loadModule(bytes) };
  return last.module;
}

function checkId(id: string): void {
  if (/^[0-9A-Za-z_-]{1,23}$/.test(id)) return;
  throw new WasmoteError("EID", "usage", `"${id}" is no node's id`, {
    cure: "use 1 to 23 of the characters 0-9 A-Z a-z - _",
  });
}
