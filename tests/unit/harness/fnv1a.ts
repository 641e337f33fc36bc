/** FNV-1a, 64 bits, in two halves of 32: numbers are some fifty times faster than BigInt. */

const BASIS_HIGH = 0xcbf29ce4;
const BASIS_LOW = 0x84222325;
/** The prime is 2^40 + 0x1b3. */
const PRIME_LOW = 0x1b3;

export class Fnv1a {
  #high = BASIS_HIGH;
  #low = BASIS_LOW;

  add(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.#byte(bytes[i] as number);
  }

  /** Adds 32 bits, lowest byte first. */
  addU32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#byte((value >>> shift) & 0xff);
  }

  /** 16 hexadecimal digits. */
  get digest(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(8, "0")).join("");
  }

  #byte(byte: number): void {
    const low = (this.#low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    const carried = Math.floor(product / 2 ** 32) + this.#high * PRIME_LOW;
    this.#high = ((carried % 2 ** 32) + ((low << 8) >>> 0)) >>> 0;
    this.#low = product >>> 0;
  }
}

export function fnv1a(bytes: Uint8Array): string {
  const hash = new Fnv1a();
  hash.add(bytes);
  return hash.digest;
}
