/**
 * Reads a trace, frame by frame. Nothing in it is trusted: what breaks the format is `ETRACE` with its offset, and a trace that
 * was cut off ends with its last whole record.
 */

import { crc32 } from "node:zlib";
import { ABI_VERSION } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import { Cursor, damaged, EndOfTrace } from "./cursor.ts";
import {
  EXPORT_NAMES,
  type ExportName,
  HEADER_BYTES,
  handedBytes,
  IMPORT_NAMES,
  type ImportName,
  MAGIC,
  MAX_IMAGE_BYTES,
  Outcome,
  RECORDED_PARAMETERS,
  Tag,
  TRACE_VERSION,
  TRAPS,
} from "./format.ts";

const CRC_BYTES = 4;
const MAX_RESULT = 0x7fff_ffff;

export interface TraceHeader {
  readonly abiVersion: number;
  readonly layoutId: number;
  /** 16 hexadecimal digits. */
  readonly buildId: string;
  readonly imageSize: number;
  /** When the recording began, in milliseconds since 1970; 0 where no clock told. */
  readonly unixMs: number;
}

/** Bytes of an image that a call has changed. */
export interface Run {
  readonly start: number;
  readonly length: number;
  /** Undefined where a secret is: a replay has something else there. */
  readonly bytes: Uint8Array | undefined;
}

/** From here on the node is another image: the module's own, or the one that is given. */
export interface StartFrame {
  readonly kind: "start";
  readonly offset: number;
  readonly image: Uint8Array | undefined;
  readonly hidden: readonly Run[];
}

export interface ImportRecord {
  readonly offset: number;
  readonly name: ImportName;
  /** Those that a trace has: all but pointers. As unsigned numbers. */
  readonly parameters: readonly number[];
  /** Undefined: the call of the export ended in it. */
  readonly result: number | undefined;
  readonly handed: Uint8Array;
}

export type CallEnd =
  | { readonly kind: "returned"; readonly waitMs: number | undefined; readonly runs: readonly Run[] }
  | { readonly kind: "trapped"; readonly reason: number; readonly runs: readonly Run[] }
  | { readonly kind: "cut" }
  | { readonly kind: "hung" };

export interface CallFrame {
  readonly kind: "call";
  readonly offset: number;
  readonly name: ExportName;
  readonly nowMs: number;
  readonly sleptMs: number;
  readonly imports: readonly ImportRecord[];
  /** Undefined: the trace was cut off in the middle of it. */
  readonly end: CallEnd | undefined;
}

export type Frame = StartFrame | CallFrame;

export class Trace {
  readonly header: TraceHeader;
  /** Where the last record begins that is not whole, once `frames` has come there; undefined for a trace that is whole. */
  cutOffAt: number | undefined;
  readonly #bytes: Uint8Array;

  /** Throws `ETRACE` for what is no trace, `ETRACEVERSION` for one of another version. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.header = readHeader(bytes);
  }

  /** Its frames in their order. Throws `ETRACE` at the first byte that breaks the format. */
  *frames(): Generator<Frame> {
    const cursor = new Cursor(this.#bytes, HEADER_BYTES);
    let hasImage = false;
    let isFresh = false;
    let nowMs = 0;
    while (!cursor.isAtEnd) {
      const offset = cursor.offset;
      const tag = cursor.byte();
      if (tag === Tag.fresh || tag === Tag.image) {
        const start = this.#start(cursor, offset, tag);
        if (start === undefined) {
          this.cutOffAt = offset;
          return;
        }
        nowMs = start.nowMs;
        hasImage = true;
        isFresh = tag === Tag.fresh;
        yield start.frame;
        continue;
      }
      const name = (tag & 0xf0) === Tag.call ? EXPORT_NAMES[tag & 0x0f] : undefined;
      if (name === undefined) throw damaged(offset, `${hex(tag)} begins no frame`);
      if (!hasImage) throw damaged(offset, "a call has no image");
      if (isFresh !== (name === "setup")) throw damaged(offset, `${name} is not what a node is called with here`);
      const frame = this.#call(cursor, offset, name, nowMs);
      if (frame === undefined) {
        this.cutOffAt = offset;
        return;
      }
      nowMs = frame.nowMs;
      isFresh = false;
      hasImage = frame.end?.kind === "returned";
      yield frame;
      if (frame.end === undefined) return;
    }
  }

  #start(cursor: Cursor, offset: number, tag: number): { frame: StartFrame; nowMs: number } | undefined {
    try {
      const nowMs = cursor.varint();
      const image = tag === Tag.image ? cursor.take(this.header.imageSize) : undefined;
      const hidden = image === undefined ? [] : this.#runs(cursor);
      if (hidden.some(({ bytes }) => bytes !== undefined)) throw damaged(offset, "an image has changes");
      checkCrc(cursor, offset);
      return { frame: { kind: "start", offset, image, hidden }, nowMs };
    } catch (error) {
      if (error instanceof EndOfTrace) return undefined;
      throw error;
    }
  }

