/**
 * Reads along on the wires of many nodes, for what a run counts: connections, publishes and their acknowledgements, and how
 * long these take. Of a packet it knows no more than type, flags and identifier, CONNACK's code, and the protocol version from
 * CONNECT. All state is in typed arrays, some 260 bytes for each node.
 *
 * What a peer sends is never trusted: bytes that are no MQTT end the reading of that direction until the node connects again.
 */

import { type PacketConsumer, PacketFrames } from "../mqtt/packet-frames.ts";

/** As many publishes in flight as any node has (`NODE_WINDOW`); further ones are counted and not timed. */
const WINDOW = 32;

const Type = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubcomp: 7,
} as const;

const DUP = 0x08;
const VERSION_5 = 5;
/** Where CONNECT has its version: behind the protocol name of 4 bytes and its length. */
const VERSION_AT = 6;
/** Reason codes from here on are failures (MQTT 5.0, 2.4). */
const FIRST_FAILURE = 0x80;
export interface TapEvents {
  /** CONNACK that accepts. */
  accepted(slot: number): void;
  /** A PUBLISH of the node's. */
  published(slot: number, qos: number, resent: boolean): void;
  /**
   * PUBACK or PUBCOMP, or a PUBREC or PUBACK with a reason code of a failure. `latencyUs`: since the PUBLISH, or -1 if that was
   * not seen on this connection.
   */
  acknowledged(slot: number, latencyUs: number): void;
  /** A PUBLISH to the node. */
  received(slot: number): void;
}

/** One direction of every node's wire. */
class Wire implements PacketConsumer {
  readonly frames: PacketFrames;
  /** Where a packet has its identifier. */
  readonly #identifierAt: Uint32Array;
  readonly #identifier: Uint16Array;
  readonly #onEnd: (slot: number, first: number, length: number, identifier: number, code: number) => void;

  /**
   * `onEnd`: a packet is complete. `identifier`: the packet's, or CONNACK's code, or CONNECT's version; `code`: the reason code that
   * follows an identifier, or 0.
   */
  constructor(
    slots: number,
    onEnd: (slot: number, first: number, length: number, identifier: number, code: number) => void,
  ) {
    this.frames = new PacketFrames(slots, this);
    this.#identifierAt = new Uint32Array(slots);
    this.#identifier = new Uint16Array(slots);
    this.#onEnd = onEnd;
  }

  begin(slot: number): void {
    this.#identifier[slot] = 0;
    // A PUBLISH has its topic first, and its length will tell.
    this.#identifierAt[slot] = 0;
  }

  end(slot: number, first: number, length: number): void {
    this.#onEnd(slot, first, length, this.#identifier[slot] ?? 0, this.#identifierAt[slot] ?? 0);
  }

  /** Takes the body's bytes that count one by one, and skips the others. */
  body(slot: number, first: number, from: number, bytes: Uint8Array, start: number, end: number): void {
    const type = first >> 4;
    const to = from + end - start;
    for (
      let place = this.#nextThatCounts(slot, type, from);
      place < to;
      place = this.#nextThatCounts(slot, type, place + 1)
    ) {
      this.#take(slot, type, place, bytes[start + place - from] ?? 0);
    }
  }

