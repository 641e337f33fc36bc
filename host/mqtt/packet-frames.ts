/**
 * Finds MQTT's packets in the bytes of many links, as those come: fixed headers, and where bodies begin and end. It keeps nothing of
 * a body. All state is in typed arrays, 10 bytes for each link.
 *
 * What a peer sends is never trusted: after bytes that are no MQTT nothing more is found on that link until `reset`.
 */

/** A Remaining Length has at most 4 bytes [MQTT-2.2.3], of 7 bits each. */
const LENGTH_SHIFT_END = 28;
const MORE = 0x80;

/** Where a link stands. */
const Phase = { header: 0, length: 1, body: 2, lost: 3 } as const;

/** Is told of packets. `first`: type and flags. */
export interface PacketConsumer {
  /** A fixed header was read. */
  begin(slot: number): void;
  /** `bytes` from `start` to `end` are those of the body from `place` on. Not called for a packet without a body. */
  body(slot: number, first: number, place: number, bytes: Uint8Array, start: number, end: number): void;
  /** The packet is complete; its body has `length` bytes. */
  end(slot: number, first: number, length: number): void;
}

export class PacketFrames {
  readonly #consumer: PacketConsumer;
  readonly #phase: Uint8Array;
  readonly #first: Uint8Array;
  /** While the length is read, its shift; then the number of the body's next byte. */
  readonly #at: Uint32Array;
  /** Of the packet's body: all of it, or what of the length is known. */
  readonly #length: Uint32Array;

  /** `slots`: how many links, each in one direction. */
  constructor(slots: number, consumer: PacketConsumer) {
    this.#consumer = consumer;
    this.#phase = new Uint8Array(slots);
    this.#first = new Uint8Array(slots);
    this.#at = new Uint32Array(slots);
    this.#length = new Uint32Array(slots);
  }

  /** What comes next on this link is the beginning of a packet. */
  reset(slot: number): void {
    this.#phase[slot] = Phase.header;
  }

  /** Takes the next bytes of a link, from `start` to `end`. */
  read(slot: number, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const phase = this.#phase[slot];
      if (phase === Phase.lost) return;
      if (phase === Phase.body) {
        at = this.#readBody(slot, bytes, at, end);
        continue;
      }
      const byte = bytes[at++] ?? 0;
      if (phase === Phase.header) {
        this.#first[slot] = byte;
        this.#length[slot] = 0;
        this.#at[slot] = 0;
        this.#phase[slot] = Phase.length;
      } else {
        this.#readLength(slot, byte);
      }
    }
  }

  #readLength(slot: number, byte: number): void {
    const shift = this.#at[slot] ?? 0;
    const length = (this.#length[slot] ?? 0) | ((byte & ~MORE) << shift);
    this.#length[slot] = length;
    if (byte >= MORE) {
      this.#at[slot] = shift + 7;
      if (shift + 7 === LENGTH_SHIFT_END) this.#phase[slot] = Phase.lost;
      return;
    }
    this.#at[slot] = 0;
    this.#phase[slot] = Phase.body;
    this.#consumer.begin(slot);
    if (length === 0) this.#end(slot, 0);
  }

  /** Returns where it stopped. */
  #readBody(slot: number, bytes: Uint8Array, start: number, end: number): number {
    const length = this.#length[slot] ?? 0;
    const place = this.#at[slot] ?? 0;
    const stop = Math.min(end, start + length - place);
    this.#consumer.body(slot, this.#first[slot] ?? 0, place, bytes, start, stop);
    this.#at[slot] = place + stop - start;
    if (place + stop - start === length) this.#end(slot, length);
    return stop;
  }

  #end(slot: number, length: number): void {
    this.#phase[slot] = Phase.header;
    this.#consumer.end(slot, this.#first[slot] ?? 0, length);
  }
}
