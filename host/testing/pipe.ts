/**
 * One direction of a link: bytes that arrive whole, once and in order, as TCP has it, but when and in which pieces the
 * network decides. A segment that is lost is sent again, later and later; one that comes twice is dropped by its offset.
 */

import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** How a network treats what goes over it, in either direction. */
export interface LinkQuality {
  /** Least and most milliseconds that a segment takes. */
  readonly latencyMs: readonly [number, number];
  /** Most bytes in a segment: a packet of 1 is the hardest. */
  readonly segmentBytes: number;
  /** Probability that a write is cut into segments of random length, down to one byte. */
  readonly splits: number;
  /** Probability that a segment is lost and sent again after 200 ms, 400 ms and so on. */
  readonly loss: number;
  /** Probability that a segment comes twice. */
  readonly duplicates: number;
  /** Bytes that the node's side takes before its peer has had some of them. */
  readonly sendBuffer: number;
}

export const GOOD_LINK: LinkQuality = {
  latencyMs: [5, 40],
  segmentBytes: 1_460,
  splits: 0,
  loss: 0,
  duplicates: 0,
  sendBuffer: 5_744,
};

/** What the network did to segments, of all links together. */
export interface SegmentCounts {
  sent: number;
  lost: number;
  duplicated: number;
  split: number;
}

export interface PipeWorld {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly counts: SegmentCounts;
  /** Asked for every segment, so that a change holds for what is under way. */
  quality(): LinkQuality;
  /** Whether nothing gets through this way at present. */
  isBlocked(): boolean;
}

const RETRANSMIT_MS = 200;
/** Somewhat more than an hour between tries is TCP's limit too, but nobody here waits for that long. */
const MOST_RETRIES = 8;

interface Segment {
  readonly offset: number;
  /** No bytes: the end of the stream. */
  readonly bytes: Uint8Array | undefined;
  readonly readyMs: number;
}

export class Pipe {
  readonly #world: PipeWorld;
  readonly #deliver: (bytes: Uint8Array) => void;
  readonly #end: () => void;
  #segments: Segment[] = [];
  #head = 0;
  #written = 0;
  #delivered = 0;
  #lastReadyMs = 0;
  #isPlanned = false;
  #isGone = false;

  /** `deliver` is given what arrives, `end` is called when the other side has closed in good order. */
  constructor(world: PipeWorld, deliver: (bytes: Uint8Array) => void, end: () => void) {
    this.#world = world;
    this.#deliver = deliver;
    this.#end = end;
  }

  /** Bytes that are under way. */
  get outstanding(): number {
    return this.#written - this.#delivered;
  }

  /** Takes all bytes; they are the pipe's from now on. */
  write(bytes: Uint8Array): void {
    const { random, counts } = this.#world;
    const { segmentBytes, splits } = this.#world.quality();
    const isSplit = bytes.length > 1 && random.chance(splits);
    if (isSplit) counts.split++;
    for (let at = 0; at < bytes.length; ) {
      const rest = bytes.length - at;
      const most = Math.min(rest, segmentBytes);
      // Half of the pieces are a single byte, so that no boundary goes untried for long.
      const length = isSplit ? (random.chance(0.5) ? 1 : random.between(1, most)) : most;
      this.#add(length === bytes.length ? bytes : bytes.subarray(at, at + length));
      at += length;
    }
    this.#plan();
  }

  /** The sender has closed: whoever reads is told once everything else has arrived. */
  end(): void {
    this.#add(undefined);
    this.#plan();
  }

  /** Nothing more arrives. */
  destroy(): void {
    this.#isGone = true;
    this.#segments = [];
    this.#head = 0;
  }

  /** What was held back by a cut is on its way again. */
  resume(): void {
    this.#plan();
  }

  #add(bytes: Uint8Array | undefined): void {
    if (this.#isGone) return;
    const { random, counts, scheduler } = this.#world;
    const { latencyMs, loss, duplicates } = this.#world.quality();
    let delayMs = random.between(latencyMs[0], latencyMs[1]);
    counts.sent++;
    for (let tries = 0; tries < MOST_RETRIES && random.chance(loss); tries++) {
      counts.lost++;
      delayMs += RETRANSMIT_MS << tries;
    }
    const readyMs = Math.max(this.#lastReadyMs, scheduler.nowMs + delayMs);
    this.#lastReadyMs = readyMs;
    const segment = { offset: this.#written, bytes, readyMs };
    this.#segments.push(segment);
    this.#written += bytes?.length ?? 0;
    if (bytes !== undefined && random.chance(duplicates)) {
      counts.duplicated++;
      scheduler.at(readyMs + random.between(0, 100), () => {
        // One that overtakes the first is kept for its turn, which the first has too.
        if (segment.offset < this.#delivered) this.#arrive(segment);
      });
    }
  }

  #plan(): void {
    const next = this.#segments[this.#head];
    if (this.#isPlanned || next === undefined || this.#world.isBlocked()) return;
    this.#isPlanned = true;
    this.#world.scheduler.at(next.readyMs, () => {
      this.#isPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    const now = this.#world.scheduler.nowMs;
    while (!this.#isGone && !this.#world.isBlocked()) {
      const segment = this.#segments[this.#head];
      if (segment === undefined || segment.readyMs > now) break;
      this.#head++;
      this.#arrive(segment);
    }
    if (this.#head === this.#segments.length) {
      this.#segments = [];
      this.#head = 0;
    }
    this.#plan();
  }

  /** A segment that was there before is dropped: its offset is below what was delivered. */
  #arrive({ offset, bytes }: Segment): void {
    if (this.#isGone || offset < this.#delivered) return;
    if (bytes === undefined) {
      this.#end();
      return;
    }
    this.#delivered = offset + bytes.length;
    this.#deliver(bytes);
  }
}
