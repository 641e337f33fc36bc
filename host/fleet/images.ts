/**
 * Many nodes over one instance of a module. A node is its image, so running it is three things: copy its image into the
 * instance, step, copy it out. No engine could hold 50,000 instances; 50,000 images are a few dozen megabytes.
 */

import { NodeInstance } from "../engine/instance.ts";
import type { LoadedModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import type { FleetBoard } from "../hal/null-board.ts";

export type CreateInstance = (module: LoadedModule, board: FleetBoard) => NodeInstance;

/** Each step looks just above the image; the whole page takes as long as 20 steps, so it has its turn now and then. */
const STEPS_PER_FULL_CHECK = 1_024;

export class Fleet {
  readonly size: number;
  readonly #instance: NodeInstance;
  readonly #board: FleetBoard;
  readonly #imageSize: number;
  /** The instance's memory as the compiler left it: what every node begins as. */
  readonly #fresh: Uint8Array;
  /** Image after image. */
  readonly #images: Uint8Array;
  #steps = 0;

  /** `size`: how many nodes. Each begins with a fresh image, and needs its `setup` before its first step. */
  constructor(
    module: LoadedModule,
    size: number,
    board: FleetBoard,
    createInstance: CreateInstance = (...parts) => new NodeInstance(...parts),
  ) {
    this.size = size;
    this.#board = board;
    this.#instance = createInstance(module, board);
    this.#imageSize = module.metadata.imageSize;
    this.#fresh = this.#instance.readImage();
    this.#images = new Uint8Array(size * this.#imageSize);
    for (let node = 0; node < size; node++) this.#images.set(this.#fresh, node * this.#imageSize);
  }

  /** Bytes that the images of all nodes take. */
  get imageBytes(): number {
    return this.#images.length;
  }

  setup(node: number): void {
    this.#enter(node);
    this.#instance.setup();
    this.#leave(node);
  }

  /** Returns the milliseconds until the node wants to run again. A node that traps keeps its last image. */
  step(node: number, nowMs: number): number {
    this.#enter(node);
    const waitMs = this.#instance.step(nowMs);
    this.#leave(node);
    if (++this.#steps % STEPS_PER_FULL_CHECK === 0) this.#instance.checkCanary();
    return waitMs;
  }

  resume(node: number, nowMs: number, sleptMs: number): void {
    this.#enter(node);
    this.#instance.resume(nowMs, sleptMs);
    this.#leave(node);
  }

  stop(node: number): void {
    this.#enter(node);
    this.#instance.stop();
    this.#leave(node);
  }

  /** Gives the node a fresh image, as after a trap; it needs its `setup` again. */
  reset(node: number): void {
    this.#images.set(this.#fresh, this.#start(node));
  }

  /** A copy of the node's image. */
  readImage(node: number): Uint8Array {
    const start = this.#start(node);
    return this.#images.slice(start, start + this.#imageSize);
  }

  /** Throws `EIMAGESIZE` unless there are exactly as many bytes as the image has. */
  writeImage(node: number, bytes: Uint8Array): void {
    const start = this.#start(node);
    this.#instance.writeImage(bytes);
    this.#images.set(bytes, start);
  }

  /** Looks at everything above the image; throws `ECANARY` if any node wrote there. */
  checkCanary(): void {
    this.#instance.checkCanary();
  }

  #enter(node: number): void {
    const start = this.#start(node);
    this.#board.select(node);
    this.#instance.image.set(this.#images.subarray(start, start + this.#imageSize));
  }

  #leave(node: number): void {
    this.#images.set(this.#instance.image, node * this.#imageSize);
  }

  #start(node: number): number {
    if (Number.isInteger(node) && node >= 0 && node < this.size) return node * this.#imageSize;
    throw new WasmoteError("ENODE", "usage", `there is no node ${node} in a fleet of ${this.size}`);
  }
}
