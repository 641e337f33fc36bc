import { Xorshift32 } from "../../host/hal/random.ts";

/** Seeded choices: the same seed makes the same ones. */
export class Chance {
  readonly #random: Xorshift32;

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike.
    this.#random = new Xorshift32(Math.imul(seed + 1, 0x9e37_79b9));
    for (let i = 0; i < 8; i++) this.#random.next();
  }

  /** 32 bits, unsigned. */
  bits(): number {
    return this.#random.next() >>> 0;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return this.bits() % limit;
  }

  /** True once in so many times. */
  onceIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.bits() >>> 11;
    return bytes;
  }
}
