/** What lies where in a board's flash, and whether it fits. */

import { WasmoteError } from "../errors.ts";
import { APP_TYPE, type Partition, TABLE_BYTES } from "./partition-table.ts";

/** Bytes that go to one place. */
export interface Piece {
  /** For messages, such as `bootloader` or `module0`. */
  readonly name: string;
  /** Where it begins in flash, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The flash that is meant: its partitions, where their table lies, and the whole size in bytes. */
export interface Flash {
  readonly partitions: readonly Partition[];
  readonly tableOffset: number;
  readonly bytes: number;
}

const DATA_TYPE = 1;
const PROVISION_SUBTYPE = 0x40;
const MODULE_SUBTYPE = 0x41;

/** Where this project's firmware keeps modules and settings, for whoever flashes those alone: boards/esp32/partitions.csv. */
export const PROJECT_PARTITIONS: readonly Partition[] = [
  { name: "provision", type: DATA_TYPE, subtype: PROVISION_SUBTYPE, offset: 0x12000, size: 0x4000 },
  { name: "module0", type: DATA_TYPE, subtype: MODULE_SUBTYPE, offset: 0x320000, size: 0x10000 },
  { name: "module1", type: DATA_TYPE, subtype: MODULE_SUBTYPE, offset: 0x330000, size: 0x10000 },
];

/** Bytes of `4MB`, `512KB`; 128 MB at most. Throws `EUSAGE`. */
export function parseFlashSize(text: string): number {
  const [, number, unit] = text.match(/^(\d{1,4})([KM])B$/) ?? [];
  const bytes = Number(number) * (unit === "K" ? 1024 : 1024 * 1024);
  if (bytes > 0 && bytes <= 128 * 1024 * 1024) return bytes;
  throw new WasmoteError("EUSAGE", "usage", `"${text}" is no size of a flash`, { cure: "write 2MB, 4MB, 8MB or 16MB" });
}

/** The partition of that name. Throws `EPARTITIONS` if the firmware has none, or one of another kind. */
export function partitionNamed(partitions: readonly Partition[], name: string): Partition {
  const found = partitions.find((each) => each.name === name);
  const meant = PROJECT_PARTITIONS.find((each) => each.name === name);
  if (found !== undefined && found.type === meant?.type && found.subtype === meant.subtype) return found;
  const what = found === undefined ? "has no" : "has another kind of";
  throw new WasmoteError("EPARTITIONS", "usage", `the firmware's partition table ${what} partition ${name}`, {
    cure: "build the firmware with the table of boards/esp32/partitions.csv",
  });
}

/**
 * Throws unless every piece has its own place: `ETOOLARGE` for one that leaves its partition or the flash, `EOVERLAP` for two
 * at one place, `EPARTITIONS` for one that the table has no place for.
 */
export function checkPieces(pieces: readonly Piece[], flash: Flash): void {
  for (const { name, offset, size } of flash.partitions) {
    if (offset + size > flash.bytes) {
      throw tooLarge(`the partition ${name} ends at ${hex(offset + size)}`, `the flash at ${hex(flash.bytes)}`);
    }
  }
  const sorted = pieces.toSorted((one, other) => one.offset - other.offset);
  for (const [index, piece] of sorted.entries()) {
    checkPlace(piece, flash);
    const next = sorted[index + 1];
    if (next !== undefined && endOf(piece) > next.offset) {
      const message = `${piece.name} ends at ${hex(endOf(piece))}, where ${next.name} begins at ${hex(next.offset)}`;
      throw new WasmoteError("EOVERLAP", "usage", message, { cure: "leave one of them out" });
    }
  }
}

/** Throws unless the piece ends where its place does. */
function checkPlace(piece: Piece, flash: Flash): void {
  const { what, end } = placeOf(piece, flash);
  if (endOf(piece) > end) throw tooLarge(`${piece.name} ends at ${hex(endOf(piece))}`, `${what} at ${hex(end)}`);
}

/** What a piece lies in: before the partition table, in its place, or in a partition. */
function placeOf({ name, offset }: Piece, { partitions, tableOffset }: Flash): { what: string; end: number } {
  if (offset < tableOffset) return { what: "the partition table begins", end: tableOffset };
  if (offset === tableOffset) return { what: "the partition table's place", end: tableOffset + TABLE_BYTES };
  const partition = partitions.find((each) => each.offset <= offset && offset < each.offset + each.size);
  if (partition !== undefined && (partition.type !== APP_TYPE || partition.offset === offset)) {
    return { what: `the partition ${partition.name}`, end: partition.offset + partition.size };
  }
  throw new WasmoteError("EPARTITIONS", "usage", `the partition table has no place for ${name} at ${hex(offset)}`, {
    cure: "build the firmware again, with the table of boards/esp32/partitions.csv",
  });
}

function tooLarge(what: string, where: string): WasmoteError {
  return new WasmoteError("ETOOLARGE", "usage", `${what}, ${where}`, {
    cure: "make it smaller, or take a board with more flash and build the firmware for it",
  });
}

/** All pieces in one image of the whole flash, 0xff between them, as erased flash reads. They were checked. */
export function mergePieces(pieces: readonly Piece[], bytes: number): Buffer {
  const image = Buffer.alloc(bytes, 0xff);
  for (const piece of pieces) image.set(piece.bytes, piece.offset);
  return image;
}

function endOf({ offset, bytes }: Piece): number {
  return offset + bytes.length;
}

/** As ESP-IDF's tools write offsets. */
export function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}
