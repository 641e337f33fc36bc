/** What a broker knows of the node: enough to give right answers, and so to get past the first bytes of a connection. */

export class Peer {
  /** Identifiers of readings that are not acknowledged. */
  readonly readings: number[] = [];
  readonly subscribes: number[] = [];
  readonly unsubscribes: number[] = [];
  /** PINGREQs that are not answered. */
  pings = 0;
  /** CONNECTs that are not answered. */
  connects = 0;
  #stream: number[] = [];

  /** The link is gone. */
  reset(): void {
    this.readings.length = 0;
    this.subscribes.length = 0;
    this.unsubscribes.length = 0;
    this.pings = 0;
    this.connects = 0;
    this.#stream = [];
  }

  /** Bytes that the node sent. */
  take(bytes: Uint8Array): void {
    this.#stream.push(...bytes);
    for (;;) {
      const size = this.#packetSize();
      if (size === 0 || size > this.#stream.length) return;
      this.#note(this.#stream.splice(0, size));
    }
  }

  /** The first packet's bytes, or 0 if that does not show yet. */
  #packetSize(): number {
    let length = 0;
    for (let at = 1; at < this.#stream.length; at++) {
      const byte = this.#stream[at] as number;
      length += (byte & 0x7f) * 128 ** (at - 1);
      if (byte < 0x80) return at + 1 + length;
    }
    return 0;
  }

  #note(packet: number[]): void {
    const type = packet[0] as number;
    const u16 = (at: number): number => ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
    if (type === 0x10) this.connects++;
    else if ((type & 0xf6) === 0x32) this.readings.push(u16(4 + u16(2)));
    else if (type === 0x82) this.subscribes.push(u16(2));
    else if (type === 0xa2) this.unsubscribes.push(u16(2));
    else if (type === 0xc0) this.pings++;
  }
}
