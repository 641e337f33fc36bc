/** The flash of boards/virt-rv32 as a file: modules in the first sectors, checkpoints behind them. */

import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { WasmoteError } from "../errors.ts";

/** QEMU wants a file of the bank's size; what was never written takes no room on the disk. */
const BANK_BYTES = 32 << 20;
/** What is erased at a time: a slot. */
export const SECTOR_BYTES = 0x40000;
const HEAD_BYTES = 32;
const ERASED = 0xff;

/** Where the slots for checkpoints begin, in bytes. */
export const CHECKPOINT_SLOTS: readonly number[] = [2, 3, 4, 5].map((sector) => sector * SECTOR_BYTES);

/** One of the two slots for modules, and the number of what it gets: the newest one that is whole runs. */
export interface ModuleSlot {
  readonly slot: 0 | 1;
  readonly sequence: number;
}

/**
 * Puts a module into the flash, and makes the file if there is none; what else it holds stays. Throws `EMODULE` for one that
 * is too large.
 */
export async function flashModule(
  path: string,
  wasm: Uint8Array,
  { slot, sequence }: ModuleSlot = { slot: 0, sequence: 1 },
): Promise<void> {
  if (wasm.length > SECTOR_BYTES - HEAD_BYTES) {
    throw new WasmoteError("EMODULE", "module", `a module of ${wasm.length} bytes has no room in flash`, {
      cure: `keep it below ${SECTOR_BYTES - HEAD_BYTES} bytes`,
    });
  }
  // Neither mode alone makes a file that is missing and keeps one that is not.
  await (await open(path, "a")).close();
  const file = await open(path, "r+");
  try {
    await file.truncate(BANK_BYTES);
    const sector = Buffer.alloc(SECTOR_BYTES, ERASED);
    moduleHead(wasm, sequence).copy(sector);
    sector.set(wasm, HEAD_BYTES);
    await file.write(sector, 0, sector.length, slot * SECTOR_BYTES);
  } finally {
    await file.close();
  }
}

/** What stands in front of a module in flash. */
function moduleHead(wasm: Uint8Array, sequence: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write("WMMO", 0, "latin1");
  head.writeUInt32LE(sequence, 4);
  head.writeUInt32LE(wasm.length, 8);
  head.writeUInt32LE(crc32(wasm), 12);
  head.writeUInt32LE(crc32(head.subarray(0, 28)), 28);
  return head;
}
