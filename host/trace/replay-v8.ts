/** Runs a trace again under V8: every host call is answered as it was then, and everything is compared. */

import { writeFileSync } from "node:fs";
import { createContext, Script } from "node:vm";
import { type Hal, IMPORTS } from "../abi.ts";
import type { Guest } from "../engine/glue.ts";
import { NodeInstance } from "../engine/instance.ts";
import type { LoadedModule } from "../engine/module.ts";
import { systemCode, WasmoteError } from "../errors.ts";
import { createNullBoard } from "../hal/null-board.ts";
import { ExpectedImage } from "./expected-image.ts";
import { handedPointer, IMPORT_NAMES, type ImportName, RECORDED_PARAMETERS, Trap } from "./format.ts";
import type { CallEnd, CallFrame, ImportRecord, Trace } from "./reader.ts";
import {
  type CallName,
  type CallOutcome,
  type Difference,
  describeImport,
  type ReplayEvent,
  type Replayed,
  type ReplayOptions,
} from "./replay.ts";
import { trapReason } from "./trap-reason.ts";

/** As long as a board's watchdog waits. */
const WATCHDOG_MS = 5_000;
const FRAMES_PER_TURN = 5_000;
const TIMEOUT_CODE = "ERR_SCRIPT_EXECUTION_TIMEOUT";
const NOTHING = new Uint8Array();

/** Ends a call from within a host call. */
class CallStopped extends Error {
  override readonly name = "CallStopped";
}

/**
 * Replays a trace to its end, or to the first difference. The module must be the trace's: `checkModule`. Throws `ETRACE` where
 * the trace is damaged, `EIMAGEFILE` if the image can't be written.
 */
export async function replayUnderV8(
  trace: Trace,
  module: LoadedModule,
  options: ReplayOptions = {},
): Promise<Replayed> {
  const replay = new V8Replay(module, options.onEvent ?? (() => {}));
  let frames = 0;
  for (const frame of trace.frames()) {
    // The rest of the process has its turn.
    if (++frames % FRAMES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    if (frame.kind === "call" && replay.calls === options.until) break;
    if (frame.kind === "start")
      replay.start(frame.image === undefined, (expected, fresh) => expected.start(frame, fresh));
    else if (!replay.call(frame)) break;
  }
  if (options.imageOut !== undefined) writeImage(options.imageOut, replay.image);
  return { ...replay.result(), cutOffAt: trace.cutOffAt };
}

class V8Replay {
  calls = 0;
  #steps = 0;
  #last: CallOutcome | undefined;
  #difference: Difference | undefined;
  readonly #onEvent: (event: ReplayEvent) => void;
  readonly #instance: NodeInstance;
  readonly #fresh: Uint8Array;
  readonly #expected: ExpectedImage;
  #call: CallName = { number: 0, name: "setup", nowMs: 0, sleptMs: 0 };
  #imports: readonly ImportRecord[] = [];
  #made = 0;
  #end: CallEnd | undefined;

  constructor(module: LoadedModule, onEvent: (event: ReplayEvent) => void) {
    this.#onEvent = onEvent;
    this.#instance = new NodeInstance(module, createNullBoard(), (_, guest) => this.#hal(guest));
    this.#fresh = this.#instance.readImage();
    this.#expected = new ExpectedImage(this.#fresh.length);
  }

  start(isFresh: boolean, begin: (expected: ExpectedImage, fresh: Uint8Array) => void): void {
    begin(this.#expected, this.#fresh);
    this.#instance.writeImage(this.#expected.bytes);
    this.#onEvent({ kind: "start", isFresh });
  }

  /** Returns whether it went as it was recorded, and the replay may go on. */
  call(frame: CallFrame): boolean {
    const { name, nowMs, sleptMs, end } = frame;
    this.#call = { number: ++this.calls, name, nowMs, sleptMs };
    if (name === "step") this.#steps++;
    this.#imports = frame.imports;
    this.#made = 0;
    this.#end = end;
    this.#onEvent({ kind: "call", call: this.#call });
    const got = this.#run(frame);
    if (this.#difference === undefined) this.#compare(got, end);
    this.#last = got;
    this.#onEvent({ kind: "end", end: got });
    return this.#difference === undefined && end !== undefined;
  }

  result(): Omit<Replayed, "cutOffAt"> {
    return {
      calls: this.calls,
      steps: this.#steps,
      last: this.#last,
      difference: this.#difference,
    };
  }

  get image(): Uint8Array {
    return this.#instance.image;
  }

  #run({ name, nowMs, sleptMs, end }: CallFrame): CallOutcome {
    const instance = this.#instance;
    let waitMs: number | undefined;
    const run = (): void => {
      if (name === "step") waitMs = instance.step(nowMs);
      else if (name === "resume") instance.resume(nowMs, sleptMs);
      else instance[name]();
    };
    try {
      // What returned then returns now, or makes other host calls.
      if (end === undefined || end.kind === "hung") withinTime(run);
      else run();
    } catch (error) {
      if (error instanceof CallStopped) return this.#stopped(end);
      if (isTimeOut(error)) return { kind: end === undefined ? "open" : "hung" };
      if (error instanceof WasmoteError) return { kind: "trapped", reason: trapReason(error) };
      throw error;
    }
    // Where a device's memory ends V8's goes on: what was written there is found now.
    if (end?.kind === "trapped" && isOverrun(end.reason) && this.#isOverrun()) return end;
    return { kind: "returned", waitMs };
  }

  /** A host call has ended the call, or was one too many. */
  #stopped(end: CallEnd | undefined): CallOutcome {
    if (end === undefined || this.#difference !== undefined) return { kind: "open" };
    const isPast = this.#made > this.#imports.length;
    if (end.kind === "trapped") {
      // V8 went on where a device trapped.
      const isSame = !isPast || !isOverrun(end.reason) || this.#isOverrun();
      return isSame ? { kind: "trapped", reason: end.reason } : { kind: "returned", waitMs: undefined };
    }
    return end.kind === "returned" ? { kind: "open" } : end;
  }

  #isOverrun(): boolean {
    try {
      this.#instance.checkCanary();
    } catch {
      return true;
    }
    return false;
  }

  #compare(got: CallOutcome, end: CallEnd | undefined): void {
    const call = this.#call;
    if (end === undefined) {
      // A trace that was cut off says nothing of how the call ended.
      const left = this.#imports.length - this.#made;
      if (left > 0 && got.kind !== "open") this.#missing();
      return;
    }
    if (!isSameEnd(got, end)) {
      const expected = end.kind === "returned" ? { kind: end.kind, waitMs: end.waitMs } : end;
      this.#difference = { call, kind: "end", expected, got };
      return;
    }
    if (this.#made < this.#imports.length) {
      this.#missing();
      return;
    }
    if (end.kind !== "returned" && end.kind !== "trapped") return;
    this.#expected.apply(end.runs);
    // Two engines do not trap at the same place for these.
    if (end.kind === "trapped" && (isOverrun(end.reason) || end.reason === Trap.stackOverflow)) {
      const last = this.#imports.at(-1);
      if (last === undefined || last.result !== undefined) return;
    }
    const image = this.#expected.differenceTo(this.#instance.image);
    if (image !== undefined) this.#difference = { call, kind: "image", ...image };
  }

  #missing(): void {
    const missing = this.#imports[this.#made];
    if (missing === undefined) return;
    const expected = describeImport(missing.name, missing.parameters);
    this.#differs("none: the call ends before", expected, this.#made + 1);
  }

  #differs(got: string, expected: string, index = this.#made): void {
    this.#difference = { call: this.#call, kind: "import", index, expected, got };
  }

  // The host's functions -------------------------------------------------------------------------------------------------

  #hal(guest: Guest): Hal {
    return Object.fromEntries(
      IMPORT_NAMES.map((name, number) => [name, (...args: number[]) => this.#import(guest, name, number, args)]),
    ) as Hal;
  }

  #import(guest: Guest, name: ImportName, number: number, args: readonly number[]): number {
    const expected = this.#imports[this.#made++];
    const parameters = (RECORDED_PARAMETERS[number] ?? []).map((index) => (args[index] ?? 0) >>> 0);
    const got = describeImport(name, parameters);
    if (expected === undefined) this.#stopPast(got);
    const { result, handed } = expected;
    if (expected.name !== name || expected.parameters.some((each, index) => each !== parameters[index])) {
      this.#differs(got, describeImport(expected.name, expected.parameters));
      throw new CallStopped();
    }
    const given = givenBytes(guest, name, args, this.#fresh.length);
    if (result === undefined) {
      this.#onEvent({ kind: "import", name, parameters, result, given: given ?? NOTHING, handed });
      throw new CallStopped();
    }
    const pointer = handedPointer(name);
    const start = pointer === undefined ? 0 : (args[pointer] ?? 0) >>> 0;
    if (given === undefined || start + handed.length > this.#fresh.length) {
      this.#differs(`${got} with a pointer outside the image`, got);
      throw new CallStopped();
    }
    guest.memory.set(handed, start);
    this.#onEvent({ kind: "import", name, parameters, result, given, handed });
    return result;
  }

  /** There is no such host call in the trace. Where the call ended without its own doing, it was not made any more. */
  #stopPast(got: string): never {
    const end = this.#end;
    if (end?.kind === "returned" || (end?.kind === "trapped" && !isOverrun(end.reason))) this.#differs(got, "none");
    throw new CallStopped();
  }
}

