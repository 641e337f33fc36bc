/** Cuts one direction of a link into MQTT's packets, as far as somebody who only watches needs them. */

import { PacketFrames } from "./packet-frames.ts";

/** The part of a packet's body that is kept: topics, identifiers and reason codes stand at its beginning. */
const KEPT_BYTES = 512;
const LINK = 0;

export interface Packet {
  /** The packet's type and flags. */
  readonly first: number;
  /** The beginning of what follows the fixed header, at most 512 bytes; valid during the call. */
  readonly body: Uint8Array;
}

export class PacketReader {
  readonly #frames: PacketFrames;

  constructor(onPacket: (packet: Packet) => void) {
    const kept = new Uint8Array(KEPT_BYTES);
    this.#frames = new PacketFrames(1, {
      begin() {},
      body(_slot, _first, place, bytes, start, end) {
        if (place < KEPT_BYTES) kept.set(bytes.subarray(start, Math.min(end, start + KEPT_BYTES - place)), place);
      },
      end(_slot, first, length) {
        onPacket({ first, body: kept.subarray(0, Math.min(length, KEPT_BYTES)) });
      },
    });
  }

  /** Takes the next bytes of the link. After what is no MQTT it finds nothing more. */
  take(bytes: Uint8Array): void {
    this.#frames.read(LINK, bytes, 0, bytes.length);
  }
}
