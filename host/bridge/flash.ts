/** The flash of boards/virt-rv32 as a file: modules in the first sectors, checkpoints behind them. */

import { open } from "node:fs/promises";
import { FIRST_SEQUENCE, sealModule } from "../device/module-slot.ts";

/** QEMU wants a file of the bank's size; what was never written takes no room on the disk. */
const BANK_BYTES = 32 << 20;
/** What is erased at a time: a slot. */
export const SECTOR_BYTES = 0x40000;
const ERASED = 0xff;

/** Where the slots for checkpoints begin, in bytes. */
export const CHECKPOINT_SLOTS: readonly number[] = [2, 3, 4, 5].map((sector) => sector * SECTOR_BYTES);

/** One of the two slots for modules, and the number of what it gets: the newest one that is whole runs. */
export interface ModuleSlot {
  readonly slot: 0 | 1;
  readonly sequence: number;
}

/**
 * Puts a module into the flash, and makes the file if there is none; what else it holds stays. Throws `ETOOLARGE` for
 * one that has no room.
 */
export async function flashModule(
  path: string,
  wasm: Uint8Array,
  { slot, sequence }: ModuleSlot = { slot: 0, sequence: FIRST_SEQUENCE },
): Promise<void> {
  const sealed = sealModule(wasm, sequence, SECTOR_BYTES);
  // Neither mode alone makes a file that is missing and keeps one that is not. An image may hold a password.
  await (await open(path, "a", 0o600)).close();
  const file = await open(path, "r+");
  try {
    await file.truncate(BANK_BYTES);
    const sector = Buffer.alloc(SECTOR_BYTES, ERASED);
    sealed.copy(sector);
    await file.write(sector, 0, sector.length, slot * SECTOR_BYTES);
  } finally {
    await file.close();
  }
}
