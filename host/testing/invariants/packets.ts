/** Takes a stream of bytes apart into packets, as far as the rules need it. */

export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  disconnect: 14,
} as const;

export interface SeenPacket {
  readonly type: number;
  readonly flags: number;
  /** All of it. */
  readonly bytes: Uint8Array;
  /** Where the body begins. */
  readonly bodyAt: number;
}

const MOST_LENGTH_BYTES = 4;

export class PacketStream {
  #rest = new Uint8Array();

  /** Whether a packet has begun that is not complete. */
  get isPartial(): boolean {
    return this.#rest.length > 0;
  }

  /** Returns the packets that are complete with these bytes. */
  take(bytes: Uint8Array): SeenPacket[] {
    let data = bytes;
    if (this.#rest.length > 0) {
      data = new Uint8Array(this.#rest.length + bytes.length);
      data.set(this.#rest);
      data.set(bytes, this.#rest.length);
    }
    const packets: SeenPacket[] = [];
    let at = 0;
    while (data.length - at >= 2) {
      let length = 0;
      let bodyAt = at + 1;
      let isWhole = false;
      for (let digit = 0; digit < MOST_LENGTH_BYTES && bodyAt < data.length && !isWhole; digit++) {
        const byte = data[bodyAt++] ?? 0;
        length += (byte & 0x7f) * 128 ** digit;
        isWhole = byte < 0x80;
      }
      if (!isWhole || bodyAt + length > data.length) break;
      const first = data[at] ?? 0;
      packets.push({
        type: first >> 4,
        flags: first & 0x0f,
        bytes: data.slice(at, bodyAt + length),
        bodyAt: bodyAt - at,
      });
      at = bodyAt + length;
    }
    this.#rest = data.slice(at);
    return packets;
  }

  /** The stream has ended; another may begin. */
  reset(): void {
    this.#rest = new Uint8Array();
  }
}

/** The packet identifier of any packet that has one. */
export function identifierOf({ type, bytes, bodyAt }: SeenPacket): number {
  let at = bodyAt;
  if (type === PacketType.publish) at += 2 + u16(bytes, at);
  return u16(bytes, at);
}

/** The reason code of an acknowledgement, 0 if it has none. */
export function reasonOf({ bytes, bodyAt }: SeenPacket): number {
  return bytes[bodyAt + 2] ?? 0;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