  /** The first byte of the body from `place` on that says anything; infinity if there is none. */
  #nextThatCounts(slot: number, type: number, place: number): number {
    switch (type) {
      case Type.publish: {
        if (place < 2) return place;
        const identifierAt = this.#identifierAt[slot] ?? 0;
        if (place < identifierAt) return identifierAt;
        return place < identifierAt + 2 ? place : Number.POSITIVE_INFINITY;
      }
      case Type.puback:
      case Type.pubrec:
      case Type.pubcomp:
        return place < 3 ? place : Number.POSITIVE_INFINITY;
      case Type.connack:
        return place <= 1 ? 1 : Number.POSITIVE_INFINITY;
      case Type.connect:
        return place <= VERSION_AT ? VERSION_AT : Number.POSITIVE_INFINITY;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  #take(slot: number, type: number, place: number, byte: number): void {
    // Two bytes shift into the 16 bits of the identifier.
    const word = ((this.#identifier[slot] ?? 0) << 8) | byte;
    if (type === Type.connect || type === Type.connack) {
      this.#identifier[slot] = byte;
    } else if (type === Type.publish) {
      this.#identifier[slot] = word;
      if (place === 1) this.#identifierAt[slot] = 2 + (this.#identifier[slot] ?? 0);
    } else if (place < 2) {
      this.#identifier[slot] = word;
    } else {
      // The reason code of MQTT 5.0, which may be left out.
      this.#identifierAt[slot] = byte;
    }
  }
}

export class Tap {
  readonly #events: TapEvents;
  readonly #nowUs: () => number;
  readonly #out: Wire;
  readonly #in: Wire;
  readonly #version: Uint8Array;
  /** Identifiers in flight and when each was sent, `WINDOW` for each node. */
  readonly #identifiers: Uint16Array;
  readonly #sentUs: Uint32Array;
  readonly #waiting: Uint8Array;
  #inFlight = 0;

  /** `nowUs`: a clock in microseconds, whose lowest 32 bits count. */
  constructor(slots: number, events: TapEvents, nowUs: () => number) {
    this.#events = events;
    this.#nowUs = nowUs;
    this.#out = new Wire(slots, (slot, first, _length, identifier) => this.#endSent(slot, first, identifier));
    this.#in = new Wire(slots, (slot, first, length, identifier, code) => {
      this.#endArrived(slot, first, length, identifier, code);
    });
    this.#version = new Uint8Array(slots);
    this.#identifiers = new Uint16Array(slots * WINDOW);
    this.#sentUs = new Uint32Array(slots * WINDOW);
    this.#waiting = new Uint8Array(slots);
  }

  /** Publishes of all nodes on open connections that have no acknowledgement yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** The node's connection is over, or begins: what was in flight on it is not any more. */
  reset(slot: number): void {
    this.#inFlight -= this.#waiting[slot] ?? 0;
    this.#waiting[slot] = 0;
    this.#out.frames.reset(slot);
    this.#in.frames.reset(slot);
  }

  /** Bytes from `start` to `end` that the node's link has taken. */
  sent(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#out.frames.read(slot, bytes, start, end);
  }

  /** Bytes that have arrived for the node. */
  arrived(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#in.frames.read(slot, bytes, start, end);
  }

  #endSent(slot: number, first: number, identifier: number): void {
    const type = first >> 4;
    if (type === Type.connect) this.#version[slot] = identifier;
    if (type !== Type.publish) return;
    const qos = (first >> 1) & 3;
    this.#events.published(slot, qos, (first & DUP) !== 0);
    if (qos > 0) this.#await(slot, identifier);
  }

  #endArrived(slot: number, first: number, length: number, identifier: number, code: number): void {
    const type = first >> 4;
    if (type === Type.publish) this.#events.received(slot);
    else if (type === Type.connack && identifier === 0 && length >= 2) this.#events.accepted(slot);
    else if (type === Type.puback || type === Type.pubcomp) this.#settle(slot, identifier);
    else if (type === Type.pubrec && this.#version[slot] === VERSION_5 && code >= FIRST_FAILURE) {
      this.#settle(slot, identifier);
    }
  }

  #await(slot: number, identifier: number): void {
    const waiting = this.#waiting[slot] ?? 0;
    if (waiting === WINDOW) return;
    this.#identifiers[slot * WINDOW + waiting] = identifier;
    this.#sentUs[slot * WINDOW + waiting] = this.#nowUs();
    this.#waiting[slot] = waiting + 1;
    this.#inFlight++;
  }

  #settle(slot: number, identifier: number): void {
    const waiting = this.#waiting[slot] ?? 0;
    const from = slot * WINDOW;
    for (let at = from; at < from + waiting; at++) {
      if (this.#identifiers[at] !== identifier) continue;
      const latencyUs = (this.#nowUs() - (this.#sentUs[at] ?? 0)) >>> 0;
      const last = from + waiting - 1;
      this.#identifiers[at] = this.#identifiers[last] ?? 0;
      this.#sentUs[at] = this.#sentUs[last] ?? 0;
      this.#waiting[slot] = waiting - 1;
      this.#inFlight--;
      this.#events.acknowledged(slot, latencyUs);
      return;
    }
    this.#events.acknowledged(slot, -1);
  }
}
