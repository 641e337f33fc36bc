/**
 * The account of a node's readings: each that the node has taken arrives as its QoS says, or is counted as dropped, or was
 * lost where docs/behaviour.md says that it may be. Nothing else becomes of a reading.
 */

import type { NodeObserver } from "../node-types.ts";
import type { SimNode } from "../sim-node.ts";
import type { Excuse } from "./excuses.ts";
import type { Promises } from "./promises.ts";
import { InvariantError, type InvariantName } from "./violation.ts";

/** Readings tell themselves apart by their value: so many tenths of a degree from -100.0 on, over and over. */
const VALUES = 11_000;
const LEAST_TENTHS = -1_000;
const THOUSANDTHS = 100;

interface Reading {
  readonly number: number;
  readonly value: number;
  readonly atMs: number;
  /** It was taken while the node was offline. */
  readonly isOffline: boolean;
  /** The call that took it said that a reading was dropped, perhaps this one. */
  hasDropped: boolean;
  /** How often the broker had it as a new message. */
  had: number;
  /** The epoch in which the broker had it last: duplicates across epochs are allowed. */
  epoch: number;
  excuse: Excuse | undefined;
}

interface Snapshot {
  readonly count: number;
  readonly newestHad: number;
  readonly dropped: number;
}

export interface ReadingCounts {
  readonly taken: number;
  readonly delivered: number;
  /** Dropped, and said so. */
  readonly dropped: number;
  /** Lost where the pages say that they may be, by reason. */
  readonly excused: Readonly<Partial<Record<Excuse, number>>>;
  /** Neither delivered nor counted nor excused: there must be none. */
  readonly lost: number;
  /** Arrivals beyond the first. */
  readonly repeated: number;
}

const COUNTED = /^(?:readings dropped|readings stale|expired|too large): (\d+)$/;
const REFUSED = /^refused: \d+$/;
const GIVEN_UP = /^the node failed after checkpoint \d+ was resumed/;
const OFFLINE = /^(?:link closed|bad packet|broker refuses|disconnected): /;

export class ReadingLedger implements NodeObserver {
  readonly #node: SimNode;
  readonly #promises: Promises;
  readonly #now: () => number;
  readonly #readings: Reading[] = [];
  readonly #snapshots = new Map<number, Snapshot>();
  /** The readings with each value, by number: one, but for a frozen sensor's. */
  readonly #byValue = new Map<number, number[]>();
  /** Readings before this one are from calls that ended. */
  #accepted = 0;
  /** The first reading of this image's life: what came before is excused or delivered. */
  #lifeFrom = 0;
  #dropped = 0;
  #droppedInEarlierLives = 0;
  #acceptedDropped = 0;
  /** What may have been counted beside readings that are missing: a sensor's failures have places in the queue too. */
  #uncertain = 0;
  #lastErrno = 0;
  #newestHad = -1;
  #epoch = 0;
  #isOnline = false;
  #wasOnline = false;
  /** The newest checkpoint that was begun, and the newest that must be there: the call that asked for it has ended. */
  #begunSequence: number | undefined;
  #lastSequence: number | undefined;
  /** Readings before this one are in a checkpoint, or were given up before it. */
  #durable = 0;
  #written = 0;
  #repeated = 0;
  /** Something was done to the storage since the node was last powered on a checkpoint that is beyond doubt. */
  #isStorageDoubtful = false;
  #isSuspect = false;
  #hasLived = false;
  /** The node went on from less than it was, in the session that the broker has. */
  #isOther = false;

  constructor(node: SimNode, promises: Promises, now: () => number) {
    this.#node = node;
    this.#promises = promises;
    this.#now = now;
  }

