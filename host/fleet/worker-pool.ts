/** The workers of a run, as one: their seconds and sums are added up. */

import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { WasmoteError } from "../errors.ts";
import type { FleetSettings, FromWorker, NodeStates, ToWorker, TraceFailure } from "./messages.ts";
import { MAX_WORKERS, shardSize } from "./plan.ts";
import type { Counters, FaultRecord, Second } from "./results.ts";
import { addCounters, addSeconds, isQuiet, NO_COUNTERS, NO_SECOND } from "./tally.ts";
import { startThread } from "./thread.ts";

/** Fewer nodes than this are not worth a thread more. */
const NODES_PER_WORKER = 250;
/** A day; a longer run has the timeline of its first. */
const MAX_TIMELINE_SECONDS = 86_400;
/** A worker that has told nothing for so long is stuck. */
const STUCK_MS = 10_000;
/** How long workers may take for everybody's leave, beyond what they give the nodes. */
const END_MS = 30_000;

const NO_STATES: NodeStates = { started: 0, connected: 0, inFlight: 0 };

export interface PoolEvents {
  /** A second of the run is complete. */
  second(second: Second): void;
  warning(text: string): void;
  traceLost(failure: TraceFailure): void;
}

interface Member {
  readonly thread: Worker;
  isReady: boolean;
  hasEnded: boolean;
  counters: Counters;
  states: NodeStates;
  faults: readonly FaultRecord[];
  /** What it has told and the others have not all told yet, in order. */
  readonly seconds: Second[];
  lastSecond: number;
  last: Second;
  toldMs: number;
  isStuck: boolean;
}

/** One for each core, but no more than there is work for. */
export function defaultWorkers(nodes: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(nodes / NODES_PER_WORKER), MAX_WORKERS));
}

export class WorkerPool {
  readonly timeline: Second[] = [];
  readonly #members: Member[];
  readonly #events: PoolEvents;
  #news: () => void = () => {};
  #failure: unknown;
  #watch: NodeJS.Timeout | undefined;

  constructor(settings: FleetSettings, workers: number, events: PoolEvents) {
    this.#events = events;
    const count = Math.min(workers, shardSize(settings.nodes, settings.shard));
    this.#members = Array.from({ length: count }, (_, index) => {
      const thread = startThread("worker", { ...settings, worker: { index, count } });
      const member: Member = {
        ...{ thread, isReady: false, hasEnded: false, counters: NO_COUNTERS, states: NO_STATES, faults: [] },
        ...{ seconds: [], lastSecond: Number.NEGATIVE_INFINITY, last: NO_SECOND, toldMs: 0, isStuck: false },
      };
      thread.on("message", (message: FromWorker) => this.#hear(member, message));
      thread.on("error", (error) => this.#fail(error));
      thread.on("exit", () => {
        if (!member.hasEnded) this.#fail(new Error("a worker ended early"));
      });
      return member;
    });
  }

  get size(): number {
    return this.#members.length;
  }

