/**
 * Durable images: what boards/core/checkpoint.h describes, byte for byte, so that a node may go on under the other engine.
 */

import { crc32 } from "node:zlib";
import type { Metadata } from "../module/metadata.ts";
import { SLOTS, type Slots } from "./slots.ts";

const MAGIC = Buffer.from("WMCK");
const HEAD_BYTES = 32;
const At = { sequence: 4, layout: 8, config: 12, length: 16, unixMs: 20, crc: 28 } as const;
/** An age beyond this is cut, as on a board. */
const MAX_AGE_MS = 0x3fff_ffff;

/** What became of the checkpoints when a node started; the C side's names are in boards/core/checkpoint.h. */
export type CheckpointOutcome = "none" | "restored" | "damaged" | "other-module" | "other-config" | "given-up";

export interface CheckpointReport {
  readonly outcome: CheckpointOutcome;
  readonly sequence: number;
  /** Slots that were passed over: torn or flipped. */
  readonly damaged: number;
  /** Milliseconds since the checkpoint was made; 0 where no clock tells. */
  readonly ageMs: number;
  /** The image to resume, if `outcome` is `restored`. */
  readonly image?: Uint8Array;
}

interface Checkpoint {
  readonly slot: number;
  readonly sequence: number;
  readonly layoutId: number;
  readonly configId: number;
  readonly unixMs: number;
  readonly image: Uint8Array;
}

/** Tells one configuration from another: an image is resumed only under the one that it was set up with. */
export function configId(config: ReadonlyMap<string, string>): number {
  let sum = 0;
  for (const [key, value] of config) sum = (sum + crc32(value, crc32(key))) >>> 0;
  return sum;
}

/** The checkpoints of one node. */
export class Checkpoints {
  readonly #slots: Slots;
  readonly #metadata: Metadata;
  readonly #configId: number;
  #slot = 0;
  #sequence = 0;

  constructor(slots: Slots, metadata: Metadata, config: ReadonlyMap<string, string>) {
    this.#slots = slots;
    this.#metadata = metadata;
    this.#configId = configId(config);
  }

  /** Looks for the newest valid checkpoint. `nowMs` is of the Unix epoch, and undefined while the clock is not set. */
  restore(nowMs: number | undefined): CheckpointReport {
    const { newest, damaged } = this.#find();
    if (newest === undefined) {
      return { outcome: damaged > 0 ? "damaged" : "none", sequence: 0, damaged, ageMs: 0 };
    }
    const { sequence, image } = newest;
    const outcome = this.#judge(newest);
    const ageMs = nowMs === undefined || newest.unixMs <= 0 ? 0 : Math.max(0, nowMs - newest.unixMs);
    const report = { outcome, sequence, damaged, ageMs: Math.min(ageMs, MAX_AGE_MS) };
    return outcome === "restored" ? { ...report, image } : report;
  }

  /** Makes an image durable. Throws `EIMAGEFILE` if the storage fails. */
  write(image: Uint8Array, nowMs: number | undefined): void {
    const bytes = Buffer.alloc(HEAD_BYTES + image.length);
    MAGIC.copy(bytes);
    bytes.writeUInt32LE(this.#sequence, At.sequence);
    bytes.writeUInt32LE(this.#metadata.layoutId, At.layout);
    bytes.writeUInt32LE(this.#configId, At.config);
    bytes.writeUInt32LE(image.length, At.length);
    bytes.writeBigInt64LE(BigInt(nowMs ?? 0), At.unixMs);
    bytes.set(image, HEAD_BYTES);
    bytes.writeUInt32LE(crc32(image, crc32(bytes.subarray(0, At.crc))), At.crc);
    this.#slots.write(this.#slot, bytes);
    this.#slot = (this.#slot + 1) % SLOTS;
    this.#sequence = (this.#sequence + 1) >>> 0;
  }

  /** Gives up everything that was checkpointed before: it is never resumed. Returns the number of the newest, if there is one. */
  forget(nowMs: number | undefined): number | undefined {
    const { newest } = this.#find();
    if (newest === undefined) return undefined;
    this.write(new Uint8Array(), nowMs);
    return newest.sequence;
  }

  #judge({ image, layoutId, configId: config }: Checkpoint): CheckpointOutcome {
    if (image.length === 0) return "given-up";
    if (layoutId !== this.#metadata.layoutId || image.length !== this.#metadata.imageSize) return "other-module";
    return config === this.#configId ? "restored" : "other-config";
  }

  /** Finds the newest one, and where the one after it goes. */
  #find(): { newest: Checkpoint | undefined; damaged: number } {
    let newest: Checkpoint | undefined;
    let damaged = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      const found = readSlot(this.#slots.read(slot), slot);
      if (found === "damaged") damaged++;
      else if (found !== "blank" && (newest === undefined || isNewer(found.sequence, newest.sequence))) newest = found;
    }
    this.#slot = newest === undefined ? 0 : (newest.slot + 1) % SLOTS;
    this.#sequence = newest === undefined ? 0 : (newest.sequence + 1) >>> 0;
    return { newest, damaged };
  }
}

/** Sequence numbers wrap at 2^32. */
function isNewer(sequence: number, than: number): boolean {
  return ((sequence - than) | 0) > 0;
}

function readSlot(bytes: Uint8Array, slot: number): Checkpoint | "blank" | "damaged" {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const first = head[0];
  if ((first === 0x00 || first === 0xff) && head.every((byte) => byte === first)) return "blank";
  const length = head.readUInt32LE(At.length);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC) || length > bytes.length - HEAD_BYTES) return "damaged";
  const image = bytes.slice(HEAD_BYTES, HEAD_BYTES + length);
  if (crc32(image, crc32(head.subarray(0, At.crc))) !== head.readUInt32LE(At.crc)) return "damaged";
  return {
    slot,
    sequence: head.readUInt32LE(At.sequence),
    layoutId: head.readUInt32LE(At.layout),
    configId: head.readUInt32LE(At.config),
    unixMs: Number(head.readBigInt64LE(At.unixMs)),
    image,
  };
}
