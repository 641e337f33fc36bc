/**
 * Follows the sequence numbers of many nodes' readings, as `NODE_PAYLOAD=2` has them, from the end where they arrive: what is
 * missing, what came twice, what came late. A few numbers for each node, in typed arrays.
 */

import type { Observed } from "./results.ts";

/** How far back a reading is still told from another that came late: twice as many as a node's queue holds by default. */
const WINDOW = 64;

export class Sequences {
  messages = 0;
  unnumbered = 0;
  gaps = 0;
  duplicates = 0;
  reordered = 0;
  unseen = 0;
  /** The highest number so far, or -1. */
  readonly #last: Float64Array;
  /** When the reading of that number was taken, milliseconds since 1970; 0 if its node did not know. */
  readonly #lastTimeMs: Float64Array;
  /** Which of the `WINDOW` numbers up to the last have arrived: bit 0 of the first half is the last. */
  readonly #near: Uint32Array;
  readonly #far: Uint32Array;
  /** Whether the observer was away since the node's last reading. */
  readonly #isBlind: Uint8Array;

  constructor(nodes: number) {
    this.#last = new Float64Array(nodes).fill(-1);
    this.#lastTimeMs = new Float64Array(nodes);
    this.#near = new Uint32Array(nodes);
    this.#far = new Uint32Array(nodes);
    this.#isBlind = new Uint8Array(nodes);
  }

  /** A reading arrived without a number. */
  addUnnumbered(): void {
    this.messages++;
    this.unnumbered++;
  }

  /**
   * A reading arrived. `timeMs`: when it was taken, milliseconds since 1970, or 0. `isRedelivery`: the broker delivers it to the
   * observer once more, for all it knows; that is no duplicate of the node's.
   */
  add(node: number, sequence: number, timeMs: number, isRedelivery = false): void {
    this.messages++;
    const last = this.#last[node] ?? -1;
    if (sequence > last) {
      this.#advance(node, sequence, sequence - last);
    } else if (timeMs > (this.#lastTimeMs[node] ?? 0) && (this.#lastTimeMs[node] ?? 0) > 0) {
      // A later reading with a lower number: the node began again, with a fresh image.
      this.#last[node] = -1;
      this.#near[node] = 0;
      this.#far[node] = 0;
      this.#advance(node, sequence, sequence + 1);
    } else {
      this.#late(node, last - sequence, isRedelivery);
      return;
    }
    this.#lastTimeMs[node] = timeMs;
  }

  /** The observer was away, and the broker has kept nothing for it: what is missing next is nobody's loss. */
  wasAway(): void {
    this.#isBlind.fill(1);
  }

  observed(): Observed {
    const { messages, unnumbered, gaps, duplicates, reordered, unseen } = this;
    return { messages, unnumbered, gaps, duplicates, reordered, unseen };
  }

  #advance(node: number, sequence: number, by: number): void {
    if (this.#isBlind[node] === 1) this.unseen += by - 1;
    else this.gaps += by - 1;
    this.#isBlind[node] = 0;
    const near = this.#near[node] ?? 0;
    const far = this.#far[node] ?? 0;
    // In JavaScript a shift by 32 is none.
    this.#far[node] = by >= 64 ? 0 : by >= 32 ? near << (by - 32) : (far << by) | (near >>> (32 - by));
    this.#near[node] = (by >= 32 ? 0 : near << by) | 1;
    this.#last[node] = sequence;
  }

  /** `back`: by how much the number is below the last. */
  #late(node: number, back: number, isRedelivery: boolean): void {
    const half = back < 32 ? this.#near : this.#far;
    const bit = 1 << (back % 32);
    if (back >= WINDOW || ((half[node] ?? 0) & bit) !== 0) {
      if (isRedelivery) this.messages--;
      else this.duplicates++;
      return;
    }
    half[node] = (half[node] ?? 0) | bit;
    this.reordered++;
    // It was counted as missing when a later one came; while the observer was away, as unseen.
    if (this.gaps > 0) this.gaps--;
    else this.unseen--;
  }
}
