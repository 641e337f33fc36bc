/** One run of a node against a hostile broker, a moody sensor and a clock that jumps, all from one seed. */

import { Errno } from "../../host/abi.ts";
import type { LoadedModule } from "../../host/engine/module.ts";
import { NO_CAP } from "../unit/harness/board.ts";
import { Chance } from "./chance.ts";
import { answer, message, misplaced, mutated, noise } from "./packets.ts";
import { answer5, message5, misplaced5 } from "./packets5.ts";
import { Peer } from "./peer.ts";
import { Tape } from "./tape.ts";

const MAX_BACKOFF_MS = 128_000;
const ENDED = 0xffff_ffff;
const CAPS = [0, 1, 1, 2, 3, 5, 8, 50, 200, NO_CAP, NO_CAP, NO_CAP, NO_CAP, NO_CAP];
const ERRORS = Object.values(Errno);
const VALUES = [
  0,
  -1,
  49,
  -50,
  9_949,
  9_950,
  99_949,
  99_950,
  1_000_000,
  1_000_001,
  -100_000,
  -100_001,
  2 ** 31 - 1,
  -(2 ** 31),
];
export const ENDLESS = "the step does not end";
/** Calls of the network in one step, far more than any needs. */
const MAX_CALLS = 10_000;
/** Years around which the clock is set: what a Date can hold. */
const LATEST_UNIX_MS = 8.64e15;

export interface FuzzOptions {
  readonly seed: number;
  /** How many packets are sent to the node. */
  readonly packets: number;
  /** Highest QoS of messages to the node under MQTT 3.1.1; some are above what it takes under MQTT 5.0 anyway. */
  readonly maxQos?: number;
  /** Of the node's enhanced authentication under MQTT 5.0. */
  readonly method?: string;
  /** Configuration besides the keys that change from run to run. */
  readonly config?: Readonly<Record<string, string>>;
}

/** Runs a node until it has been sent so many packets. Throws `NodeBroke` if it breaks; `tape` then ends with the record. */
export class Fuzz {
  readonly tape: Tape;
  readonly #options: FuzzOptions;
  readonly #chance: Chance;
  readonly #peer = new Peer();
  #nowMs: number;
  #waitMs = 0;
  /** Of the network, in this step. */
  #calls = 0;

  constructor(module: LoadedModule, options: FuzzOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.tape = new Tape(module);
    this.tape.player.board.onSend = (bytes) => this.#peer.take(bytes);
    this.#limitCalls();
    this.#nowMs = this.#chance.bits();
    this.tape.seed(this.#chance.bits());
    this.#configure("7");
  }

  run(): void {
    this.#step();
    for (let packets = 0; packets < this.#options.packets; ) {
      this.#surround();
      const { link } = this.tape.player.board;
      if (link === "none") this.#await();
      else if (link === "connecting") this.#connect();
      else {
        this.#deliver(this.#packet());
        packets++;
      }
      if (this.#waitMs === ENDED) this.#restart();
    }
  }

  /** Ends a step that would never end: every loop in which a node can be caught tries to send or to receive. */
  #limitCalls(): void {
    const { network } = this.tape.player.board;
    const { send, receive } = network;
    const counted = <A extends unknown[]>(call: (...args: A) => number) => {
      return (...args: A): number => {
        if (++this.#calls > MAX_CALLS) throw new Error(ENDLESS);
        return call(...args);
      };
    };
    Object.assign(network, { send: counted(send), receive: counted(receive) });
  }

  /** Everything but packets. */
  #surround(): void {
    const chance = this.#chance;
    if (chance.onceIn(40)) this.tape.sendCap(chance.pick(CAPS));
    if (chance.onceIn(40)) this.tape.receiveCap(chance.pick(CAPS));
    if (chance.onceIn(10)) this.tape.sensor(chance.onceIn(4) ? chance.pick(VALUES) : chance.below(1_100_000) - 100_000);
    if (chance.onceIn(100)) this.tape.sensorError(chance.pick(ERRORS));
    if (chance.onceIn(200)) this.tape.clock(Math.floor((chance.bits() / 2 ** 32) * LATEST_UNIX_MS));
    if (chance.onceIn(300)) this.tape.close(chance.pick(ERRORS));
    if (chance.onceIn(1000)) this.#nowMs = (this.#nowMs + chance.bits()) >>> 0;
    if (chance.onceIn(1000)) this.#resume();
    if (chance.onceIn(2000)) this.tape.stop();
    if (chance.onceIn(3000)) this.#restart();
  }

  #packet(): Buffer {
    const chance = this.#chance;
    // A run that never gets online would see nothing but its first lines.
    if (this.#peer.connects > 0 && !chance.onceIn(10)) return this.#answer() as Buffer;
    const kind = chance.below(20);
    if (kind < 9) return this.#answer() ?? this.#message();
    if (kind < 14) return this.#message();
    if (kind < 17) return mutated(chance, this.#anything());
    if (kind < 18) return this.#misplaced();
    return noise(chance);
  }

  /** A packet to be mutated. */
  #anything(): Buffer {
    if (this.#isV5 && this.#chance.onceIn(3)) return this.#answer() ?? this.#message();
    return this.#chance.onceIn(3) ? this.#misplaced() : this.#message();
  }

  get #isV5(): boolean {
    return this.#peer.version === 5;
  }

  #answer(): Buffer | undefined {
    return this.#isV5 ? answer5(this.#chance, this.#peer, this.#options.method) : answer(this.#chance, this.#peer);
  }

