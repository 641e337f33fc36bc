/** What the node says to whoever runs it. */

import { log } from "../hal";
import { LINE } from "../image";
import { Text, writeBytes, writeDecimal, writeU8 } from "../text";

export const LINE_CAPACITY: i32 = 32;
/** Longest text that a number goes behind: a sign and ten digits fit as well. */
export const MAX_NUMBERED: i32 = 20;

export namespace Level {
  export const DEBUG: i32 = 0;
  export const INFO: i32 = 1;
  export const WARNING: i32 = 2;
  export const ERROR: i32 = 3;
}


@inline
export function say(level: i32, text: Text): void {
  log(level, text.bytes, text.length);
}

/** Says a text of at most `MAX_NUMBERED` bytes and a number behind it. */
export function sayNumber(level: i32, text: Text, value: i32): void {
  let at = writeBytes(LINE, text);
  if (value < 0) at = writeU8(at, 0x2d);
  at = writeDecimal(at, abs(value));
  log(level, LINE, <i32>(at - LINE));
}