  /** Undefined: nothing of it is whole. */
  #call(cursor: Cursor, offset: number, name: ExportName, lastMs: number): CallFrame | undefined {
    let call: { nowMs: number; sleptMs: number } | undefined;
    const imports: ImportRecord[] = [];
    let end: CallEnd | undefined;
    let at = offset;
    try {
      const isTimed = name === "step" || name === "resume";
      const nowMs = isTimed ? (lastMs + cursor.varint()) >>> 0 : lastMs;
      call = { nowMs, sleptMs: name === "resume" ? cursor.varint() : 0 };
      for (;;) {
        at = cursor.offset;
        const tag = cursor.byte();
        if (tag >= Tag.returned) {
          const read = this.#end(cursor, at, tag, name);
          if (read.kind === "returned" && imports.at(-1)?.result === undefined && imports.length > 0) {
            throw damaged(at, "a call returned that had ended");
          }
          checkCrc(cursor, offset);
          end = read;
          break;
        }
        if (imports.length > 0 && imports.at(-1)?.result === undefined) {
          throw damaged(at, "a call goes on that had ended");
        }
        imports.push(readImport(cursor, at, tag));
      }
    } catch (error) {
      if (!(error instanceof EndOfTrace)) throw error;
      this.cutOffAt = at;
    }
    return call && { kind: "call", offset, name, ...call, imports, end };
  }

  #end(cursor: Cursor, offset: number, tag: number, name: ExportName): CallEnd {
    if (tag === Tag.returned) {
      const waitMs = name === "step" ? (cursor.varint() - 1) >>> 0 : undefined;
      return { kind: "returned", waitMs, runs: this.#runs(cursor) };
    }
    if (tag === Tag.trapped) {
      const reason = cursor.byte();
      if (reason >= TRAPS.length) throw damaged(offset, `there is no trap ${reason}`);
      return { kind: "trapped", reason, runs: this.#runs(cursor) };
    }
    if (tag === Tag.cut) return { kind: "cut" };
    if (tag === Tag.hung) return { kind: "hung" };
    throw damaged(offset, `${hex(tag)} is no record`);
  }

  #runs(cursor: Cursor): Run[] {
    const runs: Run[] = [];
    let end = 0;
    for (;;) {
      const offset = cursor.offset;
      const length = cursor.varint();
      if (length === 0) return runs;
      const bytes = length >>> 1;
      const start = end + cursor.varint();
      end = start + bytes;
      if (bytes === 0 || end > this.header.imageSize) throw damaged(offset, "a change lies outside the image");
      runs.push({ start, length: bytes, bytes: (length & 1) === 0 ? cursor.take(bytes) : undefined });
    }
  }
}

function readHeader(bytes: Uint8Array): TraceHeader {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEADER_BYTES));
  if (head.length < HEADER_BYTES || head.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    throw new WasmoteError("ETRACE", "usage", "this is no trace: it does not begin with the header of one", {
      cure: "give a file that --trace wrote",
    });
  }
  const version = head[4];
  if (version !== TRACE_VERSION) {
    throw new WasmoteError(
      "ETRACEVERSION",
      "usage",
      `the trace has version ${version} of the format, this wasmote reads version ${TRACE_VERSION}`,
      { cure: "replay it with the version of wasmote that recorded it, or a later one" },
    );
  }
  if (crc32(head.subarray(0, HEADER_BYTES - CRC_BYTES)) !== head.readUInt32LE(HEADER_BYTES - CRC_BYTES)) {
    throw damaged(0, "the header's CRC is wrong");
  }
  const header = {
    abiVersion: head.readUInt16LE(6),
    layoutId: head.readUInt32LE(8),
    buildId: head.toString("hex", 12, 20),
    imageSize: head.readUInt32LE(20),
    unixMs: Number(head.readBigInt64LE(24)),
  };
  if (header.abiVersion !== ABI_VERSION) throw damaged(6, `there is no version ${header.abiVersion} of the ABI`);
  const { imageSize } = header;
  if (imageSize === 0 || imageSize % 8 !== 0 || imageSize > MAX_IMAGE_BYTES) {
    throw damaged(20, `an image has no ${imageSize} bytes`);
  }
  return header;
}

function readImport(cursor: Cursor, offset: number, tag: number): ImportRecord {
  const name = IMPORT_NAMES[tag & 0x0f];
  const outcome = tag >> 4;
  const recorded = RECORDED_PARAMETERS[tag & 0x0f];
  if (name === undefined || recorded === undefined || outcome > Outcome.none) {
    throw damaged(offset, `${hex(tag)} is no record`);
  }
  const parameters = recorded.map(() => cursor.varint());
  let result: number | undefined = outcome === Outcome.zero ? 0 : undefined;
  if (outcome === Outcome.positive || outcome === Outcome.negative) {
    const size = cursor.varint();
    const most = outcome === Outcome.positive ? MAX_RESULT : MAX_RESULT + 1;
    if (size === 0 || size > most) throw damaged(offset, `${name} has a result that is none`);
    result = outcome === Outcome.positive ? size : -size;
  }
  const bytes = result === undefined ? 0 : handedBytes(name, result);
  // The last parameter of both is how much there is room for.
  if ((name === "net_recv" || name === "config_get") && bytes > (parameters.at(-1) ?? 0)) {
    throw damaged(offset, `${name} hands over ${bytes} bytes, more than there was room for`);
  }
  return { offset, name, parameters, result, handed: cursor.take(bytes) };
}

/** Of all from the frame's beginning. */
function checkCrc(cursor: Cursor, start: number): void {
  const found = crc32(cursor.since(start));
  if (found !== cursor.u32()) throw damaged(start, `what is there to offset ${cursor.offset} has a wrong CRC`);
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
