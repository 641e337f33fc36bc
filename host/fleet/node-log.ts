/** What a run counts of what its nodes log: docs/behaviour.md has the lines. */

import { explain } from "../node/explain.ts";
import type { Tally } from "./tally.ts";

/** Lines whose number is a sum since the image was fresh. */
const DROPS = new Set(["readings dropped", "readings stale", "expired", "too large"]);
const MISSES = "readings missed";

export class NodeLogReader {
  readonly #tally: Tally;
  readonly #dropped: Uint32Array;
  readonly #missed: Uint32Array;

  constructor(slots: number, tally: Tally) {
    this.#tally = tally;
    this.#dropped = new Uint32Array(slots);
    this.#missed = new Uint32Array(slots);
  }

  /** The node has a fresh image: its sums begin anew. */
  reset(slot: number): void {
    this.#dropped[slot] = 0;
    this.#missed[slot] = 0;
  }

  /** Takes a line of the node's; others than those that are counted are nothing. */
  add(slot: number, text: string): void {
    const [, line = "", number] = text.match(/^([a-z ]+): (-?\d{1,10})$/) ?? [];
    const value = Number(number);
    if (line === "link closed") this.#tally.error(String(-value));
    else if (line === "broker refuses" || line === "disconnected") this.#tally.error(`mqtt:${value}`);
    else if (line === "bad packet") this.#tally.error(`packet:${value}`);
    else if (line === "unconfirmed") this.#tally.counts.unconfirmed += value;
    else if (line === MISSES) this.#tally.counts.missed += advance(this.#missed, slot, value);
    else if (DROPS.has(line)) this.#tally.counts.dropped += advance(this.#dropped, slot, value);
    // It says the reason, and the node's own sum has one more.
    else if (line === "refused")
      this.#tally.counts.dropped += advance(this.#dropped, slot, (this.#dropped[slot] ?? 0) + 1);
  }
}

/** An error's name in `Counters.errors`, in words. */
export function errorInWords(name: string): string {
  const [, kind, code = ""] = name.match(/^(mqtt|packet):(\d+)$/) ?? [];
  if (kind === "mqtt") return `the broker: ${explain(`disconnected: ${code}`) ?? `code ${code}`}`;
  if (kind === "packet") return explain(`bad packet: ${code}`) ?? `the broker's packet ${code} breaks the standard`;
  return explain(`link closed: -${name}`) ?? `error ${name}`;
}

/** Keeps a sum that only grows; returns by how much it has. */
function advance(sums: Uint32Array, slot: number, sum: number): number {
  const before = sums[slot] ?? 0;
  sums[slot] = sum;
  return Math.max(0, sum - before);
}
