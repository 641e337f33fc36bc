/** The image as a trace has it after each call, but for where a secret is. */

import type { Run, StartFrame } from "./reader.ts";
import type { ImageDifference } from "./replay.ts";

export class ExpectedImage {
  readonly bytes: Uint8Array;
  readonly #hidden: Uint8Array;

  constructor(imageSize: number) {
    this.bytes = new Uint8Array(imageSize);
    this.#hidden = new Uint8Array(imageSize);
  }

  /** `fresh`: the image of the module before `setup`. */
  start({ image, hidden }: StartFrame, fresh: Uint8Array): void {
    this.bytes.set(image ?? fresh);
    this.#hidden.fill(0);
    this.apply(hidden);
  }

  apply(runs: readonly Run[]): void {
    for (const { start, length, bytes } of runs) {
      if (bytes !== undefined) this.bytes.set(bytes, start);
      this.#hidden.fill(bytes === undefined ? 1 : 0, start, start + length);
    }
  }

  differenceTo(image: Uint8Array): ImageDifference | undefined {
    let first: { at: number; expected: number; got: number } | undefined;
    let count = 0;
    for (let at = 0; at < image.length; at++) {
      const expected = this.bytes[at] as number;
      const got = image[at] as number;
      if (expected === got || this.#hidden[at] === 1) continue;
      first ??= { at, expected, got };
      count++;
    }
    return first && { ...first, count };
  }
}
