/**
 * ESP-IDF's executable images, bootloader and application: enough of them to notice one that is cut short, damaged, or for
 * another chip, before it is on a board.
 *
 *     24 bytes header: e9, number of segments, …, u16 chip at 12, …, whether a SHA-256 follows at 23
 *     segments: u32 address, u32 length, data
 *     padding whose last byte, a checksum, ends at a multiple of 16
 *     SHA-256 of all that
 */

import { createHash } from "node:crypto";
import { WasmoteError } from "../errors.ts";

const MAGIC = 0xe9;
const HEADER_BYTES = 24;
const SEGMENT_HEADER_BYTES = 8;
const SHA256_BYTES = 32;
const MAX_SEGMENTS = 16;

/** Chip numbers of the image's header. */
const CHIPS: ReadonlyMap<number, string> = new Map([
  [0, "esp32"],
  [2, "esp32s2"],
  [5, "esp32c3"],
  [9, "esp32s3"],
  [12, "esp32c2"],
  [13, "esp32c6"],
  [16, "esp32h2"],
  [18, "esp32p4"],
  [20, "esp32c61"],
  [23, "esp32c5"],
]);

/** Throws `EFIRMWARE` for an image that a board could not start, `ECHIP` for one of another chip. `path` names it. */
export function checkAppImage(image: Uint8Array, path: string, chip: string): void {
  const bytes = Buffer.from(image);
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC) throw damaged(path, "it is no image of an ESP32");
  const segments = bytes.readUInt8(1);
  if (segments > MAX_SEGMENTS) throw damaged(path, `it says that it has ${segments} segments`);
  let end = HEADER_BYTES;
  for (let segment = 0; segment < segments; segment++) {
    if (end + SEGMENT_HEADER_BYTES > bytes.length) throw damaged(path, "it is cut short");
    end += SEGMENT_HEADER_BYTES + bytes.readUInt32LE(end + 4);
  }
  end = (Math.floor(end / 16) + 1) * 16;
  const hashed = bytes.readUInt8(23) === 1;
  if (end + (hashed ? SHA256_BYTES : 0) > bytes.length) throw damaged(path, "it is cut short");
  if (hashed) {
    const hash = createHash("sha256").update(bytes.subarray(0, end)).digest();
    if (!hash.equals(bytes.subarray(end, end + SHA256_BYTES))) throw damaged(path, "its SHA-256 does not match");
  }
  const number = bytes.readUInt16LE(12);
  const built = CHIPS.get(number);
  if (built !== chip) throw wrongChip(path, built ?? `chip number ${number}`, chip);
}

function damaged(path: string, what: string): WasmoteError {
  return new WasmoteError("EFIRMWARE", "resource", `${path} can't be flashed: ${what}`, {
    cure: "build the firmware again: idf.py build",
  });
}

function wrongChip(path: string, built: string, wanted: string): WasmoteError {
  return new WasmoteError("ECHIP", "usage", `${path} was built for ${built}, not for ${wanted}`, {
    cure: `build it for that chip: idf.py set-target ${wanted} && idf.py build`,
  });
}
