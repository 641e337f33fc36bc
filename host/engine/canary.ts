/**
 * Catches writes past the image. V8 backs the whole 64 KiB page, so a write that would trap on a device, whose memory
 * ends where the image does, would go unnoticed here: what lies above the image is filled with a pattern and looked at.
 */

import { WasmoteError } from "../errors.ts";

const PATTERN = 0xc5;
/** The pattern as four bytes of an Int32Array. */
const PATTERN_WORD = (PATTERN * 0x0101_0101) | 0;
/** One look at this many words costs about 5 ns: it may follow every step, also in a benchmark. */
const STRETCH_WORDS = 16;

export class Canary {
  readonly #imageSize: number;
  readonly #words: Int32Array;
  readonly #stretchWords: number;

  /** Fills everything from `imageSize`, a multiple of 8, to the end of the page. */
  constructor(memory: ArrayBuffer, imageSize: number) {
    this.#imageSize = imageSize;
    this.#words = new Int32Array(memory, imageSize).fill(PATTERN_WORD);
    this.#stretchWords = Math.min(STRETCH_WORDS, this.#words.length);
  }

  /** Looks at the 64 bytes above the image, where an overrun lands first; throws `ECANARY` if any was written. */
  check(): void {
    if (!untouched(this.#words, this.#stretchWords)) this.#report();
  }

  /** Looks at everything above the image, in about 5 µs; throws `ECANARY` if any byte was written. */
  checkAll(): void {
    if (!untouched(this.#words, this.#words.length)) this.#report();
  }

  /** The pattern is whole again afterwards, so that each of a fleet's nodes is judged by its own writes. */
  #report(): never {
    const bytes = new Uint8Array(this.#words.buffer, this.#imageSize);
    const at = bytes.findIndex((byte) => byte !== PATTERN);
    this.#words.fill(PATTERN_WORD);
    throw new WasmoteError(
      "ECANARY",
      "module",
      `the module wrote at ${this.#imageSize + at}, outside its image of ${this.#imageSize} bytes`,
      { cure: "keep every store inside memory.data(); a device would have trapped here" },
    );
  }
}

/** `length` must be even, and is: an image ends at a multiple of 8. */
function untouched(words: Int32Array, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i += 2) {
    difference |= ((words[i] as number) ^ PATTERN_WORD) | ((words[i + 1] as number) ^ PATTERN_WORD);
  }
  return difference === 0;
}
