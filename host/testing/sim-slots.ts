/** Slots for checkpoints, in memory, whose writes can be torn after any byte, and whose bytes can rot. */

import { WasmoteError } from "../errors.ts";
import { SLOTS, type Slots } from "../storage/slots.ts";

/** The head in front of an image: see host/storage/checkpoint.ts. */
const HEAD_BYTES = 32;
const SEQUENCE_AT = 4;
const ERASED = 0xff;

/** What flash and files leave where a write was torn: erased cells, or what was there before. */
export type TornRest = "erased" | "old";

export class SimSlots implements Slots {
  /** Set by a write that the power was cut in; whoever powers the node takes it away. */
  wasTorn = false;
  /** The storage is full or broken: every write fails, and says so. */
  isBroken = false;
  rest: TornRest = "erased";
  readonly #slots: Uint8Array[];
  readonly #onWrite: (bytes: number, sequence: number) => number | undefined;

  /**
   * `imageSize` bytes have room in a slot. `onWrite` is asked before each write, of so many bytes, of the checkpoint of that number, and says after how many bytes the power
   * goes, if it does.
   */
  constructor(imageSize: number, onWrite: (bytes: number, sequence: number) => number | undefined) {
    this.#slots = Array.from({ length: SLOTS }, () => new Uint8Array(HEAD_BYTES + imageSize));
    this.#onWrite = onWrite;
  }

  read(slot: number): Uint8Array {
    return this.#at(slot).slice();
  }

  write(slot: number, bytes: Uint8Array): void {
    const kept = this.#at(slot);
    const sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(SEQUENCE_AT, true);
    const tornAfter = this.#onWrite(bytes.length, sequence);
    if (this.isBroken) {
      throw new WasmoteError("EIMAGEFILE", "device", "can't keep the image: no space left", { cure: "make room" });
    }
    if (tornAfter === undefined) {
      kept.set(bytes);
      return;
    }
    // An erased sector comes before the first byte.
    if (this.rest === "erased") kept.fill(ERASED);
    kept.set(bytes.subarray(0, tornAfter));
    this.wasTorn = true;
    throw new WasmoteError("EIMAGEFILE", "device", "the power is gone");
  }

  /** Turns one bit of a slot round. */
  flip(slot: number, bit: number): void {
    const bytes = this.#at(slot);
    const at = (bit >>> 3) % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  }

  close(): void {}

  #at(slot: number): Uint8Array {
    const bytes = this.#slots[slot];
    if (bytes === undefined) throw new RangeError(`there is no slot ${slot}`);
    return bytes;
  }
}
