/** A node under V8 and, at the same time, the script that makes `wasmote-script` do the same to the other engine. */

import type { LoadedModule } from "../../host/engine/module.ts";
import { Player, type Result } from "../unit/harness/player.ts";
import { ScriptWriter } from "../unit/harness/script.ts";

export class Tape {
  /** What the node sends; the node's link, too. */
  readonly player: Player;
  readonly #script = new ScriptWriter();

  constructor(module: LoadedModule) {
    this.player = new Player(module);
  }

  get script(): Buffer {
    return this.#script.bytes;
  }

  get result(): Result {
    return this.player.result;
  }

  // Written first, so that the record at which a node broke is on the tape.

  step(nowMs: number): number {
    this.#script.step(nowMs);
    return this.player.step(nowMs >>> 0);
  }

  receive(bytes: Uint8Array): void {
    this.#script.receive(bytes);
    this.player.apply((board) => board.receive(bytes));
  }

  close(error: number): void {
    this.#script.close(error);
    this.player.apply((board) => board.closeLink(error));
  }

  open(): void {
    this.#script.open();
    this.player.apply((board) => board.openLink());
  }

  sendCap(bytes: number): void {
    this.#script.sendCap(bytes);
    this.player.apply((board) => {
      board.sendCap = bytes;
    });
  }

  receiveCap(bytes: number): void {
    this.#script.receiveCap(bytes);
    this.player.apply((board) => {
      board.recvCap = bytes;
    });
  }

  sensor(value: number): void {
    this.#script.sensor(value);
    this.player.apply((board) => board.setSensor(value));
  }

  sensorError(error: number): void {
    this.#script.sensorError(error);
    this.player.apply((board) => {
      board.sensorError = error;
    });
  }

  resume(nowMs: number, sleptMs: number): void {
    this.#script.resume(nowMs, sleptMs);
    this.player.resume(nowMs >>> 0, sleptMs >>> 0);
  }

  stop(): void {
    this.#script.stop();
    this.player.stop();
  }

  config(key: string, value: string): void {
    this.#script.config(key, value);
    this.player.apply((board) => board.setConfig(key, value));
  }

  seed(seed: number): void {
    this.#script.seed(seed);
    this.player.apply((board) => board.seed(seed));
  }

  clock(unixMs: number): void {
    this.#script.clock(unixMs);
    this.player.apply((board) => {
      board.clockUnixMs = unixMs;
    });
  }

  fresh(): void {
    this.#script.fresh();
    this.player.fresh();
  }
}
