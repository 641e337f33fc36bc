/** The frames on a board's serial line, as boards/virt-rv32/README.md describes them. */

import { crc32 } from "node:zlib";

export interface Frame {
  /** One of `Message`. */
  readonly type: number;
  /** Counts a side's frames, modulo 256. */
  readonly number: number;
  /** At most `MAX_PAYLOAD_BYTES`. */
  readonly payload: Buffer;
}

export const MAX_PAYLOAD_BYTES = 512;

const HEAD_BYTES = 2;
const CRC_BYTES = 4;
const MAX_FRAME_BYTES = HEAD_BYTES + MAX_PAYLOAD_BYTES + CRC_BYTES;

/** The length byte of a block that no zero follows. */
const LONGEST_BLOCK = 0xff;

/** A frame as it goes over the line, the zero behind it included. */
export function encodeFrame({ type, number, payload }: Frame): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + payload.length + CRC_BYTES);
  bytes[0] = type;
  bytes[1] = number;
  payload.copy(bytes, HEAD_BYTES);
  const end = HEAD_BYTES + payload.length;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end);
  return stuff(bytes);
}

/** Consistent overhead byte stuffing: blocks of up to 254 bytes that are not zero, behind their number plus one. */
function stuff(bytes: Buffer): Buffer {
  const line: number[] = [0];
  let block = 0;
  for (const byte of bytes) {
    if (byte !== 0) line.push(byte);
    if (byte === 0 || line.length - block === LONGEST_BLOCK) {
      line[block] = line.length - block;
      block = line.push(0) - 1;
    }
  }
  line[block] = line.length - block;
  line.push(0);
  return Buffer.from(line);
}

/** Finds frames among any bytes. */
export class FrameReader {
  readonly #line: number[] = [];
  #tooLong = false;

  /** Takes bytes of the line; returns what ended in them: frames, and undefined for what is none. */
  read(chunk: Uint8Array): (Frame | undefined)[] {
    const ended: (Frame | undefined)[] = [];
    for (const byte of chunk) {
      if (byte !== 0) {
        this.#take(byte);
      } else if (this.#line.length > 0) {
        ended.push(this.#tooLong ? undefined : decode(this.#line));
        this.#line.length = 0;
        this.#tooLong = false;
      }
    }
    return ended;
  }

  #take(byte: number): void {
    // Stuffed, a frame has one byte more for each 254 begun.
    if (this.#line.length > MAX_FRAME_BYTES + Math.ceil(MAX_FRAME_BYTES / (LONGEST_BLOCK - 1))) this.#tooLong = true;
    else this.#line.push(byte);
  }
}

function decode(line: readonly number[]): Frame | undefined {
  const bytes: number[] = [];
  for (let at = 0; at < line.length; ) {
    const block = line[at] ?? 0;
    if (at + block > line.length) return undefined;
    bytes.push(...line.slice(at + 1, at + block));
    at += block;
    if (block !== LONGEST_BLOCK && at < line.length) bytes.push(0);
  }
  const end = bytes.length - CRC_BYTES;
  if (end < HEAD_BYTES || bytes.length > MAX_FRAME_BYTES) return undefined;
  const frame = Buffer.from(bytes);
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32LE(end)) return undefined;
  return { type: frame.readUInt8(0), number: frame.readUInt8(1), payload: frame.subarray(HEAD_BYTES, end) };
}