  /** What the node's sensor is to give next: a value that tells this reading from others. */
  nextValue(): number {
    return (LEAST_TENTHS + (this.#readings.length % VALUES)) * THOUSANDTHS;
  }

  /** The node's storage was made to fail: what it promises of checkpoints holds no more for the next restart. */
  doubtStorage(): void {
    this.#isStorageDoubtful = true;
  }

  /** The broker has lost the node's session: what it sends again is new there. */
  onSessionLost(): void {
    this.#epoch++;
    this.#isOther = false;
    // behaviour.md: what was in flight "counts as dropped though it may have arrived".
    if (this.#promises.ages) this.#uncertain += this.#promises.window;
  }

  // From the node ------------------------------------------------------------------------------------------------------

  onReading(channel: number, reading: number | { readonly errno: number }): void {
    if (channel !== 0) return;
    if (typeof reading !== "number") {
      if (reading.errno !== this.#lastErrno) this.#uncertain++;
      this.#lastErrno = reading.errno;
      return;
    }
    if (this.#lastErrno !== 0) this.#uncertain++;
    this.#lastErrno = 0;
    const number = this.#readings.length;
    const value = Math.round(reading / THOUSANDTHS);
    const alike = this.#byValue.get(value);
    if (alike === undefined) this.#byValue.set(value, [number]);
    else alike.push(number);
    // A frozen sensor's readings are alike: one that comes again is taken for another.
    if (this.#readings[number - 1]?.value === value) this.#uncertain++;
    this.#readings.push({
      number,
      value,
      atMs: this.#now(),
      isOffline: !this.#isOnline,
      hasDropped: false,
      had: 0,
      epoch: 0,
      excuse: undefined,
    });
  }

  onLog(_level: number, text: string): void {
    if (text === "online") {
      this.#isOnline = true;
      this.#wasOnline = true;
    } else if (GIVEN_UP.test(text)) {
      this.#isSuspect = true;
    } else if (OFFLINE.test(text)) {
      this.#goOffline();
    } else {
      const counted = COUNTED.exec(text)?.[1];
      if (counted !== undefined) this.#drop(Number(counted));
      else if (REFUSED.test(text)) this.#dropped++;
    }
  }

  #drop(total: number): void {
    this.#dropped = total;
    const newest = this.#readings.at(-1);
    if (newest !== undefined && newest.number >= this.#accepted) newest.hasDropped = true;
  }

  onCheckpoint(sequence: number): void {
    this.#snapshots.set(sequence, {
      count: this.#readings.length,
      newestHad: this.#newestHad,
      dropped: this.#dropped,
    });
    this.#snapshots.delete(sequence - 8);
    this.#written = this.#readings.length;
    this.#begunSequence = sequence;
  }

  onCallDone(): void {
    this.#durable = this.#written;
    this.#lastSequence = this.#begunSequence;
    this.#accepted = this.#readings.length;
    this.#acceptedDropped = this.#dropped;
    if (this.#node.phase === "asleep" || this.#node.phase === "ended") this.#goOffline();
  }

  onPowerCut(): void {
    this.#goOffline();
    this.#isSuspect = false;
    if (this.#promises.checkpoint === 0) this.#dropped = this.#acceptedDropped;
  }

  onFault(): void {
    this.#goOffline();
    this.#isSuspect = true;
    if (this.#promises.checkpoint === 0) this.#dropped = this.#acceptedDropped;
  }

  /** It goes on from a checkpoint, or with nothing. */
  onBoot(sequence: number | undefined): void {
    const snapshot = sequence === undefined ? undefined : this.#snapshots.get(sequence);
    if (snapshot === undefined) this.#beginAnew();
    else this.#goOn(sequence as number, snapshot);
    this.#durable = snapshot?.count ?? 0;
    this.#written = this.#durable;
    this.#accepted = this.#readings.length;
    this.#acceptedDropped = this.#dropped;
    this.#isStorageDoubtful = this.#node.storage.isBroken;
    this.#isSuspect = false;
    this.#hasLived = true;
  }

  #beginAnew(): void {
    const mayForget = this.#promises.checkpoint === 0 || this.#isStorageDoubtful || this.#isSuspect;
    if (this.#hasLived && !mayForget && this.#lastSequence !== undefined && this.#accepted > 0) {
      this.#fail("checkpoint-kept", `begins with a fresh image, though checkpoint ${this.#lastSequence} was written`);
    }
    const missing = this.#missing();
    const kept = missing.filter(({ number }) => number < this.#accepted).length;
    const { queue } = this.#promises;
    // What goes with the image is what its queue held, and no more.
    if (kept > this.#dropped + queue) {
      this.#fail(
        "delivered",
        `${kept} readings had not arrived, ${this.#dropped} were counted, and the queue holds ${queue}`,
      );
    }
    for (const each of missing) each.excuse = each.number >= this.#accepted ? "unfinished" : "fresh";
    this.#droppedInEarlierLives += this.#dropped;
    this.#dropped = 0;
    this.#uncertain = 0;
    this.#lastErrno = 0;
    this.#lifeFrom = this.#readings.length;
    this.#epoch++;
    // It has an earlier image's session cleared before it sends anything under QoS 2.
    this.#isOther = false;
    // None of the checkpoints before is valid any more.
    this.#begunSequence = undefined;
    this.#lastSequence = undefined;
  }

  #goOn(sequence: number, snapshot: Snapshot): void {
    const { checkpoint } = this.#promises;
    let counted = this.#acceptedDropped - snapshot.dropped;
    for (const each of this.#missing()) {
      // What the checkpoint holds is in the image again, even if the step that took it never ended.
      if (each.number < snapshot.count) continue;
      if (each.number >= this.#accepted) {
        each.excuse = "unfinished";
      } else if (this.#isStorageDoubtful) {
        each.excuse = "storage";
      } else if (checkpoint === 1 && !each.isOffline) {
        each.excuse = "unwritten";
      } else if (each.hasDropped && counted > 0) {
        each.excuse = "counted";
        counted--;
      } else {
        this.#fail("checkpoint-kept", `goes on from checkpoint ${sequence}, which lacks reading ${describe(each)}`);
      }
    }
    this.#dropped = snapshot.dropped;
    if (checkpoint === 2 && !this.#isStorageDoubtful) return;
    // The queue went back: what was dropped after the checkpoint has its turn again.
    this.#newestHad = snapshot.newestHad;
    this.#epoch++;
    this.#isOther = true;
  }

  #goOffline(): void {
    // Whatever the link had taken may be gone with it.
    if (this.#promises.qos === 0 && this.#wasOnline) {
      for (const each of this.#missing()) {
        each.excuse = "link";
        // Some of them may have been dropped before, and counted.
        this.#uncertain++;
      }
    }
    this.#isOnline = false;
    this.#wasOnline = false;
  }

  // From the broker ------------------------------------------------------------------------------------------------------

  /** The broker has a reading as a new message. `isRepeated` says DUP. */
  onHad(text: string): void {
    const tenths = tenthsOf(text);
    const reading = tenths === undefined ? undefined : this.#find(tenths);
    if (reading === undefined) this.#fail("legal-packets", `published ${text}, which no sensor gave`);
    if (this.#promises.checkpoint === 2 && !this.#isStorageDoubtful && reading.number >= this.#durable) {
      this.#fail("checkpoint-kept", `told the broker of reading ${describe(reading)} before a checkpoint held it`);
    }
    reading.had++;
    if (reading.had > 1) {
      this.#repeated++;
      if (this.#promises.qos === 2 && reading.epoch === this.#epoch) {
        this.#fail("exactly-once", `reading ${describe(reading)} arrived again under QoS 2`);
      }
    } else if (reading.number < this.#newestHad) {
      this.#fail("in-order", `reading ${describe(reading)} arrived after reading ${this.#newestHad}`);
    } else {
      this.#newestHad = reading.number;
    }
    reading.epoch = this.#epoch;
    reading.excuse = undefined;
  }

  /** Whether the broker's session may hold exchanges of an image that the node is not any more. */
  isOfOtherImage(): boolean {
    return this.#isOther;
  }

  /** The broker takes a reading for another of an image that is no more. */
  onMistaken(text: string): void {
    const tenths = tenthsOf(text);
    const reading = tenths === undefined ? undefined : this.#find(tenths);
    if (reading !== undefined && reading.had === 0) reading.excuse = "identifier";
  }

  /** The reading with that value; a frozen sensor gives several. */
  #find(tenths: number): Reading | undefined {
    const numbers = this.#byValue.get(tenths) ?? [];
    const least = this.#readings.length - VALUES;
    let awaited: Reading | undefined;
    let oldest: Reading | undefined;
    let other: Reading | undefined;
    for (let i = numbers.length - 1; i >= 0 && (numbers[i] ?? 0) >= least; i--) {
      const each = this.#readings[numbers[i] ?? 0] as Reading;
      if (each.had > 0) {
        if (oldest === undefined || each.epoch <= oldest.epoch) oldest = each;
      } else if (each.excuse === undefined && each.number > this.#newestHad) {
        awaited = each;
      } else {
        other ??= each;
      }
    }
    // Of a frozen sensor's the first that is awaited; where none is, the one that came longest ago.
    return awaited ?? oldest ?? other;
  }

  // At the end -----------------------------------------------------------------------------------------------------------

  /** To be called when all faults have ended and time enough has passed: what was taken before `beforeMs` is accounted for. */
  settle(beforeMs: number): void {
    if (this.#promises.qos === 0 && !this.#isOnline) this.#goOffline();
    const missing = this.#missing(beforeMs);
    const first = missing[0];
    if (first !== undefined && missing.length > this.#dropped) {
      this.#fail(
        "delivered",
        `${missing.length} readings have not arrived and ${this.#dropped} were counted; the first is ${describe(first)}`,
      );
    }
    if (missing.length + this.#uncertain < this.#dropped) {
      this.#fail("counted", `${this.#dropped} readings were counted as dropped and ${missing.length} have not arrived`);
    }
  }

  /** What became of all readings taken before `beforeMs`. */
  counts(beforeMs: number): ReadingCounts {
    const excused: Partial<Record<Excuse, number>> = {};
    let delivered = 0;
    let taken = 0;
    for (const each of this.#readings) {
      if (each.atMs >= beforeMs && each.had === 0) continue;
      taken++;
      if (each.had > 0) delivered++;
      else if (each.excuse !== undefined) excused[each.excuse] = (excused[each.excuse] ?? 0) + 1;
    }
    const missing = this.#missing(beforeMs).length;
    const counted = Math.min(missing, this.#dropped);
    // What an earlier image had dropped, and said, is not there to be lost with it.
    const earlier = Math.min(excused.fresh ?? 0, this.#droppedInEarlierLives);
    if (earlier > 0) excused.fresh = (excused.fresh ?? 0) - earlier;
    return { taken, delivered, dropped: counted + earlier, excused, lost: missing - counted, repeated: this.#repeated };
  }

  /** What was taken before `beforeMs`, in this image's life, and has neither arrived nor an excuse. */
  #missing(beforeMs = Number.POSITIVE_INFINITY): Reading[] {
    const missing: Reading[] = [];
    for (let i = this.#lifeFrom; i < this.#readings.length; i++) {
      const each = this.#readings[i] as Reading;
      if (each.atMs < beforeMs && each.had === 0 && each.excuse === undefined) missing.push(each);
    }
    return missing;
  }

  #fail(invariant: InvariantName, what: string): never {
    throw new InvariantError(invariant, this.#node.id, this.#now(), what);
  }
}

function describe({ number, value, atMs }: Reading): string {
  return `${number} (${(value / 10).toFixed(1)}, taken at ${atMs} ms)`;
}

/** Tenths of a degree in the payload of a reading, of any form. */
function tenthsOf(text: string): number | undefined {
  const digits = /^(?:\{"msg":"|\{"value":)?(-?\d+\.\d)/.exec(text)?.[1];
  return digits === undefined ? undefined : Math.round(Number(digits) * 10);
}