/** Whether a reason is an access outside the image, which V8 finds late or not at all. */
function isOverrun(reason: number): boolean {
  return reason === Trap.outOfBounds || reason === Trap.overrun;
}

function isSameEnd(got: CallOutcome, end: CallEnd): boolean {
  if (got.kind === "returned" && end.kind === "returned") return got.waitMs === end.waitMs;
  if (got.kind !== "trapped" || end.kind !== "trapped") return got.kind === end.kind;
  return got.reason === end.reason || (isOverrun(got.reason) && isOverrun(end.reason));
}

/** What a module gives with a host call; undefined where that lies outside its image. */
function givenBytes(
  guest: Guest,
  name: ImportName,
  args: readonly number[],
  imageSize: number,
): Uint8Array | undefined {
  const pointer = IMPORTS[name].findIndex((parameter) => parameter === "ptr" || parameter === "keyPtr");
  if (pointer < 0) return NOTHING;
  const start = (args[pointer] ?? 0) >>> 0;
  const end = start + ((args[pointer + 1] ?? 0) >>> 0);
  if (end > imageSize) return undefined;
  return name === "net_recv" ? NOTHING : guest.memory.subarray(start, end);
}

/** Ends a call that does not return, as a watchdog does: V8 looks for that in every loop. */
function withinTime(run: () => void): void {
  new Script("run()").runInContext(createContext({ run }), { timeout: WATCHDOG_MS });
}

/** The error belongs to the context of the script, whose classes are others. */
function isTimeOut(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === TIMEOUT_CODE;
}

/** For its owner alone, as a trace is. */
function writeImage(path: string, image: Uint8Array): void {
  try {
    writeFileSync(path, image, { mode: 0o600 });
  } catch (cause) {
    throw new WasmoteError("EIMAGEFILE", "resource", `can't write the image ${path}: ${systemCode(cause) ?? cause}`, {
      cure: "give another file",
      cause,
    });
  }
}
