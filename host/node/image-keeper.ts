/** Keeps one node's image durable, as boards/core/runner.c does for boards: says in the log what becomes of it. */

import { Errno } from "../abi.ts";
import type { LogLevel } from "../hal/board.ts";
import type { Metadata } from "../module/metadata.ts";
import { type CheckpointReport, Checkpoints } from "../storage/checkpoint.ts";
import { SLOTS, type Slots } from "../storage/slots.ts";

type Log = (level: LogLevel, text: string) => void;

export interface ResumedImage {
  readonly image: Uint8Array;
  /** The number of the checkpoint that it comes from. */
  readonly sequence: number;
  /** Milliseconds since its last step, 0 if nobody knows. */
  readonly ageMs: number;
}

export class ImageKeeper {
  readonly #checkpoints: Checkpoints | undefined;
  readonly #log: Log;
  readonly #unixMs: () => number | undefined;
  #isAsked = false;

  /**
   * Without slots nothing is kept. `unixMs` is the clock that tells how old a checkpoint is: milliseconds since 1970, or
   * undefined while it is not set.
   */
  constructor(
    slots: Slots | undefined,
    metadata: Metadata,
    config: ReadonlyMap<string, string>,
    log: Log,
    unixMs: () => number | undefined = Date.now,
  ) {
    this.#checkpoints = slots && new Checkpoints(slots, metadata, config);
    this.#log = log;
    this.#unixMs = unixMs;
  }

  /** What the node goes on from, or undefined for a fresh start. */
  restore(): ResumedImage | undefined {
    const report = this.#checkpoints?.restore(this.#unixMs());
    if (report === undefined) return undefined;
    if (report.damaged > 0) this.#log(2, `${report.damaged} of ${SLOTS} checkpoints are damaged`);
    const line = describe(report);
    if (line !== undefined) this.#log(...line);
    return report.image && { image: report.image, sequence: report.sequence, ageMs: report.ageMs };
  }

  /** The image itself may be why the node fails: nothing that was kept until now is resumed again. */
  giveUp(): void {
    const checkpoints = this.#checkpoints;
    if (checkpoints === undefined) return;
    this.#guarded(() => {
      const sequence = checkpoints.forget(this.#unixMs());
      if (sequence !== undefined)
        this.#log(3, `the node failed after checkpoint ${sequence} was resumed: a fresh start`);
    });
  }

  /** The node asks for a checkpoint: the result of `checkpoint`. */
  ask(): number {
    if (this.#checkpoints === undefined) return Errno.ENOTSUP;
    this.#isAsked = true;
    return 0;
  }

  /** To be called after each call into the node: what it asked for is durable when this returns. */
  save(image: Uint8Array): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.#guarded(() => this.#checkpoints?.write(image, this.#unixMs()));
  }

  /** The node failed before what it asked for was done. */
  drop(): void {
    this.#isAsked = false;
  }

  /** A node whose storage fails goes on; the newest checkpoint stays an older one. */
  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log(3, `the checkpoint could not be written: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function describe({ outcome, sequence, ageMs }: CheckpointReport): [LogLevel, string] | undefined {
  switch (outcome) {
    case "none":
      return undefined;
    case "restored":
      return [1, `goes on from checkpoint ${sequence}, ${Math.floor(ageMs / 1000)} s old`];
    case "damaged":
      return [3, "no checkpoint is valid: a fresh start, and what was queued is lost"];
    case "other-module":
      return [2, `checkpoint ${sequence} is of a module with another layout: a fresh start`];
    case "other-config":
      return [2, `checkpoint ${sequence} was made with other settings: a fresh start`];
    case "given-up":
      return [3, `the node failed after checkpoint ${sequence} was resumed: a fresh start`];
  }
}
