/** Cuts one direction of a link into MQTT's packets, as far as somebody who only watches needs them. */

/** The part of a packet's body that is kept: topics, identifiers and reason codes stand at its beginning. */
const KEPT_BYTES = 512;
/** A remaining length has at most so many bytes [MQTT-2.2.3]. */
const MAX_LENGTH_BYTES = 4;
const MORE = 0x80;

export interface Packet {
  /** The packet's type and flags. */
  readonly first: number;
  /** The beginning of what follows the fixed header, at most 512 bytes; valid during the call. */
  readonly body: Uint8Array;
}

export class PacketReader {
  readonly #onPacket: (packet: Packet) => void;
  #first = -1;
  #length = 0;
  #lengthBytes = 0;
  #isHeaderRead = false;
  #isLost = false;
  /** Bytes of the body that have passed. */
  #passed = 0;
  readonly #body = new Uint8Array(KEPT_BYTES);

  constructor(onPacket: (packet: Packet) => void) {
    this.#onPacket = onPacket;
  }

  /** Takes the next bytes of the link. After what is no MQTT it finds nothing more. */
  take(bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.length && !this.#isLost) {
      if (!this.#isHeaderRead) {
        this.#takeHeaderByte(bytes[offset++] ?? 0);
      } else {
        const part = bytes.subarray(offset, offset + this.#length - this.#passed);
        if (this.#passed < KEPT_BYTES) this.#body.set(part.subarray(0, KEPT_BYTES - this.#passed), this.#passed);
        this.#passed += part.length;
        offset += part.length;
      }
      if (this.#isHeaderRead && this.#passed === this.#length) this.#finish();
    }
  }

  #takeHeaderByte(byte: number): void {
    if (this.#first < 0) {
      this.#first = byte;
      return;
    }
    this.#length += (byte & ~MORE) * MORE ** this.#lengthBytes++;
    if ((byte & MORE) === 0) this.#isHeaderRead = true;
    else if (this.#lengthBytes === MAX_LENGTH_BYTES) this.#isLost = true;
  }

  #finish(): void {
    const body = this.#body.subarray(0, Math.min(this.#length, KEPT_BYTES));
    const first = this.#first;
    this.#first = -1;
    this.#length = 0;
    this.#lengthBytes = 0;
    this.#isHeaderRead = false;
    this.#passed = 0;
    this.#onPacket({ first, body });
  }
}
