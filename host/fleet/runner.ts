/**
 * Runs many nodes in real time, each as host/node/v8-node.ts runs one: steps when they are due or have news, restarts after
 * traps, deep sleep, leave-taking. One timer and one queue serve all of them.
 */

import { Errno, STEP_ENDED } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import { STOP_TIMEOUT_MS } from "../node/running-node.ts";
import { type BoardConditions, Probe } from "./board.ts";
import type { Condition } from "./faults.ts";
import type { Fleet } from "./images.ts";
import type { FleetNetwork } from "./network.ts";
import { Schedule } from "./schedule.ts";
import { OVERRUN_MS, type Tally } from "./tally.ts";

/** The wait before a node that trapped starts again: it doubles from the first to the last, and is the first again after a run that long. */
const RESTART_MS = { first: 1_000, last: 60_000 } as const;
/**
 * Nodes that are due within so many milliseconds of each other are run together, as each turn costs more than a step. So a
 * step comes late by that at most; nodes keep schedules of their own, which it does not move.
 */
const TICK_MS = 4;
/** Steps go on for so long before sockets have their turn. */
const TURN_MS = 8;
/** Nodes whose sensors have nothing for them ask again every 20 ms; nobody waits for it, so they are held to this. */
const QUIET_STEP_MS = 250;

/** Where a node is in its life. `starting`, `asleep` and `failed` nodes wait for their time in the schedule. */
const Life = { none: 0, starting: 1, running: 2, asleep: 3, failed: 4, dead: 5, ended: 6 } as const;

/** The nodes of one module, in a row among all slots. */
export interface Squad {
  readonly fleet: Fleet;
  readonly firstSlot: number;
}

export interface RunnerParts {
  readonly slots: number;
  readonly squads: readonly Squad[];
  readonly network: FleetNetwork;
  readonly conditions: BoardConditions;
  readonly tally: Tally;
  /** The node begins with a fresh image. */
  readonly onBoot: (slot: number) => void;
  /** The node has a battery again, and boots next. */
  readonly onPowerUp: (slot: number) => void;
  /** Called when every node has ended after `stop`. */
  readonly onEnded: () => void;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #schedule: Schedule;
  readonly #life: Uint8Array;
  readonly #sleepMs: Uint32Array;
  readonly #sleptFromMs: Float64Array;
  readonly #bootedMs: Float64Array;
  readonly #restartMs: Uint16Array;
  /** 1: its battery is empty. */
  readonly #isDead: Uint8Array;
  /** Squad of each slot. */
  readonly #squadOf: Uint8Array;
  /** Nodes with news, and whether a node is among them. */
  #news: number[] = [];
  readonly #hasNews: Uint8Array;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  /** When nodes that were due had their last turn. */
  #turnMs = 0;
  #immediate: NodeJS.Immediate | undefined;
  /** A node is in a call: what else it causes waits. */
  #busy = -1;
  #started = 0;
  #living = 0;
  #stopping = false;
  #over = false;

  constructor(parts: RunnerParts) {
    const { slots, squads } = parts;
    this.#parts = parts;
    this.#schedule = new Schedule(slots);
    this.#life = new Uint8Array(slots);
    this.#sleepMs = new Uint32Array(slots);
    this.#sleptFromMs = new Float64Array(slots);
    this.#bootedMs = new Float64Array(slots);
    this.#restartMs = new Uint16Array(slots).fill(RESTART_MS.first);
    this.#hasNews = new Uint8Array(slots);
    this.#isDead = new Uint8Array(slots);
    this.#squadOf = new Uint8Array(slots);
    squads.forEach(({ fleet, firstSlot }, squad) => {
      this.#squadOf.fill(squad, firstSlot, firstSlot + fleet.size);
    });
  }

  /** Nodes that were started. */
  get started(): number {
    return this.#started;
  }

  /** Starts a node at that time of `performance.now()`. */
  startAt(slot: number, ms: number): void {
    this.#life[slot] = Life.starting;
    this.#living++;
    this.#schedule.set(slot, ms);
    this.#arm();
  }

