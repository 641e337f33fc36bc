/** A node under test: virtual time, a link in memory, and what it sent and said, step by step. */

import { NodeInstance } from "../../../host/engine/instance.ts";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { ScriptedBoard } from "./board.ts";
import { CONNACK, DISCONNECT, hex, identifierOf, puback, split } from "./bytes.ts";
import { Constants } from "./constants.ts";

/** What `step` returns when the node has ended. */
export const ENDED = 0xffff_ffff;
export const ID = "7";

export interface TestNodeOptions {
  /** Besides `id`, which is `7` unless it is given as well; undefined takes a key away. */
  readonly config?: Readonly<Record<string, string | undefined>>;
  /** The first step's clock. */
  readonly nowMs?: number;
  /** Whether the board keeps images. */
  readonly keepsImages?: boolean;
  /** Of `random()`. */
  readonly seed?: number;
  /** How many endpoints are configured; 1 unless it is given. */
  readonly endpoints?: number;
}

export class TestNode {
  readonly board = new ScriptedBoard();
  /** The clock, 0 to 2^32 - 1. */
  nowMs: number;
  /** What the last step returned. */
  waitMs = 0;
  /** How many links the node has opened. */
  links = 0;
  /** The endpoint of the last one. */
  endpoint = -1;
  /** How many checkpoints the node has asked for. */
  checkpoints = 0;
  /** How long the node asked to sleep in its last step, or 0. */
  sleepMs = 0;
  readonly #node: NodeInstance;
  readonly #constants: Constants;
  readonly #fresh: Uint8Array;
  #durable: Uint8Array | undefined;
  #sent = "";
  #logs: string[] = [];
  #actuations: number[] = [];

  constructor(
    module: LoadedModule,
    { config = {}, nowMs = 1000, seed = 1, endpoints = 1, keepsImages = false }: TestNodeOptions = {},
  ) {
    for (const [key, value] of Object.entries({ id: ID, ...config })) {
      if (value !== undefined) this.board.setConfig(key, value);
    }
    this.board.seed(seed);
    this.board.endpoints = endpoints;
    this.board.onSend = (bytes) => {
      this.#sent += Buffer.from(bytes).toString("hex");
    };
    this.board.onLog = (level, text) => this.#logs.push(`${level} ${text}`);
    this.board.onEvent = (line) => {
      if (line.startsWith("open ")) {
        this.links++;
        this.endpoint = Number(line.slice("open ".length));
      } else if (line.startsWith("actuator 0 ")) this.#actuations.push(Number(line.slice("actuator 0 ".length)));
    };
    this.board.keepsImages = keepsImages;
    this.board.onSleep = (ms) => {
      this.sleepMs = ms;
    };
    this.nowMs = nowMs;
    this.#node = new NodeInstance(module, this.board);
    this.#fresh = this.#node.readImage();
    this.#constants = new Constants(this.#node.image);
    this.#node.setup();
  }

  // What happens to it --------------------------------------------------------------------------------------------------

  /** Lets time pass, then runs one step. */
  step(afterMs = 0): this {
    this.nowMs = (this.nowMs + afterMs) >>> 0;
    this.sleepMs = 0;
    this.waitMs = this.#node.step(this.nowMs);
    this.#check();
    if (this.board.isCheckpointAsked) this.#keep();
    return this;
  }

  /** The same without a look at the whole page, for a million steps. */
  stepUnchecked(afterMs: number): void {
    this.nowMs = (this.nowMs + afterMs) >>> 0;
    this.waitMs = this.#node.step(this.nowMs);
  }

  /** Runs the node as a host does, each step when the last one asked for it, for so long. */
  run(durationMs: number): this {
    if (this.waitMs === ENDED) return this;
    let leftMs = durationMs;
    for (let burst = 0; this.waitMs <= leftMs || this.board.pending; burst++) {
      const waitMs = this.board.pending ? 0 : this.waitMs;
      if (waitMs > 0) burst = 0;
      else if (burst > 10_000) throw new Error("the node asks for steps without end");
      leftMs -= waitMs;
      this.step(waitMs);
      if (this.waitMs === ENDED) return this;
    }
    // The host is free to run it at other times too.
    return this.step(leftMs);
  }

