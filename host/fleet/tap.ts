/**
 * Reads along on the wires of many nodes, for what a run counts: connections, publishes and their acknowledgements, and how
 * long these take. It knows MQTT's framing and no more: type, flags and identifier of a packet, codes of CONNACK and DISCONNECT, and
 * the protocol version from CONNECT. All state is in typed arrays, some 260 bytes for each node.
 *
 * What a peer sends is never trusted: bytes that are no MQTT end the reading of that direction until the node connects again.
 */

/** As many publishes in flight as any node has (`NODE_WINDOW`); further ones are counted and not timed. */
const WINDOW = 32;

const Type = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubcomp: 7,
  disconnect: 14,
} as const;

const DUP = 0x08;
const VERSION_5 = 5;
/** Where CONNECT has its version: behind the protocol name of 4 bytes and its length. */
const VERSION_AT = 6;
/** Reason codes from here on are failures (MQTT 5.0, 2.4). */
const FIRST_FAILURE = 0x80;
/** Remaining Length has at most 4 bytes [MQTT-2.2.3]. */
const LENGTH_SHIFT_END = 28;

/** Where the reading of one direction stands. */
const Phase = { header: 0, length: 1, body: 2, lost: 3 } as const;

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
class Wire {
  readonly phase: Uint8Array;
  readonly first: Uint8Array;
  /** While the length is read, its shift; then the number of the body's next byte. */
  readonly at: Uint32Array;
  /** Of the packet's body: all of it, or what of the length is known. */
  readonly length: Uint32Array;
  /** Where a packet has its identifier. */
  readonly identifierAt: Uint32Array;
  readonly identifier: Uint16Array;

  constructor(slots: number) {
    this.phase = new Uint8Array(slots);
    this.first = new Uint8Array(slots);
    this.at = new Uint32Array(slots);
    this.length = new Uint32Array(slots);
    this.identifierAt = new Uint32Array(slots);
    this.identifier = new Uint16Array(slots);
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
    this.#out = new Wire(slots);
    this.#in = new Wire(slots);
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
    this.#out.phase[slot] = Phase.header;
    this.#in.phase[slot] = Phase.header;
  }

  /** Bytes from `start` to `end` that the node's link has taken. */
  sent(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#read(this.#out, slot, bytes, start, end);
  }

  /** Bytes that have arrived for the node. */
  arrived(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#read(this.#in, slot, bytes, start, end);
  }

  #read(wire: Wire, slot: number, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const phase = wire.phase[slot];
      if (phase === Phase.lost) return;
      if (phase === Phase.body) {
        at = this.#readBody(wire, slot, bytes, at, end);
        continue;
      }
      const byte = bytes[at++] ?? 0;
      if (phase === Phase.header) {
        wire.first[slot] = byte;
        wire.length[slot] = 0;
        wire.at[slot] = 0;
        wire.phase[slot] = Phase.length;
      } else {
        this.#readLength(wire, slot, byte);
      }
    }
  }

  #readLength(wire: Wire, slot: number, byte: number): void {
    const shift = wire.at[slot] ?? 0;
    wire.length[slot] = (wire.length[slot] ?? 0) | ((byte & 0x7f) << shift);
    if (byte >= 0x80) {
      wire.at[slot] = shift + 7;
      if (shift + 7 === LENGTH_SHIFT_END) wire.phase[slot] = Phase.lost;
      return;
    }
    wire.at[slot] = 0;
    wire.identifier[slot] = 0;
    const type = (wire.first[slot] ?? 0) >> 4;
    // A PUBLISH has its topic first, and its length will tell.
    wire.identifierAt[slot] = 0;
    if ((wire.length[slot] ?? 0) === 0) this.#end(wire, slot, type);
    else wire.phase[slot] = Phase.body;
  }

  /** Takes the body's bytes that count one by one, and skips the others; returns where it stopped. */
  #readBody(wire: Wire, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const first = wire.first[slot] ?? 0;
    const type = first >> 4;
    const length = wire.length[slot] ?? 0;
    let place = wire.at[slot] ?? 0;
    let at = start;
    while (at < end && place < length) {
      const next = this.#nextThatCounts(wire, slot, type, place);
      if (next > place) {
        const skipped = Math.min(next, length) - place;
        const taken = Math.min(skipped, end - at);
        place += taken;
        at += taken;
        continue;
      }
      this.#take(wire, slot, type, place, bytes[at] ?? 0);
      place++;
      at++;
    }
    wire.at[slot] = place;
    if (place === length) this.#end(wire, slot, type);
    return at;
  }

  /** The first byte of the body from `place` on that says anything; infinity if there is none. */
  #nextThatCounts(wire: Wire, slot: number, type: number, place: number): number {
    switch (type) {
      case Type.publish: {
        if (place < 2) return place;
        const identifierAt = wire.identifierAt[slot] ?? 0;
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

  #take(wire: Wire, slot: number, type: number, place: number, byte: number): void {
    // Two bytes shift into the 16 bits of the identifier.
    const word = ((wire.identifier[slot] ?? 0) << 8) | byte;
    if (type === Type.connect) {
      this.#version[slot] = byte;
    } else if (type === Type.connack) {
      wire.identifier[slot] = byte;
    } else if (type === Type.publish) {
      wire.identifier[slot] = word;
      if (place === 1) wire.identifierAt[slot] = 2 + (wire.identifier[slot] ?? 0);
    } else if (place < 2) {
      wire.identifier[slot] = word;
    } else {
      // The reason code of MQTT 5.0, which may be left out.
      wire.identifierAt[slot] = byte;
    }
  }

  #end(wire: Wire, slot: number, type: number): void {
    wire.phase[slot] = Phase.header;
    const identifier = wire.identifier[slot] ?? 0;
    if (wire === this.#out) {
      if (type !== Type.publish) return;
      const first = wire.first[slot] ?? 0;
      const qos = (first >> 1) & 3;
      this.#events.published(slot, qos, (first & DUP) !== 0);
      if (qos > 0) this.#await(slot, identifier);
      return;
    }
    if (type === Type.publish) this.#events.received(slot);
    else if (type === Type.connack && identifier === 0 && (wire.length[slot] ?? 0) >= 2) this.#events.accepted(slot);
    else if (type === Type.puback || type === Type.pubcomp) this.#settle(slot, identifier);
    else if (type === Type.pubrec && this.#isRefusal(wire, slot)) this.#settle(slot, identifier);
  }

  #isRefusal(wire: Wire, slot: number): boolean {
    return this.#version[slot] === VERSION_5 && (wire.identifierAt[slot] ?? 0) >= FIRST_FAILURE;
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
