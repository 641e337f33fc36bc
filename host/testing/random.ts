/**
 * Random numbers of a run. Each consumer has a stream of its own, made from the run's seed and the stream's name: a new
 * consumer changes no other's numbers, and so a seed that was found to fail goes on failing.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class Random {
  readonly #seed: number;
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, name: string) {
    this.#seed = seed;
    this.#name = name;
    this.#a = mix(seed | 0, name);
    this.#b = mix(~seed, name);
    this.#c = mix(Math.floor(seed / 2 ** 32) | 0, `${name}/high`);
    // The first numbers of close seeds are alike until the state is stirred.
    for (let i = 0; i < 12; i++) this.u32();
  }

  /** The stream of that name below this one's; it does not depend on what was drawn from this one. */
  fork(name: string): Random {
    return new Random(this.#seed, `${this.#name}/${name}`);
  }

  /** 32 random bits, unsigned: a small chaotic generator with a counter, whose period is at least 2^32. */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor((this.u32() / 2 ** 32) * limit);
  }

  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True with that probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.u32() < probability * 2 ** 32;
  }

  /** An exponentially distributed span with that mean, at least 1: what lies between events that don't know of each other. */
  span(mean: number): number {
    return Math.max(1, Math.round(-Math.log(1 - this.u32() / 2 ** 32) * mean));
  }

  /** One of a list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }
}

function mix(seed: number, name: string): number {
  let hash = FNV_OFFSET ^ seed;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return hash ^ (hash >>> 15);
}
