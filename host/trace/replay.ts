/** What a replay tells, whichever engine runs it, and what it can end with. */

import { WasmoteError } from "../errors.ts";
import type { Metadata } from "../module/metadata.ts";
import { type ExportName, type ImportName, TRAPS, Trap } from "./format.ts";
import type { TraceHeader } from "./reader.ts";

/** What the node does, in its order. */
export type ReplayEvent =
  | { readonly kind: "start"; readonly isFresh: boolean }
  | { readonly kind: "call"; readonly call: CallName }
  | ReplayedImport
  | { readonly kind: "end"; readonly end: CallOutcome };

export interface ReplayedImport {
  readonly kind: "import";
  readonly name: ImportName;
  /** All but pointers, as unsigned numbers. */
  readonly parameters: readonly number[];
  /** Undefined: the call ended in it. */
  readonly result: number | undefined;
  /** What the module gives: bytes to send of which the host took some, a line of the log, a key. Valid during the event. */
  readonly given: Uint8Array;
  /** What the host hands over. */
  readonly handed: Uint8Array;
}

/** A call of an export. `number` counts them from 1. */
export interface CallName {
  readonly number: number;
  readonly name: ExportName;
  readonly nowMs: number;
  readonly sleptMs: number;
}

export type CallOutcome =
  | { readonly kind: "returned"; readonly waitMs: number | undefined }
  | { readonly kind: "trapped"; readonly reason: number }
  /** The power went in the middle of it. */
  | { readonly kind: "cut" }
  /** It did not return, and the watchdog ended it. */
  | { readonly kind: "hung" }
  /** The trace ends before it does, or a host call was another. */
  | { readonly kind: "open" };

/** Where a replay is not what was recorded. */
export type Difference = { readonly call: CallName } & (
  | { readonly kind: "import"; readonly index: number; readonly expected: string; readonly got: string }
  | { readonly kind: "end"; readonly expected: CallOutcome; readonly got: CallOutcome }
  | ({ readonly kind: "image" } & ImageDifference)
);

/** `at`: the first byte that differs, of `count`. */
export interface ImageDifference {
  readonly at: number;
  readonly expected: number;
  readonly got: number;
  readonly count: number;
}

export interface Replayed {
  readonly calls: number;
  readonly steps: number;
  /** How the last call ended, or undefined where there was none. */
  readonly last: CallOutcome | undefined;
  readonly difference: Difference | undefined;
  /** Where the trace was cut off, if it was, and if the replay came there. */
  readonly cutOffAt: number | undefined;
}

export interface ReplayOptions {
  readonly onEvent?: ((event: ReplayEvent) => void) | undefined;
  /** The number of the last call that is made; all of them without it. */
  readonly until?: number | undefined;
  /** A file that the image is written to as the replay leaves it, stand-ins for secrets. */
  readonly imageOut?: string | undefined;
}

/** Throws `ETRACEMODULE` unless the trace was recorded with this very module. */
export function checkModule(header: TraceHeader, metadata: Metadata): void {
  if (header.buildId === metadata.buildId && header.imageSize === metadata.imageSize) return;
  const isSameLayout = header.layoutId === metadata.layoutId && header.imageSize === metadata.imageSize;
  throw new WasmoteError(
    "ETRACEMODULE",
    "usage",
    `the trace is of build ${header.buildId}, the module is build ${metadata.buildId} ${
      isSameLayout ? "of the same layout" : "with another layout"
    }`,
    {
      cure: isSameLayout
        ? "give the module that was recorded, or see with --other-build where this one goes another way"
        : "give the module that was recorded",
    },
  );
}

export function describeOutcome(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case "returned":
      return outcome.waitMs === undefined ? "it returns" : `it returns ${outcome.waitMs}`;
    case "trapped":
      return `it traps: ${TRAPS[outcome.reason] ?? TRAPS[0]}`;
    case "cut":
      return "the power goes";
    case "hung":
      return "it does not return";
    case "open":
      return "the trace ends";
  }
}

export function describeCall({ name, nowMs, sleptMs }: CallName): string {
  if (name === "step") return `step(${nowMs})`;
  return name === "resume" ? `resume(${nowMs}, ${sleptMs})` : `${name}()`;
}

/** What to do about a difference. */
export function cureFor({ call, ...difference }: Difference): string {
  if (difference.kind === "end") {
    const { expected, got } = difference;
    if (isOutOfBounds(expected) && got.kind === "returned") {
      return "replay it with --engine wasm3: V8 does not see what is read past the image";
    }
    if (isOutOfBounds(got) && expected.kind === "returned") {
      return "if V8 recorded it, the module reads past its image, which V8 does not see: mend that";
    }
  }
  return `see what it did before with --print --until ${call.number}`;
}

function isOutOfBounds(outcome: CallOutcome): boolean {
  return outcome.kind === "trapped" && outcome.reason === Trap.outOfBounds;
}

/** One line for a person. */
export function describeDifference(difference: Difference): string {
  const { call } = difference;
  const where = `call ${call.number}, ${describeCall(call)}`;
  switch (difference.kind) {
    case "import":
      return `${where}: host call ${difference.index} is ${difference.got}, in the trace ${difference.expected}`;
    case "end":
      return `${where}: ${describeOutcome(difference.got)}, in the trace ${describeOutcome(difference.expected)}`;
    case "image": {
      const { at, expected, got, count } = difference;
      const more = count === 1 ? "" : `; ${count} bytes differ`;
      return `${where}: byte ${at} of the image is ${hex(got)}, in the trace ${hex(expected)}${more}`;
    }
  }
}

export function describeImport(name: ImportName, parameters: readonly number[]): string {
  return `${name}(${parameters.map((each) => each | 0).join(", ")})`;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
