/**
 * A broker that costs next to nothing, for benchmarks and large fleets: a link opens at once, and each packet of MQTT
 * 3.1.1 or 5.0 has its answer waiting when the node next reads. The version is that of the node's CONNECT.
 *
 * One network serves any number of nodes, one link each: `select` says whose calls follow. All state is in typed arrays,
 * some 40 bytes for each node, and no call on a node's common path allocates.
 */

import { Errno } from "../abi.ts";
import type { Network } from "./board.ts";

const HANDLE = 0;
/** Answers that wait for a node to read them; a packet whose answer does not fit beside them is not taken. */
const ANSWER_BYTES = 32;
/** The longest answer to a packet, but for SUBACK and UNSUBACK with many filters. */
const TYPICAL_ANSWER_BYTES = 8;

const PacketType = { connect: 1, publish: 3, pubrel: 6, subscribe: 8, unsubscribe: 10, pingreq: 12 } as const;
const CONNACK = 0x20;
const PUBACK = 0x40;
const PUBREC = 0x50;
const PUBCOMP = 0x70;
const SUBACK = 0x90;
const UNSUBACK = 0xb0;
const PINGRESP = 0xd0;
const TOPIC_ALIAS_MAXIMUM = 0x22;
/** In a CONNECT, behind its header: the protocol name with its length, then the version. */
const VERSION_OFFSET = 6;
const VERSION_5 = 5;

export interface NullNetworkOptions {
  /** Highest topic alias that nodes of MQTT 5.0 may use, 0 to 65535; 0, the default, is not said: none. */
  readonly topicAliasMaximum?: number;
}

export class NullNetwork implements Network {
  /** PUBLISH packets taken from all nodes. */
  published = 0;
  readonly #answers: Uint8Array;
  readonly #answerBytes: Uint8Array;
  readonly #open: Uint8Array;
  /** 1: the node speaks MQTT 5.0. */
  readonly #five: Uint8Array;
  /** Bytes of a packet's rest that the node has still to send. */
  readonly #skip: Uint32Array;
  readonly #topicAliasMaximum: number;
  #node = 0;

  /** `nodes`: how many there are; node 0 is selected. */
  constructor(nodes = 1, { topicAliasMaximum = 0 }: NullNetworkOptions = {}) {
    this.#topicAliasMaximum = topicAliasMaximum;
    this.#answers = new Uint8Array(nodes * ANSWER_BYTES);
    this.#answerBytes = new Uint8Array(nodes);
    this.#open = new Uint8Array(nodes);
    this.#five = new Uint8Array(nodes);
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

  /** Takes whole packets, or the rest of one; a packet's first part must reach to its identifier, a CONNECT's to its version. */
  send(handle: number, memory: Uint8Array, offset: number, length: number): number {
    if (handle !== HANDLE || this.#open[this.#node] !== 1) return Errno.EBADF;
    const end = offset + length;
    let at = offset + Math.min(length, this.#skip[this.#node] ?? 0);
    this.#skip[this.#node] = (this.#skip[this.#node] ?? 0) - (at - offset);
    while (at < end && (this.#answerBytes[this.#node] ?? 0) <= ANSWER_BYTES - TYPICAL_ANSWER_BYTES) {
      const next = this.#take(memory, at, end);
      if (next === at) break;
      at = next;
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

  /** Takes the packet that begins at `at`, as much of it as lies before `end`; returns where it ends, or `at` if it must wait. */
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
        this.#five[this.#node] = memory[body + VERSION_OFFSET] === VERSION_5 ? 1 : 0;
        this.#answerConnect();
        break;
      case PacketType.publish: {
        this.published++;
        if ((first & 0x06) === 0) break;
        const identifier = body + 2 + u16(memory, body);
        const type = (first & 0x04) === 0 ? PUBACK : PUBREC;
        this.#answer(type, memory[identifier] ?? 0, memory[identifier + 1] ?? 0);
        break;
      }
      case PacketType.pubrel:
        this.#answer(PUBCOMP, memory[body] ?? 0, memory[body + 1] ?? 0);
        break;
      case PacketType.subscribe:
        if (!this.#answerSubscribe(memory, body, remaining)) return at;
        break;
      case PacketType.unsubscribe:
        if (!this.#answerUnsubscribe(memory, body, remaining)) return at;
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

  #answerConnect(): void {
    if (this.#five[this.#node] === 0) {
      this.#answer(CONNACK, 0, 0);
      return;
    }
    const maximum = this.#topicAliasMaximum;
    const properties = maximum === 0 ? [] : [TOPIC_ALIAS_MAXIMUM, maximum >> 8, maximum & 0xff];
    this.#answerBytesOf([CONNACK, 3 + properties.length, 0, 0, properties.length, ...properties]);
  }

  /** Grants each filter the QoS that it asks for [MQTT-3.9.3-1]; the options of MQTT 5.0 are bits above it. */
  #answerSubscribe(memory: Uint8Array, body: number, remaining: number): boolean {
    const codes: number[] = [];
    const end = body + remaining;
    for (let at = this.#filters(memory, body); at < end; at += 3 + u16(memory, at)) {
      codes.push((memory[at + 2 + u16(memory, at)] ?? 0) & 3);
    }
    return this.#answerRequest(SUBACK, memory, body, codes);
  }

  /** MQTT 5.0 has a Reason Code for each filter; 3.1.1 has none. */
  #answerUnsubscribe(memory: Uint8Array, body: number, remaining: number): boolean {
    const codes: number[] = [];
    const end = body + remaining;
    if (this.#five[this.#node] === 1) {
      for (let at = this.#filters(memory, body); at < end; at += 2 + u16(memory, at)) codes.push(0);
    }
    return this.#answerRequest(UNSUBACK, memory, body, codes);
  }

  /** Where the filters of a request begin: behind its identifier and, in MQTT 5.0, its properties of up to 127 bytes. */
  #filters(memory: Uint8Array, body: number): number {
    return this.#five[this.#node] === 0 ? body + 2 : body + 3 + (memory[body + 2] ?? 0);
  }

  /** Returns false while earlier answers leave no room. Throws if there will never be any. */
  #answerRequest(type: number, memory: Uint8Array, body: number, codes: readonly number[]): boolean {
    const properties = this.#five[this.#node] === 0 ? [] : [0];
    const length = 4 + properties.length + codes.length;
    if (length > ANSWER_BYTES) throw new RangeError(`a request with ${codes.length} filters is more than a node has`);
    if (length > ANSWER_BYTES - (this.#answerBytes[this.#node] ?? 0)) return false;
    const identifier = [memory[body] ?? 0, memory[body + 1] ?? 0];
    this.#answerBytesOf([type, length - 2, ...identifier, ...properties, ...codes]);
    return true;
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

  #answerBytesOf(bytes: readonly number[]): void {
    for (const byte of bytes) this.#answerByte(byte);
  }

  #answerByte(byte: number): void {
    const waiting = this.#answerBytes[this.#node] ?? 0;
    this.#answers[this.#node * ANSWER_BYTES + waiting] = byte;
    this.#answerBytes[this.#node] = waiting + 1;
  }
}

function u16(memory: Uint8Array, at: number): number {
  return ((memory[at] ?? 0) << 8) | (memory[at + 1] ?? 0);
}
