/**
 * Catches writes past the image. V8 backs the whole 64 KiB page, so a write that would trap on a device, whose memory
 * ends where the image does, would go unnoticed here: what lies above the image is filled with a pattern and looked at.
 */

import { WasmoteError } from "../errors.ts";

/** A quiet NaN would not equal itself; this pattern is an ordinary number as a float64. */
const PATTERN = 0xc5;
const WORD_BYTES = 8;
/** What a step looks at: the stretch just above the image, where an overrun lands first. */
const STRETCH_BYTES = 256;

export class Canary {
  readonly #imageSize: number;
  readonly #words: Float64Array;
  readonly #stretch: number;
  readonly #expected: number;
  readonly #bytes: Uint8Array;

  /** Fills everything from `imageSize`, a multiple of 8, to the end of the page. */
  constructor(memory: ArrayBuffer, imageSize: number) {
    this.#imageSize = imageSize;
    this.#bytes = new Uint8Array(memory, imageSize).fill(PATTERN);
    this.#words = new Float64Array(memory, imageSize);
    this.#stretch = Math.min(STRETCH_BYTES / WORD_BYTES, this.#words.length);
    this.#expected = new Float64Array(new Uint8Array(WORD_BYTES).fill(PATTERN).buffer)[0] ?? 0;
  }

  /** Looks at the 256 bytes above the image; throws `ECANARY` if any was written. */
  check(): void {
    const words = this.#words;
    const expected = this.#expected;
    for (let i = 0; i < this.#stretch; i++) if (words[i] !== expected) this.checkAll();
  }

  /**
   * Looks at everything above the image; throws `ECANARY` if any byte was written. The pattern is whole again afterwards,
   * so that each of a fleet's nodes is judged by its own writes.
   */
  checkAll(): void {
    const at = this.#bytes.findIndex((byte) => byte !== PATTERN);
    if (at < 0) return;
    this.#bytes.fill(PATTERN);
    throw new WasmoteError(
      "ECANARY",
      "module",
      `the module wrote at ${this.#imageSize + at}, outside its image of ${this.#imageSize} bytes`,
      { cure: "keep every store inside memory.data(); a device would have trapped here" },
    );
  }
}
