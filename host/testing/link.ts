/** One link between a node and the broker: what each side sees of it, and how it ends. */

import { Errno } from "../abi.ts";
import { Pipe, type PipeWorld } from "./pipe.ts";

/** The broker's side of a link. */
export interface Peer {
  /** Bytes that have come from the node. */
  onBytes(bytes: Uint8Array): void;
  /** The node's side has closed, in good order or not; nothing more comes, and nothing that is sent gets there. */
  onClosed(): void;
}

/** What the broker can do with a link. */
export interface BrokerLink {
  readonly isOpen: boolean;
  /** Bytes that the node's side has not had yet. */
  readonly outstanding: number;
  send(bytes: Uint8Array): void;
  /** Closes in good order: what was sent before still arrives. */
  close(): void;
  /** Breaks the link: what is under way is lost, and the node's side is told at once. */
  reset(): void;
  /** The broker's machine loses power: the node's side is not told. */
  abandon(): void;
}

export interface LinkOwner {
  /** The node's side has bytes, or a new state. */
  onChange(): void;
  /** Whether the node that had this link is running again, without it: it answers with a reset. */
  answersWithReset(): boolean;
  /** Whether the broker's machine runs: it answers with a reset what it knows nothing of. */
  isListening(): boolean;
}

/** An orphan's bytes are given up after so long, as systems do. */
const ORPHAN_MS = 60_000;

export class Link implements BrokerLink {
  /** 0 connecting, 1 open, or the error that closed it: `net_state`. */
  state = 0;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #owner: LinkOwner;
  readonly #world: PipeWorld;
  #peer: Peer | undefined;
  #arrived: Uint8Array[] = [];
  /** Bytes of the first that were handed over. */
  #offset = 0;
  /** The node still knows of this link. */
  #isHeld = true;
  /** The broker still has it. */
  #isServed = false;
  #isAbandoned = false;

  constructor(up: PipeWorld, down: PipeWorld, owner: LinkOwner) {
    this.#owner = owner;
    this.#world = up;
    this.#up = new Pipe(
      up,
      (bytes) => this.#hear(bytes),
      () => this.#leaveBroker(),
    );
    this.#down = new Pipe(
      down,
      (bytes) => this.#take(bytes),
      () => this.#closeNode(Errno.EPIPE),
    );
  }

  // The broker's side ----------------------------------------------------------------------------------------------

  get isOpen(): boolean {
    return this.#isServed;
  }

  get outstanding(): number {
    return this.#down.outstanding;
  }

  /** The broker accepts the link. */
  serve(peer: Peer): void {
    this.#peer = peer;
    this.#isServed = true;
  }

  send(bytes: Uint8Array): void {
    if (this.#isServed) this.#down.write(bytes);
  }

  close(): void {
    if (!this.#isServed) return;
    this.#isServed = false;
    this.#peer = undefined;
    this.#up.destroy();
    this.#down.end();
  }

  reset(): void {
    this.#leaveBroker();
    this.#up.destroy();
    this.#down.destroy();
    this.#closeNode(Errno.ECONNRESET);
  }

  /** The broker's machine loses power: nobody is told. */
  abandon(): void {
    this.#isServed = false;
    this.#isAbandoned = true;
    this.#peer = undefined;
    this.#down.destroy();
  }

  #hear(bytes: Uint8Array): void {
    if (this.#isAbandoned && this.#owner.isListening()) this.reset();
    else this.#peer?.onBytes(bytes);
  }

  #leaveBroker(): void {
    if (!this.#isServed) return;
    this.#isServed = false;
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.onClosed();
  }

  // The node's side ------------------------------------------------------------------------------------------------

  /** The link is open, or will never be. */
  settle(state: number): void {
    if (!this.#isHeld || this.state !== 0) return;
    this.state = state;
    this.#owner.onChange();
  }

  /** Takes up to `length` bytes, as far as the send buffer has room. */
  take(memory: Uint8Array, offset: number, length: number): number {
    if (this.state !== 1) return this.state;
    const room = this.#world.quality().sendBuffer - this.#up.outstanding;
    const taken = Math.max(0, Math.min(length, room));
    if (taken > 0) this.#up.write(memory.slice(offset, offset + taken));
    return taken;
  }

  /** `net_recv`: an error only once everything that had arrived was handed over. */
  give(memory: Uint8Array, offset: number, capacity: number): number {
    let given = 0;
    for (let bytes = this.#arrived[0]; bytes !== undefined && given < capacity; bytes = this.#arrived[0]) {
      const length = Math.min(capacity - given, bytes.length - this.#offset);
      memory.set(bytes.subarray(this.#offset, this.#offset + length), offset + given);
      given += length;
      this.#offset += length;
      if (this.#offset < bytes.length) break;
      this.#arrived.shift();
      this.#offset = 0;
    }
    if (given > 0) return given;
    return this.state === 1 || this.state === 0 ? 0 : this.state;
  }

  /** `net_close`: what was taken is still delivered if the network lets it. */
  release(): void {
    this.#isHeld = false;
    this.#arrived = [];
    this.#down.destroy();
    if (!this.#isServed) return;
    this.#up.end();
    this.#world.scheduler.after(ORPHAN_MS, () => this.#up.destroy());
  }

  /** The power is cut: the broker is not told. What had left is still under way, unless the network holds it. */
  vanish(): void {
    this.#isHeld = false;
    this.#arrived = [];
    if (this.#world.isBlocked()) this.#up.destroy();
  }

  /** The network is back. */
  resume(): void {
    this.#up.resume();
    this.#down.resume();
  }

  /** The node's own side has lost its network, and knows it. */
  fail(errno: number): void {
    this.#down.destroy();
    this.#closeNode(errno);
  }

  #take(bytes: Uint8Array): void {
    if (this.#isHeld) {
      this.#arrived.push(bytes);
      this.#owner.onChange();
      return;
    }
    if (this.#owner.answersWithReset()) {
      this.#up.destroy();
      this.#down.destroy();
      this.#leaveBroker();
    }
  }

  #closeNode(errno: number): void {
    if (!this.#isHeld || this.state < 0) return;
    this.state = errno;
    this.#owner.onChange();
  }
}
