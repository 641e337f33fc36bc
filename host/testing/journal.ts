/**
 * What happened in a run, in order. All of it goes into one hash, so two runs are the same if their hashes are; the last
 * lines of each node are kept, for whoever asks what happened before.
 */

import { createHash } from "node:crypto";
import { formatTime } from "./time.ts";

const BLOCK_BYTES = 65_536;
/** Time, who and what, and a number, before the bytes of an entry. */
const HEAD_BYTES = 20;
const MOST_LINES = 400;

/** What an entry is about; the numbers are part of the hash. */
export const JournalKind = {
  step: 1,
  sent: 2,
  received: 3,
  log: 4,
  power: 5,
  network: 6,
  broker: 7,
  fault: 8,
  checkpoint: 9,
  sensor: 10,
} as const;
export type JournalKind = (typeof JournalKind)[keyof typeof JournalKind];

interface Line {
  readonly atMs: number;
  readonly what: string | (() => string);
}

export class Journal {
  readonly #hash = createHash("sha256");
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  readonly #lines = new Map<string, Line[]>();
  readonly #sink: ((line: string) => void) | undefined;
  #used = 0;
  #entries = 0;

  /** `sink` is told every line of the story as it comes. */
  constructor(sink?: (line: string) => void) {
    this.#sink = sink;
  }

  /** How many entries there are. */
  get entries(): number {
    return this.#entries;
  }

  /** SHA-256 of the run so far, in hexadecimal. */
  get digest(): string {
    this.#flush();
    return this.#hash.copy().digest("hex");
  }

  /** Notes what has no place in a story: it goes into the hash alone. `who` is a node's index, or -1. */
  note(kind: JournalKind, who: number, atMs: number, value: number, bytes?: Uint8Array): void {
    const length = bytes?.length ?? 0;
    if (this.#used + HEAD_BYTES + length > BLOCK_BYTES) this.#flush();
    const block = this.#block;
    const at = this.#used;
    block.writeDoubleLE(atMs, at);
    block.writeInt32LE((kind << 24) ^ who, at + 8);
    block.writeInt32LE(value | 0, at + 12);
    block.writeInt32LE(length, at + 16);
    this.#entries++;
    if (bytes === undefined || length <= BLOCK_BYTES - HEAD_BYTES) {
      if (bytes !== undefined) block.set(bytes, at + HEAD_BYTES);
      this.#used = at + HEAD_BYTES + length;
      return;
    }
    this.#used = at + HEAD_BYTES;
    this.#flush();
    this.#hash.update(bytes);
  }

  /** Notes a line of the story of a node, or of the broker: `name` says whose. */
  tell(kind: JournalKind, who: number, name: string, atMs: number, what: string): void {
    this.note(kind, who, atMs, what.length, Buffer.from(what));
    this.#keep(name, { atMs, what });
  }

  /** A line of the story whose words are found only if someone asks; what it is about was noted. */
  remember(name: string, atMs: number, what: () => string): void {
    this.#keep(name, { atMs, what });
  }

  /** The last lines about a node, or about the broker, oldest first. */
  story(name: string, lines = 40): string[] {
    return (this.#lines.get(name) ?? []).slice(-lines).map((line) => format(name, line));
  }

  #keep(name: string, line: Line): void {
    let lines = this.#lines.get(name);
    if (lines === undefined) {
      lines = [];
      this.#lines.set(name, lines);
    }
    lines.push(line);
    if (lines.length > 2 * MOST_LINES) lines.splice(0, MOST_LINES);
    this.#sink?.(format(name, line));
  }

  #flush(): void {
    this.#hash.update(this.#block.subarray(0, this.#used));
    this.#used = 0;
  }
}

function format(name: string, { atMs, what }: Line): string {
  return `${formatTime(atMs)} [${name}] ${typeof what === "string" ? what : what()}`;
}
