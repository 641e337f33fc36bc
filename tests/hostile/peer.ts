/** What a broker knows of the node: enough to give right answers, and so to get past the first bytes of a connection. */

export class Peer {
  /** Of the node's last CONNECT: 4 is MQTT 3.1.1, 5 is 5.0. */
  version = 4;
  /** Whether that CONNECT lets the broker go on with a session. */
  resumable = false;
  /** Whether that CONNECT leaves the client identifier to the broker. */
  anonymous = false;
  /** Identifiers of PUBLISHes under QoS 1 that are not acknowledged. */
  readonly readings: number[] = [];
  /** The same under QoS 2. */
  readonly exchanges: number[] = [];
  /** Identifiers of PUBRELs that are not answered. */
  readonly releases: number[] = [];
  /** Identifiers of PUBRECs that are not answered. */
  readonly records: number[] = [];
  readonly subscribes: number[] = [];
  readonly unsubscribes: number[] = [];
  /** PINGREQs that are not answered. */
  pings = 0;
  /** CONNECTs that are not answered. */
  connects = 0;
  /** AUTHs that are not answered. */
  auths = 0;
  #stream: number[] = [];

  /** The link is gone. */
  reset(): void {
    const { readings, exchanges, releases, records, subscribes, unsubscribes } = this;
    for (const each of [readings, exchanges, releases, records, subscribes, unsubscribes]) each.length = 0;
    this.pings = 0;
    this.connects = 0;
    this.auths = 0;
    this.#stream = [];
  }

  /** Bytes that the node sent. */
  take(bytes: Uint8Array): void {
    this.#stream.push(...bytes);
    for (;;) {
      const { head, size } = this.#firstPacket();
      if (size === 0 || size > this.#stream.length) return;
      const packet = this.#stream.splice(0, size);
      this.#note(packet[0] as number, packet.slice(head));
    }
  }

  /** Bytes of the first packet, and of the header in front of it; 0 if that does not show yet. */
  #firstPacket(): { head: number; size: number } {
    let length = 0;
    for (let at = 1; at < this.#stream.length; at++) {
      const byte = this.#stream[at] as number;
      length += (byte & 0x7f) * 128 ** (at - 1);
      if (byte < 0x80) return { head: at + 1, size: at + 1 + length };
    }
    return { head: 0, size: 0 };
  }

  #note(first: number, body: readonly number[]): void {
    const u16 = (at: number): number => ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0);
    if (first === 0x10) {
      this.connects++;
      this.version = body[6] ?? 0;
      this.resumable = ((body[7] ?? 0) & 2) === 0;
      // Behind the Keep Alive, and under MQTT 5.0 behind the properties, whose length takes one byte or two.
      const length = body[10] ?? 0;
      const properties = length < 128 ? 1 + length : 2 + (length & 127) + 128 * (body[11] ?? 0);
      this.anonymous = u16(this.version === 5 ? 10 + properties : 10) === 0;
    } else if ((first & 0xf6) === 0x32) this.readings.push(u16(2 + u16(0)));
    else if ((first & 0xf6) === 0x34) this.exchanges.push(u16(2 + u16(0)));
    else if (first === 0x50) this.records.push(u16(0));
    else if (first === 0x62) this.releases.push(u16(0));
    else if (first === 0x82) this.subscribes.push(u16(0));
    else if (first === 0xa2) this.unsubscribes.push(u16(0));
    else if (first === 0xc0) this.pings++;
    else if (first === 0xf0) this.auths++;
  }
}
