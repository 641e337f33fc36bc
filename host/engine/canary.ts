/**
 * Catches writes past the image. V8 backs the whole 64 KiB page, so a write that would trap on a device, whose memory
 * ends where the image does, would go unnoticed here: what lies above the image is filled with a pattern and looked at.
 */

import { WasmoteError } from "../errors.ts";

const PATTERN = 0xc5;
/** The pattern as eight bytes of a Float64Array: the widest that is compared at once. No other bytes are the same number. */
const PATTERN_WORD = new Float64Array(new Uint8Array(8).fill(PATTERN).buffer)[0] as number;
/** One look at this many words costs a few ns: it may follow every step, also in a benchmark. */
const STRETCH_WORDS = 8;

export class Canary {
  readonly #imageSize: number;
  readonly #words: Float64Array;
  readonly #stretchWords: number;

  /** Fills everything from `imageSize`, a multiple of 8, to the end of the page. */
  constructor(memory: ArrayBuffer, imageSize: number) {
    this.#imageSize = imageSize;
    this.#words = new Float64Array(memory, imageSize).fill(PATTERN_WORD);
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

function untouched(words: Float64Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (words[i] !== PATTERN_WORD) return false;
  }
  return true;
}
