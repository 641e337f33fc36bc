/** An instance whose every call, in and out, is recorded. */

import { type Hal, IMPORTS } from "../abi.ts";
import type { Guest } from "../engine/glue.ts";
import { NodeInstance } from "../engine/instance.ts";
import type { LoadedModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import type { Board } from "../hal/board.ts";
import {
  type ExportName,
  handedBytes,
  handedPointer,
  IMPORT_NAMES,
  type ImportName,
  RECORDED_PARAMETERS,
} from "./format.ts";
import type { TraceRecorder } from "./recorder.ts";
import { trapReason } from "./trap-reason.ts";

const NOTHING = new Uint8Array();

/** Where a node's trace is written, or undefined while that node is not recorded. */
export type RecorderOf = () => TraceRecorder | undefined;

export class RecordedInstance extends NodeInstance {
  readonly #recorder: RecorderOf;

  constructor(module: LoadedModule, board: Board, recorder: RecorderOf) {
    super(module, board, (hal, guest) => recordImports(hal, guest, recorder));
    this.#recorder = recorder;
  }

  override setup(): void {
    this.#record("setup", () => void super.setup());
  }

  override step(nowMs: number): number {
    let waitMs = 0;
    this.#record(
      "step",
      () => {
        waitMs = super.step(nowMs);
        return waitMs;
      },
      nowMs,
    );
    return waitMs;
  }

  override resume(nowMs: number, sleptMs: number): void {
    this.#record("resume", () => void super.resume(nowMs, sleptMs), nowMs, sleptMs);
  }

  override stop(): void {
    this.#record("stop", () => void super.stop());
  }

  /** `run` gives what `step` returned. */
  #record(name: ExportName, run: () => number | undefined, nowMs?: number, sleptMs?: number): void {
    const recorder = this.#recorder();
    if (recorder === undefined) {
      run();
      return;
    }
    recorder.called(name, this.image, nowMs, sleptMs);
    let waitMs: number | undefined;
    try {
      waitMs = run() ?? undefined;
    } catch (error) {
      if (error instanceof WasmoteError) recorder.trapped(this.image, trapReason(error));
      else recorder.cut();
      throw error;
    }
    recorder.returned(this.image, waitMs);
  }
}

/** The same imports, each of which is recorded. */
function recordImports(hal: Hal, guest: Guest, recorder: RecorderOf): Hal {
  const recorded = IMPORT_NAMES.map((name, number) => [name, recordImport(hal, name, number, guest, recorder)]);
  return Object.fromEntries(recorded);
}

function recordImport(
  hal: Hal,
  name: ImportName,
  number: number,
  guest: Guest,
  recorder: RecorderOf,
): (...args: number[]) => number {
  const call = hal[name] as (...args: number[]) => number;
  const parameters = RECORDED_PARAMETERS[number] ?? [];
  const pointer = handedPointer(name);
  const keyLength = name === "config_get" ? IMPORTS.config_get.indexOf("keyLen") : undefined;
  return (...args) => {
    const to = recorder();
    const given = parameters.map((index) => args[index] ?? 0);
    // Before the call, which may write over it.
    const key = keyLength === undefined ? undefined : textAt(guest, args[keyLength - 1] ?? 0, args[keyLength] ?? 0);
    let result: number;
    try {
      result = call(...args);
    } catch (error) {
      to?.imported(number, given, undefined, NOTHING);
      throw error;
    }
    const start = pointer === undefined ? 0 : (args[pointer] ?? 0) >>> 0;
    to?.imported(number, given, result, guest.memory.subarray(start, start + handedBytes(name, result)), key);
    return result;
  };
}

function textAt({ memory }: Guest, ptr: number, length: number): string {
  const start = ptr >>> 0;
  return Buffer.from(memory.subarray(start, start + (length >>> 0))).toString("utf-8");
}
