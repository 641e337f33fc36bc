/** The flash of boards/virt-rv32 as a file: modules in the first sectors, checkpoints behind them. */

import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { WasmoteError } from "../errors.ts";

/** Where the slots for checkpoints begin, in bytes. */
export const CHECKPOINT_SLOTS: readonly number[] = [2, 3, 4, 5].map((sector) => sector * 0x40000);

/** QEMU wants a file of the bank's size; what was never written takes no room on the disk. */
const BANK_BYTES = 32 << 20;
const SECTOR_BYTES = 0x40000;
const HEAD_BYTES = 32;
const ERASED = 0xff;

/** Makes the file if there is none, and puts the module into it. What else it holds stays. Throws `EMODULE` for one that is too large. */
export async function flashModule(path: string, wasm: Uint8Array): Promise<void> {
  if (wasm.length > SECTOR_BYTES - HEAD_BYTES) {
    throw new WasmoteError("EMODULE", "module", `a module of ${wasm.length} bytes has no room in flash`, {
      cure: `keep it below ${SECTOR_BYTES - HEAD_BYTES} bytes`,
    });
  }
  const file = await open(path, "a+").then(async (created) => {
    await created.close();
    return open(path, "r+");
  });
  try {
    await file.truncate(BANK_BYTES);
    const sector = Buffer.alloc(SECTOR_BYTES, ERASED);
    moduleHead(wasm).copy(sector);
    sector.set(wasm, HEAD_BYTES);
    await file.write(sector, 0, sector.length, 0);
  } finally {
    await file.close();
  }
}

/** What stands in front of a module in flash. */
function moduleHead(wasm: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write("WMMO", 0, "latin1");
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(wasm.length, 8);
  head.writeUInt32LE(crc32(wasm), 12);
  head.writeUInt32LE(crc32(head.subarray(0, 28)), 28);
  return head;
}
