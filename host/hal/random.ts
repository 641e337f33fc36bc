import { randomBytes } from "node:crypto";

/**
 * Marsaglia's xorshift32 with the triple 13, 17, 5: small enough for every board, and the same seed gives the same
 * numbers on each. It is for jitter and simulation, never for keys. It has a period of 2^32 - 1 and never yields 0, the
 * one state that it could not leave; a seed of 0 is taken as 0x9e3779b9.
 */
export class Xorshift32 {
  #state: number;

  /** `seed`: any 32-bit number; without one, the operating system's randomness. */
  constructor(seed: number = randomBytes(4).readUInt32LE()) {
    this.#state = seed | 0 || 0x9e3779b9;
  }

  /** The next 32 bits, as a signed integer. */
  next(): number {
    this.#state = xorshift32(this.#state);
    return this.#state;
  }
}

/** The state that follows `state`, which must not be 0. */
export function xorshift32(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x;
}

/**
 * Scatters 32 bits: inputs that differ in any bit give results, 0 to 2^32 - 1, that look unrelated, and no two inputs give the same
 * one. (MurmurHash3's finalizer.)
 */
export function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
