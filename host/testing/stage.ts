/**
 * One instance of a module for all of its nodes: a node is its image, which is copied in when it is its turn. No engine
 * could hold an instance for each of 10,000 nodes.
 */

import { NodeInstance } from "../engine/instance.ts";
import type { LoadedModule } from "../engine/module.ts";
import type { Board } from "../hal/board.ts";
import { RecordedInstance } from "../trace/recorded-instance.ts";
import type { TraceRecorder } from "../trace/recorder.ts";

/** A node that takes its turns. */
export interface Actor {
  readonly board: Board;
  /** Its image while it is another's turn. */
  readonly image: Uint8Array;
  /** Where its trace is written, on a stage whose actors are recorded. */
  readonly recorder: TraceRecorder | undefined;
}

/** A look at the whole page above the image takes as long as some 20 steps. */
const CALLS_PER_FULL_CHECK = 64;

export class Stage {
  readonly imageSize: number;
  /** What every node begins as. */
  readonly fresh: Uint8Array;
  readonly #instance: NodeInstance;
  #actor: Actor | undefined;
  #calls = 0;

  constructor(module: LoadedModule, isRecorded: boolean) {
    this.imageSize = module.metadata.imageSize;
    const board = this.#boardOfActor();
    this.#instance = isRecorded
      ? new RecordedInstance(module, board, () => this.#actor?.recorder)
      : new NodeInstance(module, board);
    this.fresh = this.#instance.readImage();
  }

  /** The instance with a node's image in it. */
  enter(actor: Actor): NodeInstance {
    if (this.#actor !== actor) {
      this.#actor?.image.set(this.#instance.image);
      this.#instance.image.set(actor.image);
      this.#actor = actor;
    }
    return this.#instance;
  }

  /** A copy of a node's image as it is. */
  imageOf(actor: Actor): Uint8Array {
    return (this.#actor === actor ? this.#instance.image : actor.image).slice();
  }

  /** To be called after each call into the node; throws `ECANARY` now and then if a node wrote outside its image. */
  check(): void {
    if (++this.#calls % CALLS_PER_FULL_CHECK === 0) this.#instance.checkCanary();
  }

  #boardOfActor(): Board {
    const board = (): Board => {
      if (this.#actor === undefined) throw new Error("a module called the host before any node's turn");
      return this.#actor.board;
    };
    return {
      network: {
        open: (endpoint) => board().network.open(endpoint),
        state: (handle) => board().network.state(handle),
        send: (handle, memory, offset, length) => board().network.send(handle, memory, offset, length),
        receive: (handle, memory, offset, capacity) => board().network.receive(handle, memory, offset, capacity),
        close: (handle) => board().network.close(handle),
      },
      sensors: { read: (channel, out) => board().sensors.read(channel, out) },
      actuators: { write: (channel, value) => board().actuators.write(channel, value) },
      unixMs: () => board().unixMs(),
      random: () => board().random(),
      config: (key) => board().config(key),
      checkpoint: () => board().checkpoint(),
      deepSleep: (ms) => board().deepSleep(ms),
      log: (level, text) => board().log(level, text),
    };
  }
}
