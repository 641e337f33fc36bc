/**
 * A module as a board's flash keeps it: 32 bytes of header, little-endian, then the module.
 *
 *     0  "WMMO"
 *     4  u32 sequence number: the newest valid slot runs
 *     8  u32 length of the module in bytes
 *    12  u32 CRC-32 of the module
 *    16  12 bytes 0
 *    28  u32 CRC-32 of the 28 bytes before it
 */

import { crc32 } from "node:zlib";
import { WasmoteError } from "../errors.ts";
import { docsPage } from "../project.ts";

export const SLOT_HEADER_BYTES = 32;

/** Sequence number of a module that is alone on its board. */
export const FIRST_SEQUENCE = 1;

/** What the flash erases at once: a slot whose first sector is blank holds no module. */
export const SECTOR_BYTES = 0x1000;

/** Puts the header before a module. `sequence`: u32. Throws `ETOOLARGE` if the slot of `capacity` bytes can't hold it. */
export function sealModule(module: Uint8Array, sequence: number, capacity: number): Buffer {
  const room = capacity - SLOT_HEADER_BYTES;
  if (module.length > room) {
    throw new WasmoteError("ETOOLARGE", "module", `the module has ${module.length} bytes, a slot holds ${room}`, {
      cure: `leave out what the application does not use: ${docsPage("application.md")} says what each option costs`,
    });
  }
  const header = Buffer.alloc(SLOT_HEADER_BYTES);
  header.write("WMMO", 0, "latin1");
  header.writeUInt32LE(sequence, 4);
  header.writeUInt32LE(module.length, 8);
  header.writeUInt32LE(crc32(module), 12);
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  return Buffer.concat([header, module]);
}

/** What invalidates a slot: its header's sector, erased. */
export function blankSector(): Buffer {
  return Buffer.alloc(SECTOR_BYTES, 0xff);
}
