/** One instance of a module under V8. */

import { instantiateSync } from "@assemblyscript/loader";
import { EXPORTS, type Hal, type NodeExports } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import type { Board } from "../hal/board.ts";
import { Canary } from "./canary.ts";
import { createHal, type Guest } from "./glue.ts";
import type { LoadedModule } from "./module.ts";

const NO_MEMORY = new ArrayBuffer(0);

/**
 * A module's exports and memory over a board.
 *
 * Every call throws `ETRAP` when the module traps and `ECANARY` when it wrote past its image; after either the instance
 * is in no known state and is of no further use.
 */
export class NodeInstance {
  /** The node: the first `imageSize` bytes of its memory, live. */
  readonly image: Uint8Array;
  readonly #exports: NodeExports;
  readonly #canary: Canary;

  /** `observe` may put itself between the module and the host's functions. */
  constructor(module: LoadedModule, board: Board, observe: (hal: Hal, guest: Guest) => Hal = (hal) => hal) {
    const { imageSize } = module.metadata;
    const guest: Guest = { memory: new Uint8Array(NO_MEMORY), view: new DataView(NO_MEMORY) };
    const { instance } = instantiateSync(module.compiled, { hal: observe(createHal(board, guest, imageSize), guest) });
    const memory = exportedMemory(instance.exports);
    guest.memory = new Uint8Array(memory);
    guest.view = new DataView(memory);
    this.image = new Uint8Array(memory, 0, imageSize);
    this.#exports = exportedFunctions(instance.exports);
    this.#canary = new Canary(memory, imageSize);
  }

  setup(): void {
    try {
      this.#exports.setup();
    } catch (error) {
      throw trap("setup", error);
    }
    this.#canary.check();
  }

  /** Returns the milliseconds until the node wants to run again, unsigned; `STEP_ENDED` when it has ended. */
  step(nowMs: number): number {
    let waitMs: number;
    try {
      waitMs = this.#exports.step(nowMs);
    } catch (error) {
      throw trap("step", error);
    }
    this.#canary.check();
    return waitMs >>> 0;
  }

  resume(nowMs: number, sleptMs: number): void {
    try {
      this.#exports.resume(nowMs, sleptMs);
    } catch (error) {
      throw trap("resume", error);
    }
    this.#canary.check();
  }

  stop(): void {
    try {
      this.#exports.stop();
    } catch (error) {
      throw trap("stop", error);
    }
    this.#canary.check();
  }

  /** A copy of the image. */
  readImage(): Uint8Array {
    return this.image.slice();
  }

  /** Throws `EIMAGESIZE` unless there are exactly as many bytes as the image has. */
  writeImage(bytes: Uint8Array): void {
    if (bytes.length !== this.image.length) {
      throw new WasmoteError(
        "EIMAGESIZE",
        "module",
        `an image of this module has ${this.image.length} bytes, not ${bytes.length}`,
        { cure: "restore an image only into the module that it was taken from" },
      );
    }
    this.image.set(bytes);
  }

  /** Looks at the whole page above the image, not only the stretch that each call looks at. Throws `ECANARY`. */
  checkCanary(): void {
    this.#canary.checkAll();
  }
}

function exportedMemory({ memory }: { memory?: unknown }): ArrayBuffer {
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("checkImageRule let pass a module without memory");
  return memory.buffer;
}

/** The engine's own functions; those of the loader's `exports` are wrapped, which costs more than a node's step. */
function exportedFunctions(exports: Record<string, unknown>): NodeExports {
  for (const name of Object.keys(EXPORTS)) {
    if (typeof exports[name] !== "function") throw new TypeError(`checkImageRule let pass a module without ${name}()`);
  }
  return exports as unknown as NodeExports;
}

function trap(where: string, error: unknown): unknown {
  if (error instanceof WasmoteError && error.code === "ETRAP") {
    return new WasmoteError("ETRAP", "module", `trap in ${where}(): ${error.message}`, { cause: error });
  }
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
    return new WasmoteError("ETRAP", "module", `trap in ${where}(): ${error.message}`, { cause: error });
  }
  return error;
}
