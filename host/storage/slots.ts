/** Where checkpoints are kept: two slots, in a file or in memory. What a slot holds is host/storage/checkpoint.ts's. */

import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { WasmoteError } from "../errors.ts";

export const SLOTS = 2;
/** Any module's image and its head: as boards/posix has it, whose files these are too. */
export const SLOT_BYTES = 65_536 + 4_096;

export interface Slots {
  /** A whole slot. What was never written reads as zeros. */
  read(slot: number): Uint8Array;
  /** Replaces the beginning of a slot; durable when it returns. Throws `EIMAGEFILE` if the storage fails. */
  write(slot: number, bytes: Uint8Array): void;
  close(): void;
}

/** Checkpoints that end with this process, for simulated power cuts. */
export class MemorySlots implements Slots {
  readonly #slots = Array.from({ length: SLOTS }, () => new Uint8Array(SLOT_BYTES));

  read(slot: number): Uint8Array {
    return this.#at(slot).slice();
  }

  write(slot: number, bytes: Uint8Array): void {
    this.#at(slot).set(bytes);
  }

  close(): void {}

  #at(slot: number): Uint8Array {
    const bytes = this.#slots[slot];
    if (bytes === undefined) throw new RangeError(`there is no slot ${slot}`);
    return bytes;
  }
}

/** Checkpoints in a file, which is made if there is none. It is sparse: a small image takes little of the disk. */
export class FileSlots implements Slots {
  readonly #path: string;
  readonly #file: number;

  /** Throws `EIMAGEFILE` if the file can't be used. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openForBoth(path);
    } catch (error) {
      throw this.#failed(error);
    }
    const status = fstatSync(this.#file);
    if (status.isFile() && status.size <= SLOTS * SLOT_BYTES) return;
    closeSync(this.#file);
    throw this.#failed(status.isFile() ? "it is too large to hold checkpoints" : "it is not a file");
  }

  read(slot: number): Uint8Array {
    const bytes = new Uint8Array(SLOT_BYTES);
    try {
      for (let done = 0; done < SLOT_BYTES; ) {
        const length = readSync(this.#file, bytes, done, SLOT_BYTES - done, slot * SLOT_BYTES + done);
        if (length === 0) break;
        done += length;
      }
    } catch (error) {
      throw this.#failed(error);
    }
    return bytes;
  }

  write(slot: number, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, slot * SLOT_BYTES + done);
      }
      fsyncSync(this.#file);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #failed(why: unknown): WasmoteError {
    const text = why instanceof Error ? why.message : String(why);
    return new WasmoteError("EIMAGEFILE", "device", `can't keep the image in ${this.#path}: ${text}`, {
      cure: "give another file",
      ...(why instanceof Error && { cause: why }),
    });
  }
}

/** Neither "r+" makes a file nor does "w+" keep what is in one. The image may hold a password: it is its owner's alone. */
function openForBoth(path: string): number {
  try {
    return openSync(path, "r+");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return openSync(path, "wx+", 0o600);
  }
}