  /** Every node takes its leave, for 2 seconds at most. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (let slot = 0; slot < this.#parts.slots; slot++) {
      const life = this.#life[slot];
      if (life === Life.asleep) this.#rise(slot);
      if (this.#life[slot] === Life.running) this.#call(slot, (fleet, node) => fleet.stop(node));
      else if (life !== Life.none) this.#end(slot);
      if (this.#life[slot] === Life.running) this.wake(slot);
    }
    if (this.#living === 0) this.#finish();
    else setTimeout(() => this.#endAll(), STOP_TIMEOUT_MS + this.#parts.slots / 10);
  }

  /** The node has news: it runs as soon as whatever runs now is done. */
  wake(slot: number): void {
    if (this.#life[slot] !== Life.running || this.#hasNews[slot] === 1) return;
    this.#hasNews[slot] = 1;
    this.#news.push(slot);
    this.#immediate ??= setImmediate(() => this.#turn());
  }

  /** The node has news that will not wait: it runs now. */
  arrived(slot: number): void {
    if (this.#busy >= 0) this.wake(slot);
    else if (this.#life[slot] === Life.running) this.#step(slot, this.#nowMs());
  }

  /** The node wants its power cut for so long, after the call that it is in. */
  sleep(slot: number, ms: number): void {
    this.#sleepMs[slot] = ms;
  }

  /** Puts a node into the state that faults have it in. */
  apply(slot: number, condition: Condition): void {
    const { network, conditions } = this.#parts;
    conditions.skewMs[slot] = condition.skewMs;
    conditions.probe[slot] = Probe[condition.probe];
    const errno = condition.cut ? Errno.ENETDOWN : condition.brokerGone ? Errno.ECONNREFUSED : 0;
    network.bar(slot, errno);
    if (errno !== 0) network.break(slot, condition.cut ? Errno.ENETDOWN : Errno.ECONNRESET);
    this.#isDead[slot] = condition.dead ? 1 : 0;
    const life = this.#life[slot];
    if (life === Life.dead && !condition.dead) {
      this.#parts.onPowerUp(slot);
      this.#boot(slot);
    } else if (condition.dead && (life === Life.running || life === Life.asleep || life === Life.failed))
      this.#die(slot);
  }

  /** Breaks the node's link. */
  breakLink(slot: number): void {
    this.#parts.network.break(slot, Errno.ECONNRESET);
  }

  #nowMs(): number {
    return Math.floor(performance.now());
  }

  #turn(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timerMs = Number.POSITIVE_INFINITY;
    this.#immediate = undefined;
    const startMs = performance.now();
    const nowMs = Math.floor(startMs);
    const news = this.#news;
    this.#news = [];
    for (const slot of news) {
      this.#hasNews[slot] = 0;
      if (this.#life[slot] === Life.running) this.#step(slot, nowMs);
    }
    if (this.#schedule.firstMs <= nowMs) this.#turnMs = startMs;
    for (let count = 1; this.#schedule.firstMs <= nowMs; count++) {
      this.#due(nowMs);
      if (count % 16 !== 0 || performance.now() < startMs + TURN_MS) continue;
      // Those that wait follow as soon as sockets had their turn.
      this.#turnMs = 0;
      break;
    }
    this.#arm();
  }

  /** Runs the next turn when the first node is due. */
  #arm(): void {
    if (this.#immediate !== undefined || this.#over || this.#schedule.size === 0) return;
    const dueMs = Math.max(this.#schedule.firstMs, this.#turnMs + TICK_MS);
    const waitMs = Math.ceil(dueMs - performance.now());
    if (waitMs <= 0) {
      this.#immediate = setImmediate(() => this.#turn());
    } else if (dueMs < this.#timerMs) {
      clearTimeout(this.#timer);
      this.#timerMs = dueMs;
      this.#timer = setTimeout(() => this.#turn(), Math.min(waitMs, 0x7fff_ffff));
    }
  }

  /** The node that is due first has its turn. */
  #due(nowMs: number): void {
    const slot = this.#schedule.first;
    switch (this.#life[slot]) {
      case Life.starting:
        this.#started++;
        this.#boot(slot);
        break;
      case Life.failed:
        this.#boot(slot);
        break;
      case Life.asleep:
        this.#rise(slot);
        break;
      case Life.running:
        if (nowMs - this.#schedule.firstMs > OVERRUN_MS && !this.#parts.conditions.isQuiet) {
          this.#parts.tally.counts.overruns++;
        }
        this.#step(slot, nowMs);
        break;
      default:
        this.#schedule.delete(slot);
    }
  }

  /** A fresh image's first call. */
  #boot(slot: number): void {
    if (this.#isDead[slot] === 1) {
      this.#die(slot);
      return;
    }
    this.#life[slot] = Life.running;
    this.#bootedMs[slot] = performance.now();
    this.#parts.onBoot(slot);
    this.#call(slot, (fleet, node) => {
      fleet.reset(node);
      fleet.setup(node);
    });
    if (this.#life[slot] !== Life.running) return;
    this.#schedule.set(slot, this.#nowMs());
    this.#arm();
  }

  #step(slot: number, nowMs: number): void {
    const { fleet, firstSlot } = this.#squad(slot);
    let waitMs: number;
    this.#busy = slot;
    try {
      waitMs = fleet.step(slot - firstSlot, nowMs >>> 0);
    } catch (error) {
      this.#fail(slot, error);
      return;
    } finally {
      this.#busy = -1;
    }
    if (waitMs === STEP_ENDED) {
      this.#end(slot);
    } else if (this.#sleepMs[slot] !== 0) {
      this.#fallAsleep(slot);
    } else if (waitMs === 0) {
      // It has more to do, and the others go first.
      this.#schedule.delete(slot);
      this.wake(slot);
    } else {
      const heldMs = this.#parts.conditions.isQuiet && !this.#stopping ? Math.max(waitMs, QUIET_STEP_MS) : waitMs;
      this.#schedule.set(slot, nowMs + heldMs);
      if (nowMs + heldMs < this.#timerMs) this.#arm();
    }
  }

  /** Any other call into the node. */
  #call(slot: number, call: (fleet: Fleet, node: number) => void): void {
    const { fleet, firstSlot } = this.#squad(slot);
    this.#busy = slot;
    try {
      call(fleet, slot - firstSlot);
    } catch (error) {
      this.#fail(slot, error);
      return;
    } finally {
      this.#busy = -1;
    }
    if (this.#sleepMs[slot] !== 0) this.#fallAsleep(slot);
  }

  /** The power is cut: the link is gone, the image stays, and `resume` comes next. */
  #fallAsleep(slot: number): void {
    const nowMs = this.#nowMs();
    this.#life[slot] = Life.asleep;
    this.#sleptFromMs[slot] = nowMs;
    this.#schedule.set(slot, nowMs + (this.#sleepMs[slot] ?? 0));
    this.#sleepMs[slot] = 0;
    this.#parts.network.drop(slot);
    this.#arm();
  }

  #rise(slot: number): void {
    const nowMs = this.#nowMs();
    const sleptMs = nowMs - (this.#sleptFromMs[slot] ?? nowMs);
    this.#life[slot] = Life.running;
    this.#call(slot, (fleet, node) => fleet.resume(node, nowMs >>> 0, sleptMs >>> 0));
    if (this.#life[slot] !== Life.running) return;
    this.#schedule.set(slot, nowMs);
    this.#arm();
  }

  #fail(slot: number, error: unknown): void {
    if (!(error instanceof WasmoteError)) throw error;
    this.#parts.tally.counts.traps++;
    this.#sleepMs[slot] = 0;
    this.#parts.network.drop(slot);
    if (this.#stopping) {
      this.#end(slot);
      return;
    }
    const nowMs = performance.now();
    if (nowMs - (this.#bootedMs[slot] ?? 0) > RESTART_MS.last) this.#restartMs[slot] = RESTART_MS.first;
    const waitMs = this.#restartMs[slot] ?? RESTART_MS.first;
    this.#restartMs[slot] = Math.min(waitMs * 2, RESTART_MS.last);
    this.#life[slot] = Life.failed;
    this.#schedule.set(slot, nowMs + waitMs);
    this.#arm();
  }

  /** The battery is empty: nothing runs until `apply` says otherwise. */
  #die(slot: number): void {
    this.#life[slot] = Life.dead;
    this.#sleepMs[slot] = 0;
    this.#schedule.delete(slot);
    this.#parts.network.drop(slot);
  }

  /** The node ended in good order: what it sent last is still delivered. */
  #end(slot: number): void {
    if (this.#life[slot] === Life.ended) return;
    this.#life[slot] = Life.ended;
    this.#schedule.delete(slot);
    this.#parts.network.drop(slot);
    if (--this.#living === 0 && this.#stopping) this.#finish();
  }

  #endAll(): void {
    for (let slot = 0; slot < this.#parts.slots; slot++) if (this.#life[slot] !== Life.none) this.#end(slot);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#parts.onEnded();
  }

  #squad(slot: number): Squad {
    const squad = this.#parts.squads[this.#squadOf[slot] ?? 0];
    if (squad === undefined) throw new RangeError(`no squad has slot ${slot}`);
    return squad;
  }
}
