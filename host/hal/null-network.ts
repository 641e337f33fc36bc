/**
 * A broker that costs next to nothing, for benchmarks and large fleets: a link opens at once, and each packet of MQTT
 * 3.1.1 has its answer waiting when the node next reads.
 *
 * One network serves any number of nodes, one link each: `select` says whose calls follow. All state is in typed arrays,
 * 40 bytes for each node, and no call allocates.
 */

import { Errno } from "../abi.ts";
import type { Network } from "./board.ts";

const HANDLE = 0;
/** Answers that wait for a node to read them; a packet whose answer does not fit is not taken. */
const ANSWER_BYTES = 32;
/** The longest answer to a packet, but for a SUBACK with many filters. */
const TYPICAL_ANSWER_BYTES = 5;

const PacketType = { connect: 1, publish: 3, subscribe: 8, unsubscribe: 10, pingreq: 12 } as const;
const CONNACK = 0x20;
const PUBACK = 0x40;
const SUBACK = 0x90;
const UNSUBACK = 0xb0;
const PINGRESP = 0xd0;

export class NullNetwork implements Network {
  /** PUBLISH packets taken from all nodes. */
  published = 0;
  readonly #answers: Uint8Array;
  readonly #answerBytes: Uint8Array;
  readonly #open: Uint8Array;
  /** Bytes of a packet's rest that the node has still to send. */
  readonly #skip: Uint32Array;
  #node = 0;

  /** `nodes`: how many there are; node 0 is selected. */
  constructor(nodes = 1) {
    this.#answers = new Uint8Array(nodes * ANSWER_BYTES);
    this.#answerBytes = new Uint8Array(nodes);
    this.#open = new Uint8Array(nodes);
    this.#skip = new Uint32Array(nodes);
  }

  select(node: number): void {
    this.#node = node;
  }

  open(endpoint: number): number {
    const node = this.#node;
    if (endpoint !== 0) return Errno.ENOENT;
    if (this.#open[node] === 1) return Errno.EMFILE;
    this.#open[node] = 1;
    this.#answerBytes[node] = 0;
    this.#skip[node] = 0;
    return HANDLE;
  }

  state(handle: number): number {
    return handle === HANDLE && this.#open[this.#node] === 1 ? 1 : Errno.EBADF;
  }

  /** Takes whole packets, or the rest of one; a packet's first part must reach to its identifier. */
  send(handle: number, memory: Uint8Array, offset: number, length: number): number {
    if (handle !== HANDLE || this.#open[this.#node] !== 1) return Errno.EBADF;
    const end = offset + length;
    let at = offset + Math.min(length, this.#skip[this.#node] ?? 0);
    this.#skip[this.#node] = (this.#skip[this.#node] ?? 0) - (at - offset);
    while (at < end && (this.#answerBytes[this.#node] ?? 0) <= ANSWER_BYTES - TYPICAL_ANSWER_BYTES) {
      at = this.#take(memory, at, end);
    }
    return at - offset;
  }

  receive(handle: number, memory: Uint8Array, offset: number, capacity: number): number {
    const node = this.#node;
    if (handle !== HANDLE || this.#open[node] !== 1) return Errno.EBADF;
    const waiting = this.#answerBytes[node] ?? 0;
    if (waiting === 0) return 0;
    const length = Math.min(capacity, waiting);
    const answers = this.#answers;
    const from = node * ANSWER_BYTES;
    for (let i = 0; i < length; i++) memory[offset + i] = answers[from + i] ?? 0;
    if (length < waiting) answers.copyWithin(from, from + length, from + waiting);
    this.#answerBytes[node] = waiting - length;
    return length;
  }

  close(handle: number): number {
    if (handle !== HANDLE || this.#open[this.#node] !== 1) return Errno.EBADF;
    this.#open[this.#node] = 0;
    return 0;
  }

  /** Takes the packet that begins at `at`, as much of it as lies before `end`; returns where it ends. */
  #take(memory: Uint8Array, at: number, end: number): number {
    const first = memory[at] ?? 0;
    let body = at + 1;
    let remaining = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = memory[body++] ?? 0;
      remaining |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    switch (first >> 4) {
      case PacketType.connect:
        this.#answer(CONNACK, 0, 0);
        break;
      case PacketType.publish: {
        this.published++;
        if ((first & 0x06) === 0) break;
        const identifier = body + 2 + (((memory[body] ?? 0) << 8) | (memory[body + 1] ?? 0));
        this.#answer(PUBACK, memory[identifier] ?? 0, memory[identifier + 1] ?? 0);
        break;
      }
      case PacketType.subscribe:
        this.#answerSubscribe(memory, body, remaining);
        break;
      case PacketType.unsubscribe:
        this.#answer(UNSUBACK, memory[body] ?? 0, memory[body + 1] ?? 0);
        break;
      case PacketType.pingreq:
        this.#answerByte(PINGRESP);
        this.#answerByte(0);
        break;
    }
    const next = body + remaining;
    if (next <= end) return next;
    this.#skip[this.#node] = next - end;
    return end;
  }

  /** Grants each filter the QoS that it asks for [MQTT-3.9.3-1]. */
  #answerSubscribe(memory: Uint8Array, body: number, remaining: number): void {
    const codes: number[] = [];
    for (let at = body + 2; at < body + remaining; at += 3 + (((memory[at] ?? 0) << 8) | (memory[at + 1] ?? 0))) {
      codes.push(memory[at + 2 + (((memory[at] ?? 0) << 8) | (memory[at + 1] ?? 0))] ?? 0);
    }
    for (const byte of [SUBACK, 2 + codes.length, memory[body] ?? 0, memory[body + 1] ?? 0, ...codes]) {
      this.#answerByte(byte);
    }
  }

  #answer(type: number, high: number, low: number): void {
    const node = this.#node;
    const waiting = this.#answerBytes[node] ?? 0;
    const at = node * ANSWER_BYTES + waiting;
    const answers = this.#answers;
    answers[at] = type;
    answers[at + 1] = 2;
    answers[at + 2] = high;
    answers[at + 3] = low;
    this.#answerBytes[node] = waiting + 4;
  }

  #answerByte(byte: number): void {
    const waiting = this.#answerBytes[this.#node] ?? 0;
    this.#answers[this.#node * ANSWER_BYTES + waiting] = byte;
    this.#answerBytes[this.#node] = waiting + 1;
  }
}
