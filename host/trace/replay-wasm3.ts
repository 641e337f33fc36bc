/** Runs a trace again under wasm3: the program of boards/replay does it, in a process of its own. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { WasmoteError } from "../errors.ts";
import { damaged } from "./cursor.ts";
import { EXPORT_NAMES, type ExportName, IMPORT_NAMES } from "./format.ts";
import type { CallName, CallOutcome, Difference, ReplayEvent, Replayed, ReplayOptions } from "./replay.ts";

export interface Wasm3ReplayOptions extends ReplayOptions {
  /** The path of wasmote-replay: `provideProgram`. */
  readonly program: string;
  /** A module of another build is taken. */
  readonly otherBuild?: boolean | undefined;
}

/**
 * Replays the trace in a file to its end, or to the first difference. Throws `ETRACE` where the trace is damaged, `EWASM3` if the
 * program fails, and what `onEvent` throws.
 */
export async function replayUnderWasm3(
  tracePath: string,
  modulePath: string,
  { program, until, onEvent, imageOut, otherBuild }: Wasm3ReplayOptions,
): Promise<Replayed> {
  const args = [tracePath, modulePath];
  if (onEvent !== undefined) args.push("--events");
  if (until !== undefined) args.push("--until", String(until));
  if (imageOut !== undefined) args.push("--image-out", imageOut);
  if (otherBuild === true) args.push("--other-build");
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text) => (complaint += text));
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ?? String(code)));
  });
  const report = new Report(onEvent);
  try {
    for await (const line of createInterface({ input: child.stdout })) report.add(line);
  } finally {
    child.kill("SIGKILL");
  }
  const how = await ended;
  const replayed = report.result();
  if (replayed !== undefined) return replayed;
  const said = complaint.trim().replace(/^wasmote-replay: error: /, "") || `it ended with ${how}`;
  const [, offset, what] = said.match(/^the trace is damaged at offset (\d+): (.*)$/) ?? [];
  if (offset !== undefined && what !== undefined) throw damaged(Number(offset), what);
  throw new WasmoteError("EWASM3", "resource", `${program} can't replay it: ${said}`, {
    cure: "build it again: cmake -S boards -B build/boards && cmake --build build/boards",
  });
}

/** What the program prints, line by line: boards/replay/README.md. */
class Report {
  readonly #onEvent: ((event: ReplayEvent) => void) | undefined;
  #calls = 0;
  #steps = 0;
  #last: CallOutcome | undefined;
  #difference: Difference | undefined;
  #cutOffAt: number | undefined;
  #isDone = false;

  constructor(onEvent: ((event: ReplayEvent) => void) | undefined) {
    this.#onEvent = onEvent;
  }

  result(): Replayed | undefined {
    if (!this.#isDone) return undefined;
    return {
      calls: this.#calls,
      steps: this.#steps,
      last: this.#last,
      difference: this.#difference,
      cutOffAt: this.#cutOffAt,
    };
  }

  add(line: string): void {
    const [kind, ...fields] = line.split("\t");
    if (kind === "differs") this.#difference = toDifference(fields);
    else if (kind === "done") this.#finish(fields);
    else this.#onEvent?.(toEvent(kind, fields));
  }

  #finish([calls, steps, last, cutOffAt]: readonly string[]): void {
    this.#isDone = true;
    this.#calls = Number(calls);
    this.#steps = Number(steps);
    this.#last = last === "none" ? undefined : toOutcome("step", last);
    this.#cutOffAt = cutOffAt === "-" ? undefined : Number(cutOffAt);
  }
}

function toEvent(kind: string | undefined, fields: readonly string[]): ReplayEvent {
  switch (kind) {
    case "start":
      return { kind, isFresh: fields[0] === "fresh" };
    case "call":
      return { kind, call: toCall(fields) };
    case "import": {
      const [name, result, parameters = "", given, handed] = fields;
      return {
        kind,
        name: oneOf(IMPORT_NAMES, name),
        result: result === "-" ? undefined : Number(result),
        parameters: parameters === "" ? [] : parameters.split(" ").map(Number),
        given: toBytes(given),
        handed: toBytes(handed),
      };
    }
    case "end":
      return { kind, end: toOutcome(oneOf(EXPORT_NAMES, fields[0]), fields[1]) };
    default:
      throw garbled(kind);
  }
}

function toDifference([number, name, nowMs, sleptMs, kind, ...rest]: readonly string[]): Difference {
  const call = toCall([number ?? "", name ?? "", nowMs ?? "", sleptMs ?? ""]);
  switch (kind) {
    case "import":
      return { call, kind, index: Number(rest[0]), got: rest[1] ?? "", expected: rest[2] ?? "" };
    case "end":
      return { call, kind, got: toOutcome(call.name, rest[0]), expected: toOutcome(call.name, rest[1]) };
    case "image": {
      const [at = Number.NaN, expected = Number.NaN, got = Number.NaN, count = Number.NaN] = rest.map(Number);
      return { call, kind, at, expected, got, count };
    }
    default:
      throw garbled(kind);
  }
}

function toCall([number, name, nowMs, sleptMs]: readonly string[]): CallName {
  return {
    number: Number(number),
    name: oneOf(EXPORT_NAMES, name),
    nowMs: Number(nowMs),
    sleptMs: Number(sleptMs),
  };
}

function toOutcome(name: ExportName, text = ""): CallOutcome {
  const [kind, detail] = text.split(" ");
  switch (kind) {
    case "returned":
      return { kind, waitMs: name === "step" ? Number(detail) : undefined };
    case "trapped":
      return { kind, reason: Number(detail) };
    case "cut":
    case "hung":
    case "open":
      return { kind };
    default:
      throw garbled(text);
  }
}

function toBytes(text = ""): Uint8Array {
  return text === "-" ? new Uint8Array() : Buffer.from(text, "hex");
}

function oneOf<Name extends string>(names: readonly Name[], text: string | undefined): Name {
  const name = names.find((each) => each === text);
  if (name === undefined) throw garbled(text);
  return name;
}

function garbled(text: string | undefined): WasmoteError {
  return new WasmoteError("EWASM3", "resource", `wasmote-replay says ${JSON.stringify(text)}, which nobody expects`, {
    cure: "build it again: cmake -S boards -B build/boards && cmake --build build/boards",
  });
}
