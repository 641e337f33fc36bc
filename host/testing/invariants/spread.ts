/** Nodes that lose their broker at one instant do not come back at one instant: checked whenever that happens to several. */

import type { World } from "../world.ts";
import { InvariantError } from "./violation.ts";

/** Fewer may meet by chance. */
const LEAST_NODES = 6;
/** The first wait is at random within two seconds: that most of them meet in so much of it happens once in a million times. */
const WINDOW_MS = 20;
const MOST_TOGETHER = 0.7;
/** By then each has tried again. */
const LOOK_AFTER_MS = 3_000;

export class SpreadRule {
  readonly #world: World;
  #opens: number[] = [];
  #waiting = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** All links are about to be broken. */
  onLost(): void {
    const online = this.#world.broker.clients;
    this.#waiting = new Set(online);
    this.#opens = [];
    if (online.length < LEAST_NODES) return;
    this.#world.scheduler.after(LOOK_AFTER_MS, () => this.#look());
  }

  /** A node opens a link. */
  onOpen(nodeId: string): void {
    if (this.#waiting.delete(nodeId)) this.#opens.push(this.#world.nowMs);
  }

  #look(): void {
    const opens = this.#opens.sort((one, other) => one - other);
    if (opens.length < LEAST_NODES) return;
    const most = opens.reduce((sum, at) => Math.max(sum, opens.filter((o) => o >= at && o < at + WINDOW_MS).length), 0);
    if (most <= opens.length * MOST_TOGETHER) return;
    const nowMs = this.#world.nowMs;
    throw new InvariantError(
      "spread",
      "all",
      nowMs,
      `${most} of ${opens.length} nodes that lost their broker at once came back within ${WINDOW_MS} ms`,
    );
  }
}
