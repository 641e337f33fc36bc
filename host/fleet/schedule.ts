/** When each node is to run next: a binary heap over typed arrays, in which a node's time can be changed. */

const ABSENT = -1;

export class Schedule {
  readonly #dueMs: Float64Array;
  /** Slots of nodes; none is due before its parent. */
  readonly #heap: Uint32Array;
  /** Where in the heap a slot stands. */
  readonly #place: Int32Array;
  #size = 0;

  /** `slots`: how many nodes there are; none is scheduled. */
  constructor(slots: number) {
    this.#dueMs = new Float64Array(slots);
    this.#heap = new Uint32Array(slots);
    this.#place = new Int32Array(slots).fill(ABSENT);
  }

  /** How many nodes are scheduled. */
  get size(): number {
    return this.#size;
  }

  /** The node that is due first, or -1. */
  get first(): number {
    return this.#size === 0 ? ABSENT : (this.#heap[0] ?? ABSENT);
  }

  /** When the first is due; infinity if none is scheduled. */
  get firstMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.dueMs(this.#heap[0] ?? 0);
  }

  /** When a node was last scheduled for. */
  dueMs(slot: number): number {
    return this.#dueMs[slot] ?? 0;
  }

  /** Schedules a node, in place of when it was to run before. */
  set(slot: number, dueMs: number): void {
    const before = this.dueMs(slot);
    this.#dueMs[slot] = dueMs;
    const place = this.#place[slot] ?? ABSENT;
    if (place === ABSENT) this.#rise(this.#size++, slot);
    else if (dueMs < before) this.#rise(place, slot);
    else this.#sink(place, slot);
  }

  delete(slot: number): void {
    const place = this.#place[slot] ?? ABSENT;
    if (place === ABSENT) return;
    this.#place[slot] = ABSENT;
    const last = this.#heap[--this.#size] ?? 0;
    if (place === this.#size) return;
    this.#rise(place, last);
    this.#sink(this.#place[last] ?? 0, last);
  }

  #rise(from: number, slot: number): void {
    const dueMs = this.dueMs(slot);
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent] ?? 0;
      if (this.dueMs(above) <= dueMs) break;
      this.#put(place, above);
      place = parent;
    }
    this.#put(place, slot);
  }

  #sink(from: number, slot: number): void {
    const dueMs = this.dueMs(slot);
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.dueMs(this.#heap[right] ?? 0) < this.dueMs(this.#heap[child] ?? 0)) child = right;
      const below = this.#heap[child] ?? 0;
      if (this.dueMs(below) >= dueMs) break;
      this.#put(place, below);
      place = child;
    }
    this.#put(place, slot);
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#place[slot] = place;
  }
}
