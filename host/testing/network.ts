/** A node's network: its links, and what befalls them. */

import { Errno } from "../abi.ts";
import type { Network } from "../hal/board.ts";
import { type BrokerLink, Link, type Peer } from "./link.ts";
import type { LinkQuality, PipeWorld, SegmentCounts } from "./pipe.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** Which way: to the broker, or from it. */
export type Direction = "up" | "down";

/** What listens at an endpoint. */
export interface Listener {
  /** How it takes a new link: `refuse` is answered at once, `ignore` never. */
  answer(): "accept" | "refuse" | "ignore";
  accept(link: BrokerLink, origin: string): Peer;
}

export interface NetworkParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly counts: SegmentCounts;
  readonly quality: LinkQuality;
  /** What listens at endpoint 0, 1, … */
  readonly listeners: readonly Listener[];
  /** Whose network it is. */
  readonly name: string;
  /** The node is to run: bytes have come, or a link has changed. */
  readonly wake: () => void;
  readonly isRunning: () => boolean;
  readonly tell: (what: string) => void;
}

const MOST_HANDLES = 4;
/** When a connection request that got no answer is sent again, counted from the first: TCP's own times. */
const REPEAT_MS = [1_000, 3_000, 7_000, 15_000, 31_000] as const;

/** What a test does with a node's network; the node itself knows only what its links tell it. */
export class NodeNetwork implements Network {
  readonly #parts: NetworkParts;
  readonly #links: (Link | undefined)[] = Array.from({ length: MOST_HANDLES }, () => undefined);
  /** All that the broker may still have, those that the node knows no more included. */
  readonly #known = new Set<Link>();
  readonly #blocked = { up: false, down: false };
  #isDown = false;
  #quality: LinkQuality;
  readonly #directions: { readonly up: PipeWorld; readonly down: PipeWorld };

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    this.#quality = parts.quality;
    this.#directions = { up: this.#direction("up"), down: this.#direction("down") };
  }

  /** How the network treats what goes over it; what is left out stays as it is. */
  set quality(quality: Partial<LinkQuality>) {
    this.#quality = { ...this.#quality, ...quality };
  }

  get quality(): LinkQuality {
    return this.#quality;
  }

  /** Silence, one way or both: bytes are held, nobody is told, and time-outs decide. */
  cut(direction?: Direction): void {
    this.#parts.tell(direction === undefined ? "the network is cut" : `the network is cut one way: ${direction}`);
    if (direction !== "down") this.#blocked.up = true;
    if (direction !== "up") this.#blocked.down = true;
  }

  /** Ends `cut` and `down`: what was held is delivered. */
  restore(): void {
    this.#parts.tell("the network is back");
    this.#isDown = false;
    this.#blocked.up = false;
    this.#blocked.down = false;
    for (const link of this.#known) link.resume();
  }

  /** The board loses its network and knows it: links end with `ENETDOWN`, and none can be opened. The broker knows nothing. */
  down(): void {
    this.#parts.tell("the network is down");
    this.#isDown = true;
    this.#blocked.up = true;
    this.#blocked.down = true;
    for (const link of this.#links) link?.fail(Errno.ENETDOWN);
  }

  /** Breaks all links, in the middle of a packet if one is under way: both sides are told at once. */
  reset(): void {
    this.#parts.tell("links are reset");
    for (const link of this.#known) link.reset();
    this.#known.clear();
  }

  // What the node calls ----------------------------------------------------------------------------------------------

  open(endpoint: number): number {
    const listener = this.#parts.listeners[endpoint];
    if (listener === undefined) return Errno.ENOENT;
    const handle = this.#links.indexOf(undefined);
    if (handle < 0) return Errno.EMFILE;
    const link = new Link(this.#directions.up, this.#directions.down, {
      onChange: () => this.#parts.wake(),
      answersWithReset: () => this.#parts.isRunning(),
      isListening: () => listener.answer() !== "ignore",
    });
    this.#links[handle] = link;
    if (this.#isDown) link.fail(Errno.ENETDOWN);
    else this.#request(link, listener, 0, this.#parts.scheduler.nowMs);
    return handle;
  }

  state(handle: number): number {
    return this.#links[handle]?.state ?? Errno.EBADF;
  }

  send(handle: number, memory: Uint8Array, offset: number, length: number): number {
    return this.#links[handle]?.take(memory, offset, length) ?? Errno.EBADF;
  }

  receive(handle: number, memory: Uint8Array, offset: number, capacity: number): number {
    return this.#links[handle]?.give(memory, offset, capacity) ?? Errno.EBADF;
  }

  close(handle: number): number {
    const link = this.#links[handle];
    if (link === undefined) return Errno.EBADF;
    this.#links[handle] = undefined;
    link.release();
    this.#forget();
    return 0;
  }

  /** What ran the node has ended: its system closes the links in good order. */
  release(): void {
    for (const link of this.#links) link?.release();
    this.#links.fill(undefined);
    this.#forget();
  }

  /** The node's power is gone: its side of all links is no more, and nobody says so. */
  vanish(): void {
    for (const link of this.#links) link?.vanish();
    this.#links.fill(undefined);
    this.#forget();
  }

  #direction(way: Direction): PipeWorld {
    const { scheduler, random, counts } = this.#parts;
    return { scheduler, random, counts, quality: () => this.#quality, isBlocked: () => this.#blocked[way] };
  }

  /** A connection request travels, and is repeated as long as nothing answers. */
  #request(link: Link, listener: Listener, tries: number, firstMs: number): void {
    const { scheduler, random } = this.#parts;
    const [least, most] = this.#quality.latencyMs;
    const isBlocked = this.#blocked.up || this.#blocked.down;
    const answer = isBlocked ? "ignore" : listener.answer();
    if (answer === "ignore") {
      const next = REPEAT_MS[tries];
      if (next !== undefined) {
        scheduler.at(firstMs + next, () => {
          if (this.#links.includes(link) && link.state === 0) this.#request(link, listener, tries + 1, firstMs);
        });
      }
      return;
    }
    scheduler.after(random.between(2 * least, 2 * most), () => {
      if (!this.#links.includes(link) || link.state !== 0) return;
      if (answer === "refuse" || listener.answer() !== "accept") {
        link.settle(Errno.ECONNREFUSED);
        return;
      }
      this.#known.add(link);
      link.serve(listener.accept(link, this.#parts.name));
      link.settle(1);
    });
  }

  #forget(): void {
    for (const link of this.#known) if (!link.isOpen && !this.#links.includes(link)) this.#known.delete(link);
  }
}