  get counters(): Counters {
    return addCounters(this.#members.map(({ counters }) => counters));
  }

  get states(): NodeStates {
    const total = (of: (states: NodeStates) => number): number =>
      this.#members.reduce((sum, { states }) => sum + of(states), 0);
    return {
      started: total(({ started }) => started),
      connected: total(({ connected }) => connected),
      inFlight: total(({ inFlight }) => inFlight),
    };
  }

  /** The faults that befell nodes, each once. */
  get faults(): readonly FaultRecord[] {
    return addFaults(this.#members.map(({ faults }) => faults));
  }

  /** Resolves when every worker has its nodes. Throws what a worker has thrown. */
  ready(): Promise<void> {
    return this.#until(() => this.#members.every(({ isReady }) => isReady));
  }

  start(startAtMs: number): void {
    const nowMs = performance.now();
    for (const member of this.#members) member.toldMs = nowMs + Math.max(0, startAtMs - Date.now());
    this.#tell({ type: "start", startAtMs });
    this.#watch = setInterval(() => this.#look(), STUCK_MS / 4);
  }

  loiter(): void {
    this.#tell({ type: "loiter" });
  }

  /** Resolves when every node has ended, or those of a worker that is stuck were given up. */
  async stop(): Promise<void> {
    this.#tell({ type: "stop" });
    for (const member of this.#members) if (member.isStuck) this.#giveUp(member);
    const timer = setTimeout(() => {
      for (const member of this.#members) if (!member.hasEnded) this.#giveUp(member);
    }, END_MS);
    await this.#until(() => this.#members.every(({ hasEnded }) => hasEnded));
    clearTimeout(timer);
    this.#addUp();
    this.dispose();
  }

  /** Rejects when a worker fails; never resolves. */
  failed(): Promise<never> {
    return new Promise((_, reject) => {
      this.#until(() => false).catch(reject);
    });
  }

  dispose(): void {
    clearInterval(this.#watch);
    for (const member of this.#members) {
      member.hasEnded = true;
      member.thread.terminate();
    }
  }

  #tell(message: ToWorker): void {
    for (const { thread } of this.#members) thread.postMessage(message);
  }

  #hear(member: Member, message: FromWorker): void {
    member.toldMs = performance.now();
    member.isStuck = false;
    switch (message.type) {
      case "ready":
        member.isReady = true;
        break;
      case "second":
        member.counters = message.counters;
        member.states = message.states;
        member.seconds.push(message.second);
        member.lastSecond = message.second.second;
        this.#addUp();
        break;
      case "warning":
        this.#events.warning(message.text);
        break;
      case "traceLost":
        this.#events.traceLost(message.failure);
        break;
      case "ended":
        member.counters = message.counters;
        member.faults = message.faults;
        member.states = { ...member.states, connected: 0, inFlight: 0 };
        member.hasEnded = true;
        break;
    }
    this.#news();
  }

  /** Adds up the seconds that every worker has told. One that was late has left some out: nothing happened there. */
  #addUp(): void {
    const complete = Math.min(
      ...this.#members.map(({ hasEnded, lastSecond }) => (hasEnded ? Number.POSITIVE_INFINITY : lastSecond)),
    );
    for (;;) {
      const first = Math.min(...this.#members.map(({ seconds }) => seconds[0]?.second ?? Number.POSITIVE_INFINITY));
      if (first > complete || first === Number.POSITIVE_INFINITY) return;
      const parts = this.#members.map((member) => {
        const mine = member.seconds[0]?.second === first ? member.seconds.shift() : undefined;
        if (mine !== undefined) member.last = mine;
        const { connected, inFlight } = member.last;
        return mine ?? { ...NO_SECOND, connected, inFlight };
      });
      const second = addSeconds(first, parts);
      if (!isQuiet(second) && this.timeline.length < MAX_TIMELINE_SECONDS) this.timeline.push(second);
      this.#events.second(second);
    }
  }

  #look(): void {
    for (const member of this.#members) {
      if (member.hasEnded || member.isStuck || performance.now() - member.toldMs < STUCK_MS) continue;
      member.isStuck = true;
      this.#events.warning("a worker has not answered for 10 s: a module may be in an endless loop");
    }
  }

  #giveUp(member: Member): void {
    if (!member.isStuck) this.#events.warning("a worker does not end, and is given up with its nodes");
    member.hasEnded = true;
    member.thread.terminate();
    this.#news();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#news();
  }

  #until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const before = this.#news;
      const look = (): void => {
        before();
        if (this.#failure !== undefined) reject(failureOf(this.#failure));
        else if (isTrue()) resolve();
      };
      this.#news = look;
      look();
    });
  }
}

/** Records of the same faults, in the same order of time, with the sums of their nodes. */
export function addFaults(all: readonly (readonly FaultRecord[])[]): FaultRecord[] {
  const sums = new Map<string, FaultRecord>();
  for (const records of all) {
    // Two faults of a scenario may be alike: the second of one part belongs to the second of another.
    const seen = new Map<string, number>();
    for (const record of records) {
      const like = JSON.stringify([record.kind, record.atMs, record.forMs]);
      const number = (seen.get(like) ?? 0) + 1;
      seen.set(like, number);
      const key = `${like} ${number}`;
      sums.set(key, { ...record, nodes: record.nodes + (sums.get(key)?.nodes ?? 0) });
    }
  }
  return [...sums.values()].sort((a, b) => a.atMs - b.atMs || order(a).localeCompare(order(b)));
}

function order(record: FaultRecord): string {
  return `${record.kind} ${record.forMs ?? ""}`;
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_WORKER_OUT_OF_MEMORY") return error;
  return new WasmoteError("ELIMIT", "resource", "a worker has used up its memory", {
    cure: "run fewer nodes, more --workers, or shards on several machines",
  });
}
