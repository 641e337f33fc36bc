import type { LinkObserver } from "../hal/link-observer.ts";

/** Somebody who watches what a node does at its board's surface: its sensor, its links, its power. The node can't tell. */
export interface NodeObserver {
  /** An image begins to run: a fresh one, or one that was restored from a checkpoint. */
  booted(): void;
  /** The node has begun a deep sleep. */
  slept(): void;
  /** The node is awake again; its image is the one that fell asleep. */
  woke(): void;
  /** A channel has given a reading, in thousandths of its unit. */
  read(channel: number, value: number): void;
  /** The node opens a link; what it carries is told to the observer that is returned. */
  link(): LinkObserver;
}
