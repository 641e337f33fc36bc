/** Reads the parts of the WebAssembly binary format that a host must look at before it runs a module. */

import { WasmoteError } from "../errors.ts";

/** Section numbers of the WebAssembly binary format. */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  code: 10,
  data: 11,
} as const;

/** The standard's names of all its sections, by their numbers. */
export const SECTION_NAMES = [
  ...["custom", "type", "import", "function", "table", "memory", "global"],
  ...["export", "start", "element", "code", "data", "data count", "tag"],
] as const;

/** One section; `name` is empty but for custom sections, and `contents` leaves that name out. */
export interface Section {
  readonly id: number;
  readonly name: string;
  readonly contents: Uint8Array;
  /** Of all of it: its number, its size and that name as well. */
  readonly bytes: number;
}

/** A cursor over bytes that throws `EMODULE` rather than reading past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#position++];
    if (value === undefined) throw malformed("it ends in the middle of a section");
    return value;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw malformed("a number is longer than 32 bits");
  }

  /** A signed LEB128 number of at most 32 bits. */
  i32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift < 25 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
    }
    throw malformed("a number is longer than 32 bits");
  }

  bytes(length: number): Uint8Array {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw malformed("it ends in the middle of a section");
    const slice = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return slice;
  }

  /** How many bytes have been read. */
  get position(): number {
    return this.#position;
  }

  /** Everything that has not been read yet. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#position);
  }

  /** A length-prefixed UTF-8 name. */
  name(): string {
    return new TextDecoder("utf-8").decode(this.bytes(this.u32()));
  }
}

/** Splits a module into its sections, in file order. Throws `EMODULE` if it is not WebAssembly. */
export function readSections(module: Uint8Array): Section[] {
  const reader = new ByteReader(module);
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  if (module.length < header.length || !header.every((byte) => reader.byte() === byte)) {
    throw malformed("it does not begin with the WebAssembly header");
  }
  const sections: Section[] = [];
  while (!reader.done) {
    const start = reader.position;
    const id = reader.byte();
    const contents = reader.bytes(reader.u32());
    const bytes = reader.position - start;
    if (id !== SectionId.custom) {
      sections.push({ id, name: "", contents, bytes });
      continue;
    }
    const inner = new ByteReader(contents);
    const name = inner.name();
    sections.push({ id, name, contents: inner.rest(), bytes });
  }
  return sections;
}

function malformed(what: string): WasmoteError {
  return new WasmoteError("EMODULE", "module", `not a WebAssembly module: ${what}`, {
    cure: "build it again with `npm run build`",
  });
}
