/** One place where a node runs: its power can be cut and given back, and what it does is told. */

import { basename } from "node:path";
import { WasmoteError } from "../errors.ts";
import { explained } from "../node/explain.ts";
import type { LogLine } from "../node/log.ts";
import type { NodeObserver } from "../node/node-observer.ts";
import { isCuttable, type RunningNode } from "../node/running-node.ts";
import { type StartNodeOptions, startNode } from "../node/start.ts";
import { Delivery } from "./delivery.ts";
import type { LogEntry, NodeReport, Phase } from "./protocol.ts";

/** As many lines as the page shows. */
const MAX_LINES = 100;

/** Log lines whose number counts all that the node has given up, whatever the reason: docs/behaviour.md#log. */
const DROPS = /^(?:readings dropped|readings stale|expired|too large): (\d{1,10})$/;
const REFUSED = /^refused: \d+$/;
/** Log lines after which a node has no link; for an engine whose links can't be seen. */
const LINK_LOST = /^(?:link closed|broker refuses|disconnected|bad packet): /;

export interface WatchedNodeEvents {
  /** Something in the report has changed. */
  changed(node: WatchedNode): void;
  logged(node: WatchedNode, line: LogLine, entry: LogEntry): void;
}

export type WatchedNodeSettings = Omit<StartNodeOptions, "observer">;

export class WatchedNode {
  readonly id: string;
  readonly #settings: WatchedNodeSettings;
  readonly #events: WatchedNodeEvents;
  readonly #log: LogEntry[] = [];
  #node: RunningNode | undefined;
  #starting: Promise<void> | undefined;
  #delivery: Delivery;
  #phase: Phase = "off";
  #links = 0;
  #dropped = 0;
  #traps = 0;
  #isCut = false;
  #takesCommands = false;
  #revision = 0;

  constructor(settings: WatchedNodeSettings, events: WatchedNodeEvents) {
    this.id = settings.id;
    this.#settings = settings;
    this.#events = events;
    this.#delivery = this.#newDelivery();
  }

  get log(): readonly LogEntry[] {
    return this.#log;
  }

  /** Gives the node power: it begins with a fresh image. Throws what `startNode` throws. Does nothing if it runs. */
  async start(): Promise<void> {
    if (this.#node !== undefined) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async #start(): Promise<void> {
    this.#phase = "connecting";
    const isSeen = this.#settings.engine === "v8";
    try {
      const node = await startNode({ ...this.#settings, observer: isSeen ? this.#observer() : undefined });
      node.on("log", (line) => this.#said(line, isSeen));
      node.on("fault", () => {
        this.#traps++;
        this.#enter("trapped");
      });
      node.on("ended", () => {
        this.#node = undefined;
        this.#enter("off");
      });
      this.#node = node;
      if (this.#isCut && isCuttable(node)) node.cut();
      this.#enter("connecting");
    } catch (error) {
      this.#enter("off");
      throw error;
    }
  }

  /** Lets the node take its leave; resolves when it runs no more. */
  async stop(): Promise<void> {
    await this.#node?.stop();
  }

  /** Cuts its power. Its image, and what is queued in it, is gone. */
  kill(): void {
    this.#node?.kill();
  }

  /** Throws `ENOTSUP` for an engine whose network is out of reach. */
  cut(): void {
    this.#setCut(true);
  }

  restore(): void {
    this.#setCut(false);
  }

  #setCut(isCut: boolean): void {
    const why = this.#uncuttable();
    if (why !== null) throw new WasmoteError("ENOTSUP", "usage", why, { cure: "run the nodes under v8" });
    this.#isCut = isCut;
    if (this.#node !== undefined && isCuttable(this.#node)) {
      if (isCut) this.#node.cut();
      else this.#node.restore();
    }
    this.#changed();
  }

  report(): NodeReport {
    const isSeen = this.#settings.engine === "v8";
    const { taken, settled, refused, sentBytes, receivedBytes } = this.#delivery;
    const queued = taken - settled - (this.#dropped - refused);
    return {
      id: this.id,
      revision: this.#revision,
      phase: this.#phase,
      module: basename(this.#settings.module, ".wasm"),
      isCut: this.#isCut,
      uncuttable: this.#uncuttable(),
      // An application that publishes what no sensor gave, or keeps readings for itself, can't be counted.
      queued: isSeen && taken >= settled ? Math.max(0, queued) : null,
      dropped: this.#dropped,
      taken: isSeen ? taken : null,
      settled: isSeen ? settled : null,
      sentBytes: isSeen ? sentBytes : null,
      receivedBytes: isSeen ? receivedBytes : null,
      takesCommands: isSeen ? this.#takesCommands : null,
      traps: this.#traps,
    };
  }

  #uncuttable(): string | null {
    return this.#settings.engine === "v8" ? null : "under wasm3 a node has a process of its own, whose network stays";
  }

  #newDelivery(): Delivery {
    return new Delivery({ accepted: () => this.#enter("online"), changed: () => this.#counted() });
  }

  #observer(): NodeObserver {
    return {
      booted: () => {
        this.#delivery = this.#newDelivery();
        this.#dropped = 0;
        this.#enter("connecting");
      },
      slept: () => this.#enter("asleep"),
      woke: () => this.#enter("connecting"),
      read: () => {
        this.#delivery.taken++;
        this.#changed();
      },
      link: () => {
        const delivery = this.#delivery;
        this.#links++;
        this.#enter("connecting");
        return delivery.watch(() => {
          this.#links--;
          if (this.#links === 0 && delivery === this.#delivery) this.#enter("back-off");
        });
      },
    };
  }

  #counted(): void {
    if (this.#delivery.takesCommands) this.#takesCommands = true;
    this.#changed();
  }

  #said(line: LogLine, isSeen: boolean): void {
    const drops = line.text.match(DROPS)?.[1];
    if (drops !== undefined) this.#dropped = Number(drops);
    else if (REFUSED.test(line.text)) this.#dropped++;
    if (!isSeen && line.text === "online") this.#enter("online");
    else if (!isSeen && LINK_LOST.test(line.text)) this.#enter("back-off");
    const entry = { at: Date.now(), level: line.level, text: explained(line.text) };
    this.#log.push(entry);
    if (this.#log.length > MAX_LINES) this.#log.shift();
    this.#events.logged(this, line, entry);
    this.#changed();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#changed();
  }

  #changed(): void {
    this.#revision++;
    this.#events.changed(this);
  }
}
