/** Build folders as `idf.py build` leaves them, with images of a few bytes. */

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A row of a partition table, as ESP-IDF's documentation describes it. */
export interface Row {
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
}

/** The rows of boards/esp32/partitions.csv. */
export const ROWS: readonly Row[] = [
  { name: "nvs", type: 1, subtype: 0x02, offset: 0x9000, size: 0x6000 },
  { name: "otadata", type: 1, subtype: 0x00, offset: 0xf000, size: 0x2000 },
  { name: "phy_init", type: 1, subtype: 0x01, offset: 0x11000, size: 0x1000 },
  { name: "provision", type: 1, subtype: 0x40, offset: 0x12000, size: 0x4000 },
  { name: "app0", type: 0, subtype: 0x10, offset: 0x20000, size: 0x180000 },
  { name: "app1", type: 0, subtype: 0x11, offset: 0x1a0000, size: 0x180000 },
  { name: "module0", type: 1, subtype: 0x41, offset: 0x320000, size: 0x10000 },
  { name: "module1", type: 1, subtype: 0x41, offset: 0x330000, size: 0x10000 },
  { name: "checkpoint", type: 1, subtype: 0x42, offset: 0x340000, size: 0x20000 },
];

/** partition-table.bin: rows, a row with their MD5, and 0xff up to 3,072 bytes. */
export function encodeTable(rows: readonly Row[], { md5 = true } = {}): Buffer {
  const body = Buffer.concat(
    rows.map(({ name, type, subtype, offset, size }) => {
      const row = Buffer.alloc(32);
      row.set([0xaa, 0x50, type, subtype]);
      row.writeUInt32LE(offset, 4);
      row.writeUInt32LE(size, 8);
      row.write(name, 12, "utf-8");
      return row;
    }),
  );
  const sum = Buffer.concat([
    Buffer.from([0xeb, 0xeb]),
    Buffer.alloc(14, 0xff),
    createHash("md5").update(body).digest(),
  ]);
  const table = Buffer.alloc(0xc00, 0xff);
  table.set(md5 ? Buffer.concat([body, sum]) : body);
  return table;
}

/** An image with one segment of so many bytes, its checksum and its SHA-256. */
export function encodeImage(chip: number, bytes: number): Buffer {
  const header = Buffer.alloc(24);
  header.set([0xe9, 1, 2, 0x2f]);
  header.writeUInt16LE(chip, 12);
  header[23] = 1;
  const segment = Buffer.alloc(8 + bytes, 0x5a);
  segment.writeUInt32LE(0x3fc8_0000, 0);
  segment.writeUInt32LE(bytes, 4);
  const data = Buffer.concat([header, segment]);
  const padded = Buffer.concat([data], (Math.floor(data.length / 16) + 1) * 16);
  padded[padded.length - 1] = segment.subarray(8).reduce((sum, byte) => sum ^ byte, 0xef);
  return Buffer.concat([padded, createHash("sha256").update(padded).digest()]);
}

const ESP32C3 = 5;

export interface Contents {
  readonly bootloader?: Buffer;
  readonly app?: Buffer;
  readonly table?: Buffer;
  readonly flashSize?: string;
}

/** Writes the folder. What is not given is as it should be, for an ESP32-C3. */
export function writeBuildFolder(folder: string, contents: Contents = {}): void {
  const { bootloader = encodeImage(ESP32C3, 3_000), app = encodeImage(ESP32C3, 50_000) } = contents;
  const { table = encodeTable(ROWS), flashSize = "4MB" } = contents;
  for (const name of ["bootloader", "partition_table"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "bootloader/bootloader.bin"), bootloader);
  writeFileSync(join(folder, "partition_table/partition-table.bin"), table);
  writeFileSync(join(folder, "ota_data_initial.bin"), Buffer.alloc(0x2000, 0xff));
  writeFileSync(join(folder, "wasmote.bin"), app);
  const entry = (offset: string, file: string): object => ({ offset, file, encrypted: "false" });
  const args = {
    write_flash_args: ["--flash_mode", "dio", "--flash_size", flashSize, "--flash_freq", "80m"],
    flash_settings: { flash_mode: "dio", flash_size: flashSize, flash_freq: "80m" },
    flash_files: {
      "0x0": "bootloader/bootloader.bin",
      "0x20000": "wasmote.bin",
      "0x8000": "partition_table/partition-table.bin",
      "0xf000": "ota_data_initial.bin",
    },
    bootloader: entry("0x0", "bootloader/bootloader.bin"),
    app: entry("0x20000", "wasmote.bin"),
    "partition-table": entry("0x8000", "partition_table/partition-table.bin"),
    otadata: entry("0xf000", "ota_data_initial.bin"),
    extra_esptool_args: { after: "hard_reset", before: "default_reset", stub: true, chip: "esp32c3" },
  };
  writeFileSync(join(folder, "flasher_args.json"), JSON.stringify(args, null, 4));
}
