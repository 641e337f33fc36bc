/** The last readings of one node, oldest first, in a ring. */

/** Enough for the chart's window at a node's shortest interval that is pleasant to watch. */
export const CAPACITY = 600;

export class History {
  readonly #times = new Float64Array(CAPACITY);
  readonly #values = new Float32Array(CAPACITY);
  /** Where the next reading goes. */
  #end = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `time` in milliseconds since 1970. */
  add(time: number, value: number): void {
    this.#times[this.#end] = time;
    this.#values[this.#end] = value;
    this.#end = (this.#end + 1) % CAPACITY;
    this.#size = Math.min(this.#size + 1, CAPACITY);
  }

  /** The readings since a time, in the order of their times: seconds since 1970, and values. */
  since(fromMs: number): [seconds: number[], values: number[]] {
    const readings: [number, number][] = [];
    for (let index = this.#size; index > 0; index--) {
      const at = (this.#end - index + CAPACITY) % CAPACITY;
      const time = this.#times[at] ?? 0;
      if (time >= fromMs) readings.push([time / 1_000, this.#values[at] ?? 0]);
    }
    // What had to wait comes late.
    readings.sort(([a], [b]) => a - b);
    return [readings.map(([time]) => time), readings.map(([, value]) => value)];
  }
}
