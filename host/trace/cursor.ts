/** A place in a trace that can't pass its end. */

import { WasmoteError } from "../errors.ts";

const MAX_VARINT_BYTES = 5;
/** Of 32 bits the fifth byte has four. */
const LAST_BITS = 0x0f;

/** The trace ends in the middle of a record. */
export class EndOfTrace extends Error {
  override readonly name = "EndOfTrace";
}

export class Cursor {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new EndOfTrace();
    this.#offset++;
    return byte;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  varint(): number {
    const start = this.#offset;
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte();
      if (i === MAX_VARINT_BYTES - 1 && byte > LAST_BITS) break;
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return value >>> 0;
    }
    throw damaged(start, "a number is too long");
  }

  u32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#offset) throw new EndOfTrace();
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** What lies between an offset and here. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#offset);
  }
}

export function damaged(offset: number, what: string): WasmoteError {
  return new WasmoteError("ETRACE", "usage", `the trace is damaged at offset ${offset}: ${what}`, {
    cure: "take another copy of it; what comes before that offset can be replayed with --until",
  });
}
