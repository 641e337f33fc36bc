/**
 * ESP-IDF's partition table as it lies in flash: rows of 32 bytes, little-endian, then an optional row with the MD5 of those
 * before it, then 0xff.
 *
 *     aa 50  u8 type  u8 subtype  u32 offset  u32 size  16 bytes name, padded with 0  u32 flags
 *     eb eb  14 bytes 0xff        16 bytes MD5
 */

import { createHash } from "node:crypto";
import { WasmoteError } from "../errors.ts";

export interface Partition {
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  /** Where it begins in flash, in bytes. */
  readonly offset: number;
  readonly size: number;
}

/** What the flash sets aside for the table, signature included. */
export const TABLE_BYTES = 0x1000;

export const APP_TYPE = 0;

const ROW_BYTES = 32;
const NAME_OFFSET = 12;
const NAME_BYTES = 16;
const MD5_OFFSET = 16;
const ROW_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;

/** Reads a table. `path` names it in errors. Throws `EPARTITIONS` for one that is damaged, cut short or contradicts itself. */
export function readPartitionTable(table: Uint8Array, path: string): Partition[] {
  const bytes = Buffer.from(table);
  const partitions: Partition[] = [];
  for (let at = 0; ; at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES);
    if (row.length < ROW_BYTES) throw damaged(path, "it is cut short");
    if (row.every((byte) => byte === 0xff)) break;
    const magic = row.readUInt16LE(0);
    if (magic === MD5_MAGIC) {
      const md5 = createHash("md5").update(bytes.subarray(0, at)).digest();
      if (!md5.equals(row.subarray(MD5_OFFSET))) throw damaged(path, "its MD5 does not match");
    } else if (magic === ROW_MAGIC) {
      partitions.push(readRow(row));
    } else {
      throw damaged(path, at === 0 ? "it is no partition table" : `row ${at / ROW_BYTES} is no partition`);
    }
  }
  checkOrder(partitions, path);
  return partitions;
}

function readRow(row: Buffer): Partition {
  const name = row.subarray(NAME_OFFSET, NAME_OFFSET + NAME_BYTES);
  const end = name.indexOf(0);
  return {
    name: name.toString("utf-8", 0, end < 0 ? NAME_BYTES : end),
    type: row.readUInt8(2),
    subtype: row.readUInt8(3),
    offset: row.readUInt32LE(4),
    size: row.readUInt32LE(8),
  };
}

function checkOrder(partitions: readonly Partition[], path: string): void {
  if (partitions.length === 0) throw damaged(path, "it has no partition");
  const sorted = partitions.toSorted((one, other) => one.offset - other.offset);
  for (const [index, { name, offset }] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && before.offset + before.size > offset) {
      throw damaged(path, `its partitions ${before.name} and ${name} overlap`);
    }
  }
}

function damaged(path: string, what: string): WasmoteError {
  return new WasmoteError("EPARTITIONS", "resource", `${path} can't be used: ${what}`, {
    cure: "build the firmware again: idf.py build",
  });
}
