/**
 * When each node is to run next: a heap in which a node's time can be changed. A place has eight places below it, and times stand
 * in the heap itself: to compare eight of them takes one line of the processor's cache, where those of a hundred thousand nodes
 * elsewhere would take eight.
 */

const ABSENT = -1;
/** A place's children are at `8 * place + 1` and after it. */
const CHILD_BITS = 3;
const CHILDREN = 1 << CHILD_BITS;

export class Schedule {
  /** By place in the heap: when, and which node. None is due before its parent. */
  readonly #dueMs: Float64Array;
  readonly #slots: Uint32Array;
  /** Where in the heap a slot stands. */
  readonly #place: Int32Array;
  #size = 0;

  /** `slots`: how many nodes there are; none is scheduled. */
  constructor(slots: number) {
    this.#dueMs = new Float64Array(slots);
    this.#slots = new Uint32Array(slots);
    this.#place = new Int32Array(slots).fill(ABSENT);
  }

  /** How many nodes are scheduled. */
  get size(): number {
    return this.#size;
  }

  /** The node that is due first, or -1. */
  get first(): number {
    return this.#size === 0 ? ABSENT : (this.#slots[0] ?? ABSENT);
  }

  /** When the first is due; infinity if none is scheduled. */
  get firstMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#dueMs[0] ?? 0);
  }

  /** Schedules a node, in place of when it was to run before. */
  set(slot: number, dueMs: number): void {
    const place = this.#place[slot] ?? ABSENT;
    if (place === ABSENT) this.#rise(this.#size++, slot, dueMs);
    else if (dueMs < (this.#dueMs[place] ?? 0)) this.#rise(place, slot, dueMs);
    else this.#sink(place, slot, dueMs);
  }

  delete(slot: number): void {
    const place = this.#place[slot] ?? ABSENT;
    if (place === ABSENT) return;
    this.#place[slot] = ABSENT;
    const end = --this.#size;
    if (place === end) return;
    const last = this.#slots[end] ?? 0;
    const dueMs = this.#dueMs[end] ?? 0;
    if (dueMs < (this.#dueMs[place] ?? 0)) this.#rise(place, last, dueMs);
    else this.#sink(place, last, dueMs);
  }

  #rise(from: number, slot: number, dueMs: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> CHILD_BITS;
      const parentMs = this.#dueMs[parent] ?? 0;
      if (parentMs <= dueMs) break;
      this.#put(place, this.#slots[parent] ?? 0, parentMs);
      place = parent;
    }
    this.#put(place, slot, dueMs);
  }

  #sink(from: number, slot: number, dueMs: number): void {
    const dues = this.#dueMs;
    let place = from;
    for (;;) {
      const begin = (place << CHILD_BITS) + 1;
      const end = Math.min(begin + CHILDREN, this.#size);
      let child = ABSENT;
      let childMs = dueMs;
      for (let each = begin; each < end; each++) {
        const eachMs = dues[each] ?? 0;
        if (eachMs >= childMs) continue;
        child = each;
        childMs = eachMs;
      }
      if (child === ABSENT) break;
      this.#put(place, this.#slots[child] ?? 0, childMs);
      place = child;
    }
    this.#put(place, slot, dueMs);
  }

  #put(place: number, slot: number, dueMs: number): void {
    this.#dueMs[place] = dueMs;
    this.#slots[place] = slot;
    this.#place[slot] = place;
  }
}
