/** A module and settings as the pieces of flash that hold them. */

import { loadModule, readModule } from "../engine/module.ts";
import { readInput } from "./files.ts";
import { type Piece, partitionNamed } from "./flash-layout.ts";
import { blankSector, FIRST_SEQUENCE, sealModule } from "./module-slot.ts";
import type { Partition } from "./partition-table.ts";
import { openProvision } from "./provision.ts";

export interface ModuleSlot {
  /** The slot that gets the module. */
  readonly slot: 0 | 1;
  /**
   * Its sequence number, and the other slot is left as it is. Without one the other slot is blanked: whatever number the
   * board has counted to, the module that was just flashed is the one that runs.
   */
  readonly sequence?: number | undefined;
}

const SLOT_NAMES = ["module0", "module1"] as const;

/** Throws what `loadModule` throws for a module that no host takes, `ETOOLARGE` and `EPARTITIONS`. */
export async function modulePieces(
  path: string,
  partitions: readonly Partition[],
  { slot, sequence }: ModuleSlot,
): Promise<Piece[]> {
  const module = await readModule(path);
  loadModule(module);
  const { name, offset, size } = partitionNamed(partitions, SLOT_NAMES[slot]);
  const sealed = { name, offset, bytes: sealModule(module, sequence ?? FIRST_SEQUENCE, size) };
  if (sequence !== undefined) return [sealed];
  const other = partitionNamed(partitions, SLOT_NAMES[slot === 0 ? 1 : 0]);
  return [sealed, { name: other.name, offset: other.offset, bytes: blankSector() }];
}

/** Throws `ENOFILE`, and what `openProvision` throws for a file that would set nothing. */
export async function provisionPiece(path: string, partitions: readonly Partition[]): Promise<Piece> {
  const { name, offset } = partitionNamed(partitions, "provision");
  const bytes = await readInput(path, "the settings", "make it with wasmote config --out FILE");
  openProvision(bytes, path);
  return { name, offset, bytes };
}