  /** The link that the node is opening is open. */
  open(): this {
    this.board.openLink();
    return this.step();
  }

  /** Bytes arrive; the node runs until it has taken them all, as a host runs it. */
  receive(...bytes: readonly string[]): this {
    this.board.receive(Buffer.from(hex(...bytes), "hex"));
    return this.settle();
  }

  /** Runs a step, and further ones while the link has bytes for the node. */
  settle(): this {
    let steps = 0;
    do {
      if (++steps > 200_000) throw new Error("the node does not take what has arrived");
      this.step();
    } while (this.board.pending);
    return this;
  }

  /** The link ends. */
  close(error: number): this {
    this.board.closeLink(error);
    return this.step();
  }

  resume(nowMs: number, sleptMs: number): this {
    this.nowMs = nowMs;
    this.board.dropLink();
    this.#node.resume(nowMs, sleptMs);
    this.#check();
    return this;
  }

  /**
   * The power is cut, and comes back: the node goes on from its last checkpoint, or begins anew if there is none. Its clock
   * then begins at `nowMs`.
   */
  powerCut(nowMs: number): this {
    this.nowMs = nowMs;
    this.waitMs = 0;
    this.board.dropLink();
    this.board.isCheckpointAsked = false;
    this.#node.writeImage(this.#durable ?? this.#fresh);
    if (this.#durable) this.#node.resume(nowMs, 0);
    else this.#node.setup();
    this.#check();
    return this;
  }

  stop(): this {
    this.#node.stop();
    this.#check();
    return this;
  }

  sensor(thousandths: number): this {
    this.board.setSensor(thousandths);
    return this;
  }

  sensorError(error: number): this {
    this.board.sensorError = error;
    return this;
  }

  // Shorthands for what many tests begin with ---------------------------------------------------------------------------

  /** The first step, an open link and a CONNACK; what was sent and logged on the way is thrown away. */
  online(connack: string = CONNACK): this {
    this.dial().receive(connack);
    // A fresh image that sends under QoS 2 has its session cleared first (3.1.1), on a connection of its own.
    if (this.sent() === DISCONNECT) this.dial().receive(connack);
    this.sent();
    this.logs();
    return this;
  }

  /** Waits until the node opens a link, opens it and throws its CONNECT away. */
  dial(): this {
    for (let waits = 0; this.board.link === "none"; waits++) {
      if (waits > 1000) throw new Error("the node opens no link");
      this.step(this.waitMs);
    }
    this.open();
    this.sent();
    return this;
  }

  /** Acknowledges every PUBLISH under QoS 1 that was sent since the last look, and returns them. */
  acknowledge(): string[] {
    const publishes = this.packets().filter((each) => /^3[23ab]/.test(each));
    if (publishes.length > 0) this.receive(...publishes.map((each) => puback(identifierOf(each))));
    return publishes;
  }

  // What it did since the last look -------------------------------------------------------------------------------------

  /** Everything sent, as hexadecimal text. */
  sent(): string {
    const sent = this.#sent;
    this.#sent = "";
    return sent;
  }

  /** Everything sent, packet by packet. */
  packets(): string[] {
    return split(this.sent());
  }

  /** Everything logged, each line behind its level. */
  logs(): string[] {
    const logs = this.#logs;
    this.#logs = [];
    return logs;
  }

  /** Every value written to actuator 0. */
  actuations(): number[] {
    const actuations = this.#actuations;
    this.#actuations = [];
    return actuations;
  }

  /** Whether the node holds a link. */
  get linked(): boolean {
    return this.board.link !== "none";
  }

  image(): Uint8Array {
    return this.#node.readImage();
  }

  /** Puts back an image that was taken while the link was open, and opens a link for it: far faster than a new node. */
  restore(image: Uint8Array): void {
    this.board.dropLink();
    this.board.network.open(0);
    this.board.openLink();
    this.#node.writeImage(image);
  }

  #keep(): void {
    this.board.isCheckpointAsked = false;
    this.checkpoints++;
    this.#durable = this.#node.readImage();
  }

  #check(): void {
    this.#node.checkCanary();
    this.#constants.check();
  }
}
