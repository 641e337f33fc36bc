/**
 * Catches writes over the node's constants. They lie inside the image, where neither the canary nor a device's memory
 * limit sees an overrun of a buffer. A fresh image is all zeros but for them (assembly/image.ts).
 */
export class Constants {
  readonly #image: Uint8Array;
  readonly #addresses: Uint16Array;
  readonly #values: Uint8Array;

  /** `image`: a fresh one, live. */
  constructor(image: Uint8Array) {
    this.#image = image;
    this.#addresses = Uint16Array.from([...image.keys()].filter((address) => image[address] !== 0));
    this.#values = Uint8Array.from(this.#addresses, (address) => image[address] as number);
  }

  /** Throws if any constant byte is not what it was. */
  check(): void {
    for (let i = 0; i < this.#addresses.length; i++) {
      const address = this.#addresses[i] as number;
      if (this.#image[address] !== this.#values[i]) throw new Error(`the node wrote over its constant at ${address}`);
    }
  }
}
