/** One link of a board: what it sent and what it is sent, between a real connection and the board's windows. */

import type { Network } from "../hal/board.ts";
import { MAX_PAYLOAD_BYTES } from "./frame.ts";
import { creditPayload, dataPayload, Message, statePayload } from "./messages.ts";

/** A board may have so much on its way to a link before the link has taken any of it. */
export const WINDOW_BYTES = 4_096;

/** What one frame carries beside the link's number. */
const MAX_DATA_BYTES = MAX_PAYLOAD_BYTES - 2;

const CONNECTING = 0;
const OPEN = 1;

/** Sends a frame to the board. */
export type Send = (type: number, payload: Buffer) => void;

export class RemoteLink {
  readonly #network: Network;
  readonly #handle: number;
  readonly #number: number;
  readonly #send: Send;
  /** Bytes that the board still takes. */
  #credit: number;
  /** From the board, not yet taken by the connection: at most `WINDOW_BYTES`. */
  #outgoing: Buffer = Buffer.alloc(0);
  #state = CONNECTING;

  /** `handle`: one of the network's; `number`: what the board calls the link; `credit`: the board's window. */
  constructor(network: Network, handle: number, number: number, credit: number, send: Send) {
    this.#network = network;
    this.#handle = handle;
    this.#number = number;
    this.#credit = credit;
    this.#send = send;
  }

  /** Nothing of what the board sent waits any more. */
  get isDelivered(): boolean {
    return this.#state < CONNECTING || this.#outgoing.length === 0;
  }

  /** The board has taken bytes. */
  grant(bytes: number): void {
    this.#credit += bytes;
    this.pump();
  }

  /** Bytes from the board; returns false, and takes none, if they are more than it was allowed. */
  take(bytes: Buffer): boolean {
    if (this.#outgoing.length + bytes.length > WINDOW_BYTES) return false;
    this.#outgoing = Buffer.concat([this.#outgoing, bytes]);
    this.pump();
    return true;
  }

  /** Moves what can be moved, in both directions, and tells the board what changed. */
  pump(): void {
    if (this.#state < CONNECTING) return;
    if (this.#state === CONNECTING && this.#network.state(this.#handle) === OPEN) {
      this.#state = OPEN;
      this.#send(Message.STATE, statePayload(this.#number, OPEN));
      this.#send(Message.CREDIT, creditPayload(this.#number, WINDOW_BYTES));
    }
    this.#deliver();
    this.#fetch();
    const state = this.#network.state(this.#handle);
    if (state < CONNECTING) this.end(state);
  }

  /** The link is closed by this errno: the last that the board hears of it. */
  end(errno: number): void {
    if (this.#state < CONNECTING) return;
    this.#state = errno;
    this.#send(Message.STATE, statePayload(this.#number, errno));
  }

  /** Gives the network's handle back. */
  close(): void {
    this.#network.close(this.#handle);
  }

  #deliver(): void {
    let taken = 0;
    while (taken < this.#outgoing.length) {
      const length = this.#network.send(this.#handle, this.#outgoing, taken, this.#outgoing.length - taken);
      if (length <= 0) break;
      taken += length;
    }
    if (taken === 0) return;
    this.#outgoing = this.#outgoing.subarray(taken);
    this.#send(Message.CREDIT, creditPayload(this.#number, taken));
  }

  #fetch(): void {
    const buffer = Buffer.alloc(MAX_DATA_BYTES);
    while (this.#credit > 0) {
      const capacity = Math.min(this.#credit, MAX_DATA_BYTES);
      const length = this.#network.receive(this.#handle, buffer, 0, capacity);
      if (length <= 0) return;
      this.#credit -= length;
      this.#send(Message.DATA, dataPayload(this.#number, buffer.subarray(0, length)));
    }
  }
}
