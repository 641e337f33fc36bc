/** Why V8 trapped, in the words of the format. */

import { WasmoteError } from "../errors.ts";
import { Trap } from "./format.ts";

/** By what V8 says; the first that fits. */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/unreachable/, Trap.unreachable],
  [/memory access out of bounds/, Trap.outOfBounds],
  [/divide by zero|remainder by zero/, Trap.divideByZero],
  [/unrepresentable/, Trap.overflow],
  [/table index|null function|signature mismatch/, Trap.indirectCall],
  [/call stack/, Trap.stackOverflow],
];

/** Of an error of `NodeInstance`. */
export function trapReason(error: WasmoteError): number {
  const { cause } = error;
  if (error.code === "ECANARY") return Trap.overrun;
  // The host itself traps a module for a pointer.
  if (cause instanceof WasmoteError || !(cause instanceof Error)) return Trap.outOfBounds;
  return WORDS.find(([words]) => words.test(cause.message))?.[1] ?? Trap.other;
}
