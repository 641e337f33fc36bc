/** Writes a node's trace, a frame for each call of an export: docs/trace.md. */

import { crc32 } from "node:zlib";
import { ABI_VERSION } from "../abi.ts";
import type { Metadata } from "../module/metadata.ts";
import { ByteSink } from "./bytes.ts";
import { EXPORT_NAMES, type ExportName, IMPORT_NAMES, MAGIC, Outcome, Tag, TRACE_VERSION } from "./format.ts";
import { type Secrets, STAND_IN } from "./secrets.ts";

export interface RecorderOptions {
  readonly metadata: Metadata;
  /** What is kept out of the trace. */
  readonly secrets: Secrets;
  /** Given the header, then each frame when it is whole. The bytes are valid during the call. */
  readonly write: (bytes: Uint8Array) => void;
  /** Milliseconds since 1970, for whoever reads it; undefined where no clock tells. */
  readonly unixMs: number | undefined;
}

/** Runs of changed bytes that lie no farther apart are one: a run costs two bytes. */
const JOINED_GAP = 2;

/** What a byte of the image is to the frame that is being written. */
const SAME = 0;
const CHANGED = 1;
const HIDDEN = 2;

export class TraceRecorder {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #secrets: Secrets;
  readonly #frame = new ByteSink();
  /** The image as the last frame left it. */
  readonly #image: Uint8Array;
  /** Where the image holds a part of a secret. */
  readonly #hidden: Uint8Array;
  readonly #marks: Uint8Array;
  #isKnown = false;
  #nowMs = 0;
  #isInCall = false;

  /** Writes the header. */
  constructor({ metadata, secrets, write, unixMs }: RecorderOptions) {
    this.#write = write;
    this.#secrets = secrets;
    this.#image = new Uint8Array(metadata.imageSize);
    this.#hidden = new Uint8Array(metadata.imageSize);
    this.#marks = new Uint8Array(metadata.imageSize);
    const frame = this.#frame;
    frame.append(Buffer.from(MAGIC));
    frame.byte(TRACE_VERSION);
    frame.byte(0);
    frame.append(Buffer.from([ABI_VERSION & 0xff, ABI_VERSION >> 8]));
    frame.u32(metadata.layoutId);
    frame.append(Buffer.from(metadata.buildId, "hex"));
    frame.u32(metadata.imageSize);
    const time = Buffer.alloc(8);
    time.writeBigInt64LE(BigInt(unixMs ?? 0));
    frame.append(time);
    this.#finish();
  }

