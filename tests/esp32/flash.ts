/** What a chip's flash holds, as a file: partition table, module slots, settings. */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sealModule } from "../../host/device/module-slot.ts";
import { sealProvision } from "../../host/device/provision.ts";
import { LINUX_PROGRAM } from "./targets.ts";

const FLASH_BYTES = 4 << 20;
const TABLE_OFFSET = 0x8000;

/** boards/esp32/partitions.csv. */
export const PARTITIONS = {
  provision: 0x12000,
  module0: 0x320000,
  module1: 0x330000,
  checkpoint: 0x340000,
} as const;

const PROVISION_BYTES = 0x4000;
const MODULE_BYTES = 0x10000;
const CHECKPOINT_BYTES = 0x20000;

export class Flash {
  readonly path: string;

  /** Writes a chip's flash as it comes from the factory: erased, but for the partition table. */
  constructor(path: string) {
    this.path = path;
    const bytes = Buffer.alloc(FLASH_BYTES, 0xff);
    readFileSync(join(dirname(LINUX_PROGRAM), "partition_table", "partition-table.bin")).copy(bytes, TABLE_OFFSET);
    writeFileSync(path, bytes);
  }

  writeModule(slot: 0 | 1, sequence: number, wasm: Uint8Array): this {
    return this.#write(PARTITIONS[`module${slot}`], sealModule(wasm, sequence, MODULE_BYTES));
  }

  /** Writes settings for the next start. */
  provision(settings: Readonly<Record<string, string>>): this {
    const list = Object.entries(settings).map(([key, value]) => ({ key, value }));
    return this.#write(PARTITIONS.provision, sealProvision(list, PROVISION_BYTES));
  }

  /** Flips a bit. */
  damage(offset: number): this {
    const byte = readFileSync(this.path)[offset] ?? 0;
    return this.#write(offset, Buffer.from([byte ^ 0x10]));
  }

  /** How many sectors of the checkpoint partition hold the beginning of a checkpoint. */
  get checkpoints(): number {
    const area = readFileSync(this.path).subarray(PARTITIONS.checkpoint, PARTITIONS.checkpoint + CHECKPOINT_BYTES);
    let found = 0;
    for (let at = 0; at < area.length; at += 0x1000) found += area.toString("latin1", at, at + 4) === "WMCK" ? 1 : 0;
    return found;
  }

  /** Whether these bytes are anywhere in it. */
  holds(text: string): boolean {
    return readFileSync(this.path).includes(text);
  }

  #write(offset: number, bytes: Buffer): this {
    const flash = readFileSync(this.path);
    bytes.copy(flash, offset);
    writeFileSync(this.path, flash);
    return this;
  }
}
