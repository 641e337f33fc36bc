/** A node under V8 that takes one record of boards/script/README.md at a time. */

import { NodeInstance } from "../../../host/engine/instance.ts";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { ScriptedBoard } from "./board.ts";
import { Constants } from "./constants.ts";
import { fnv1a } from "./fnv1a.ts";

/** The line that `wasmote-script` prints at the end of a script. */
export interface Result {
  readonly steps: number;
  readonly sentBytes: number;
  readonly hash: string;
  readonly image: string;
}

/** The node trapped, wrote past its image, or wrote over its constants. */
export class NodeBroke extends Error {
  /** Counted from 0. */
  readonly record: number;

  constructor(record: number, cause: unknown) {
    super(`record ${record}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.record = record;
  }
}

/** Every method is one record, and throws `NodeBroke` if the node breaks at it. */
export class Player {
  readonly board = new ScriptedBoard();
  readonly #node: NodeInstance;
  readonly #constants: Constants;
  readonly #fresh: Uint8Array;
  #isSetUp = false;
  #records = 0;
  #steps = 0;

  constructor(module: LoadedModule) {
    this.#node = new NodeInstance(module, this.board);
    this.#fresh = this.#node.readImage();
    this.#constants = new Constants(this.#node.image);
  }

  get result(): Result {
    const { sentBytes, hash } = this.board;
    return { steps: this.#steps, sentBytes, hash: hash.digest, image: fnv1a(this.#node.image) };
  }

  /** Returns what the node's step returned. */
  step(nowMs: number): number {
    let waitMs = 0;
    this.#call(() => {
      waitMs = this.#node.step(nowMs);
      this.board.hash.addU32(waitMs);
      this.#steps++;
      this.board.onEvent?.(`step ${nowMs} -> ${waitMs}`);
    });
    return waitMs;
  }

  resume(nowMs: number, sleptMs: number): void {
    this.#call(() => {
      this.board.dropLink();
      this.board.onEvent?.(`resume ${nowMs} ${sleptMs}`);
      this.#node.resume(nowMs, sleptMs);
    });
  }

  stop(): void {
    this.#call(() => {
      this.board.onEvent?.("stop");
      this.#node.stop();
    });
  }

  fresh(): void {
    this.#records++;
    this.board.dropLink();
    this.#node.writeImage(this.#fresh);
    this.#isSetUp = false;
  }

  /** A record that the node learns of at its next step. */
  apply(change: (board: ScriptedBoard) => void): void {
    this.#records++;
    change(this.board);
  }

  #call(action: () => void): void {
    try {
      if (!this.#isSetUp) {
        this.#isSetUp = true;
        this.board.onEvent?.("setup");
        this.#node.setup();
      }
      action();
      this.#node.checkCanary();
      this.#constants.check();
    } catch (cause) {
      throw new NodeBroke(this.#records, cause);
    }
    this.#records++;
  }
}