  /** The module is about to be called, with that image. */
  called(name: ExportName, image: Uint8Array, nowMs = 0, sleptMs = 0): void {
    if (name === "setup") this.#startFresh(image);
    else if (!this.#isKnown || Buffer.compare(image, this.#image) !== 0) this.#startWith(image);
    this.#isInCall = true;
    const frame = this.#frame;
    frame.byte(Tag.call | EXPORT_NAMES.indexOf(name));
    if (name !== "step" && name !== "resume") return;
    frame.varint(nowMs - this.#nowMs);
    this.#nowMs = nowMs >>> 0;
    if (name === "resume") frame.varint(sleptMs);
  }

  /**
   * The module has called import number `number`, with these parameters of those that a trace has. `result` is undefined
   * where that ended the call of the export. `key`: of `config_get`.
   */
  imported(
    number: number,
    parameters: readonly number[],
    result: number | undefined,
    handed: Uint8Array,
    key?: string,
  ): void {
    if (!this.#isInCall) return;
    const frame = this.#frame;
    frame.byte((outcomeOf(result) << 4) | number);
    for (const each of parameters) frame.varint(each);
    if (result !== undefined && result !== 0) frame.varint(result < 0 ? -result : result);
    if (key !== undefined) frame.append(this.#secrets.value(key, handed));
    else frame.append(IMPORT_NAMES[number] === "net_recv" ? this.#secrets.without(handed) : handed);
  }

  /** The call has returned; `waitMs` is what `step` gave. */
  returned(image: Uint8Array, waitMs?: number): void {
    this.#frame.byte(Tag.returned);
    // Most nodes end once: `STEP_ENDED` becomes the shortest.
    if (waitMs !== undefined) this.#frame.varint(waitMs + 1);
    this.#changes(image);
    this.#end();
  }

  /** The call has trapped, for a reason of `Trap`. */
  trapped(image: Uint8Array, reason: number): void {
    this.#frame.byte(Tag.trapped);
    this.#frame.byte(reason);
    this.#changes(image);
    this.#end();
    this.#isKnown = false;
  }

  /** The power went in the middle of the call: nothing of it counts, and its image is gone. */
  cut(): void {
    this.#frame.byte(Tag.cut);
    this.#end();
    this.#isKnown = false;
  }

  #startFresh(image: Uint8Array): void {
    this.#image.set(image);
    this.#hidden.fill(0);
    this.#isKnown = true;
    this.#frame.byte(Tag.fresh);
    this.#frame.varint(this.#nowMs);
    this.#finish();
  }

  #startWith(image: Uint8Array): void {
    this.#image.set(image);
    this.#hidden.fill(0);
    this.#secrets.find(image, 0, image.length, (start, end) => this.#hidden.fill(1, start, end));
    this.#isKnown = true;
    const frame = this.#frame;
    frame.byte(Tag.image);
    frame.varint(this.#nowMs);
    frame.append(image.map((byte, at) => (this.#hidden[at] === 1 ? STAND_IN : byte)));
    this.#runs(this.#hidden.map((hidden) => (hidden === 1 ? HIDDEN : SAME)));
    this.#finish();
  }

  /** Writes which bytes of the image are others than the last frame left, and goes on from them. */
  #changes(image: Uint8Array): void {
    const marks = this.#marks.fill(SAME);
    const ranges: [start: number, end: number][] = [];
    for (let at = 0; at < image.length; at++) {
      if (image[at] === this.#image[at]) continue;
      marks[at] = CHANGED;
      this.#hidden[at] = 0;
      const last = ranges.at(-1);
      if (last !== undefined && at - last[1] <= JOINED_GAP) last[1] = at + 1;
      else ranges.push([at, at + 1]);
    }
    this.#image.set(image);
    if (!this.#secrets.isEmpty) this.#hideParts(ranges, marks);
    // A short stretch between two runs is written again, where there is nothing to hide.
    for (const [start, end] of ranges) {
      for (let at = start; at < end; at++) if (marks[at] === SAME && this.#hidden[at] === 0) marks[at] = CHANGED;
    }
    this.#runs(marks);
  }

  #hideParts(ranges: readonly (readonly [number, number])[], marks: Uint8Array): void {
    const { reach } = this.#secrets;
    for (const [start, end] of ranges) {
      const from = Math.max(0, start - reach);
      this.#secrets.find(this.#image, from, Math.min(this.#image.length, end + reach), (first, last) => {
        for (let at = first; at < last; at++) {
          if (this.#hidden[at] === 1) continue;
          this.#hidden[at] = 1;
          marks[at] = HIDDEN;
        }
      });
    }
  }

  #runs(marks: Uint8Array): void {
    const frame = this.#frame;
    let written = 0;
    for (let at = 0; at < marks.length; ) {
      const mark = marks[at];
      let end = at + 1;
      while (end < marks.length && marks[end] === mark) end++;
      if (mark !== SAME) {
        frame.varint(((end - at) << 1) | (mark === HIDDEN ? 1 : 0));
        frame.varint(at - written);
        if (mark === CHANGED) frame.append(this.#image.subarray(at, end));
        written = end;
      }
      at = end;
    }
    frame.varint(0);
  }

  #end(): void {
    this.#isInCall = false;
    this.#finish();
  }

  #finish(): void {
    this.#frame.u32(crc32(this.#frame.bytes));
    this.#write(this.#frame.bytes);
    this.#frame.clear();
  }
}

function outcomeOf(result: number | undefined): number {
  if (result === undefined) return Outcome.none;
  if (result === 0) return Outcome.zero;
  return result > 0 ? Outcome.positive : Outcome.negative;
}
