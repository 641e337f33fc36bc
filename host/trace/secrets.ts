/**
 * Keeps secrets out of traces. What a node is configured with is in its image, whole or in parts: a packet's buffer keeps the
 * end of a password long after the packet. So every part of a secret is looked for, wherever bytes change.
 */

import { WasmoteError } from "../errors.ts";

/** A part of a secret that is shorter says nothing, and would be found everywhere. */
export const LEAST_PART = 4;

/** What stands for each byte of a secret. */
export const STAND_IN = 0x2a;

/** Configuration keys whose values are secrets. */
export function isSecretKey(key: string): boolean {
  return /(password|secret|token)$/i.test(key);
}

export class Secrets {
  readonly #texts: readonly Uint8Array[];
  readonly #longest: number;

  /** Of what a node is configured with. Throws `ETRACESECRET` for a secret that is too short to be found. */
  constructor(config: ReadonlyMap<string, string>) {
    const secrets = [...config].filter(([key, value]) => isSecretKey(key) && value !== "");
    this.#texts = secrets.map(([, value]) => new TextEncoder().encode(value));
    this.#longest = Math.max(0, ...this.#texts.map(({ length }) => length));
    const short = secrets.find(([, value]) => Buffer.byteLength(value) < LEAST_PART);
    if (short === undefined) return;
    throw new WasmoteError(
      "ETRACESECRET",
      "configuration",
      `the value of ${short[0]} has less than ${LEAST_PART} bytes: it can't be kept out of a trace`,
      { cure: "record the node with a longer one" },
    );
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  /** How far around a changed byte a part may lie that it belongs to. */
  get reach(): number {
    return this.#longest;
  }

  /** Calls `found` with where each part begins and ends, in `bytes` from `start` to `end`. */
  find(bytes: Uint8Array, start: number, end: number, found: (start: number, end: number) => void): void {
    for (const text of this.#texts) {
      let at = start;
      while (at + LEAST_PART <= end) {
        const length = longestPart(bytes, at, end, text);
        if (length >= LEAST_PART) found(at, at + length);
        at += Math.max(1, length - LEAST_PART + 1);
      }
    }
  }

  /** A configuration value as a trace has it. */
  value(key: string, bytes: Uint8Array): Uint8Array {
    return isSecretKey(key) ? new Uint8Array(bytes.length).fill(STAND_IN) : bytes;
  }

  /** The bytes with whole secrets replaced: what a peer sends may be of any kind, and a part is chance. */
  without(bytes: Uint8Array): Uint8Array {
    let clean: Uint8Array | undefined;
    for (const text of this.#texts) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = buffer.indexOf(text); at >= 0; at = buffer.indexOf(text, at + 1)) {
        clean ??= bytes.slice();
        clean.fill(STAND_IN, at, at + text.length);
      }
    }
    return clean ?? bytes;
  }
}

/** How many bytes at `at` are a part of the text, at most. */
function longestPart(bytes: Uint8Array, at: number, end: number, text: Uint8Array): number {
  let longest = 0;
  for (let from = 0; from + LEAST_PART <= text.length; from++) {
    let length = 0;
    while (at + length < end && from + length < text.length && bytes[at + length] === text[from + length]) length++;
    longest = Math.max(longest, length);
  }
  return longest;
}