  #message(): Buffer {
    return this.#isV5 ? message5(this.#chance) : message(this.#chance, this.#options.maxQos ?? 1);
  }

  #misplaced(): Buffer {
    return this.#isV5 ? misplaced5(this.#chance, this.#options.method) : misplaced(this.#chance);
  }

  /** Hands a packet over whole or in parts, with steps between them. */
  #deliver(packet: Buffer): void {
    const parts = this.#chance.onceIn(3) ? 1 + this.#chance.below(4) : 1;
    let at = 0;
    for (let part = 1; part <= parts; part++) {
      const end = part === parts ? packet.length : at + this.#chance.below(packet.length - at + 1);
      this.tape.receive(packet.subarray(at, end));
      at = end;
      this.#step();
    }
    // A host runs the node until it has taken everything, but not for ever: a cap of 0 takes nothing.
    for (let more = 0; this.tape.player.board.pending && more < 4; more++) this.#step();
  }

  #connect(): void {
    if (this.#chance.onceIn(20)) this.tape.close(this.#chance.pick(ERRORS));
    else if (!this.#chance.onceIn(20)) this.tape.open();
    this.#step();
  }

  /** The node has no link: lets the time pass until it wants to try again. */
  #await(): void {
    this.#peer.reset();
    if (this.#waitMs !== ENDED) this.#nowMs = (this.#nowMs + this.#waitMs + this.#chance.below(MAX_BACKOFF_MS)) >>> 0;
    this.#step();
  }

  #step(): void {
    const chance = this.#chance;
    const advanceMs = chance.onceIn(3) ? this.#waitMs : chance.pick([0, 0, 1, 20, 100, 1000, 15_000]);
    if (advanceMs !== ENDED) this.#nowMs = (this.#nowMs + advanceMs) >>> 0;
    this.#calls = 0;
    this.#waitMs = this.tape.step(this.#nowMs);
  }

  #resume(): void {
    const sleptMs = this.#chance.below(100_000);
    if (this.#chance.onceIn(2)) this.#nowMs = this.#chance.bits();
    this.#peer.reset();
    this.tape.resume(this.#nowMs, sleptMs);
    this.#step();
  }

  #restart(): void {
    const chance = this.#chance;
    this.tape.fresh();
    this.#peer.reset();
    this.#configure(chance.pick(["7", "7", "abcdefghijklmnopqrstuv7"]));
    this.#waitMs = 0;
    this.#step();
  }

  #configure(id: string): void {
    const chance = this.#chance;
    this.tape.config("id", id);
    this.tape.config("username", "u".repeat(chance.pick([0, 1, 64, 64, 65])));
    this.tape.config("password", "p".repeat(chance.pick([0, 1, 64, 64, 65])));
    this.tape.config("interval", chance.pick(["100", "1000", "60000", "x", ""]));
    for (const [key, value] of Object.entries(this.#options.config ?? {})) this.tape.config(key, value);
  }
}
