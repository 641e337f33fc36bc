/** One node in virtual time: it is powered, runs, sleeps, traps and starts again as host/node/v8-node.ts does it. */

import { STEP_ENDED } from "../abi.ts";
import type { NodeInstance } from "../engine/instance.ts";
import type { LoadedModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import type { Board, LogLevel } from "../hal/board.ts";
import { ImageKeeper } from "../node/image-keeper.ts";
import { TraceRecorder } from "../trace/recorder.ts";
import { Secrets } from "../trace/secrets.ts";
import { SimClock } from "./clock.ts";
import { type Journal, JournalKind } from "./journal.ts";
import { type Listener, NodeNetwork } from "./network.ts";
import { type Actuation, describeBytes, type NodeLog, type NodeObserver, type PowerPoint } from "./node-types.ts";
import type { LinkQuality, SegmentCounts } from "./pipe.ts";
import { PowerCut } from "./power-cut.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import { type SensorFunction, SimSensor } from "./sensor.ts";
import { createSimBoard, type PointName } from "./sim-board.ts";
import { SimSlots } from "./sim-slots.ts";
import type { Actor, Stage } from "./stage.ts";
import { formatTime } from "./time.ts";

/** The wait before a node that trapped starts again: it doubles from the first to the last. */
const RESTART_MS = { first: 1_000, last: 60_000 } as const;
/** How long a node may take for its good-bye. */
const STOP_TIMEOUT_MS = 2_000;
/** So many steps without a millisecond between them are no work any more. */
const MOST_STEPS_AT_ONCE = 10_000;
const MOST_LOGS = 1_000;
const MAX_SLEPT_MS = 0x3fff_ffff;
/** What the node asks for to be told 32 bits later; a host waits no longer than this in one go. */
const MAX_WAIT_MS = 0x7fff_ffff;

export interface SimNodeOptions {
  readonly sensor: SensorFunction | number;
  readonly config: ReadonlyMap<string, string>;
  readonly keepsImages: boolean;
  readonly firstNowMs: number | undefined;
  readonly quality: LinkQuality;
  readonly isRecorded: boolean;
}

export interface SimNodeParts {
  readonly index: number;
  readonly id: string;
  readonly module: LoadedModule;
  readonly stage: Stage;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly journal: Journal;
  readonly listeners: readonly Listener[];
  readonly counts: SegmentCounts;
}

type Phase = "off" | "running" | "asleep" | "failed" | "ended";

export class SimNode implements Actor {
  readonly id: string;
  /** Its place in the world, from 0. */
  readonly index: number;
  readonly network: NodeNetwork;
  readonly sensor: SimSensor;
  readonly clock: SimClock;
  readonly power: NodePower;
  readonly storage: SimSlots;
  readonly board: Board;
  /** Its image while it is another node's turn: use `readImage`. */
  readonly image: Uint8Array;
  /** The last lines that it, or what runs it, said; oldest first. */
  readonly logs: NodeLog[] = [];
  /** What it did to its actuators, oldest first. */
  readonly actuations: Actuation[] = [];
  /** Who is told what it does. */
  readonly observers: NodeObserver[] = [];
  readonly recorder: TraceRecorder | undefined;
  readonly #trace: Uint8Array[] = [];
  readonly #parts: SimNodeParts;
  readonly #config: ReadonlyMap<string, string>;
  readonly #keepsImages: boolean;
  #keeper: ImageKeeper | undefined;
  #phase: Phase = "off";
  /** The step that is planned; one that is not this is no longer wanted. */
  #plan = 0;
  #plannedMs = -1;
  /** Something that the node is to see came while a call into it ran. */
  #isWoken = false;
  #steps = 0;
  #isInCall = false;
  #stepsAtOnce = 0;
  #lastStepMs = -1;
  #sleepMs = 0;
  #sleptFromMs = 0;
  #restartMs: number = RESTART_MS.first;
  #bootedMs = 0;
  #isResumed = false;
  #isSuspect = false;
  #isStopping = false;
  #points = 0;
  #cutAt: PowerPoint | undefined;
  #trapAt = 0;
  #isTrapInjected = false;

  constructor(parts: SimNodeParts, options: SimNodeOptions) {
    const { scheduler, random, stage } = parts;
    this.#parts = parts;
    this.id = parts.id;
    this.index = parts.index;
    this.image = stage.fresh.slice();
    this.#config = options.config;
    this.#keepsImages = options.keepsImages;
    this.clock = new SimClock(scheduler, random.fork("clock"), options.firstNowMs);
    this.sensor = new SimSensor(options.sensor);
    if (options.isRecorded) {
      this.recorder = new TraceRecorder({
        metadata: parts.module.metadata,
        secrets: new Secrets(this.#config),
        unixMs: undefined,
        write: (bytes) => this.#trace.push(bytes.slice()),
      });
    }
    this.storage = new SimSlots(stage.imageSize, (bytes, sequence) => this.#onSlotWrite(bytes, sequence));
    this.network = new NodeNetwork({
      scheduler,
      random: random.fork("network"),
      counts: parts.counts,
      quality: options.quality,
      listeners: parts.listeners,
      name: this.id,
      wake: () => this.#wake(),
      isRunning: () => this.#phase === "running",
      tell: (what) => this.tell(JournalKind.network, what),
    });
    this.power = {
      cut: (forMs) => this.#powerCut(forMs),
      on: () => this.#powerOn(),
      cutAt: (point) => {
        this.#cutAt = point;
      },
      isOn: () => this.#phase !== "off",
      points: () => this.#points,
    };
    this.board = createSimBoard({
      network: this.network,
      random: random.fork("node"),
      config: this.#config,
      point: (name) => this.#point(name),
      readSensor: (channel) => this.#readSensor(channel),
      actuate: (channel, value) => this.#actuate(channel, value),
      unixMs: () => this.clock.unixMs,
      checkpoint: () => this.#keeper?.ask() ?? 0,
      deepSleep: (ms) => {
        this.#sleepMs = ms;
      },
      log: (level, text) => this.#log(level, text),
      onSend: (bytes, offered, taken) => this.#onSend(bytes, offered, taken),
      onReceive: (bytes) => this.#onReceive(bytes),
    });
  }

  /** What it does at present. */
  get phase(): Phase {
    return this.#phase;
  }

  /** How many steps it has made. */
  get steps(): number {
    return this.#steps;
  }

  /** A copy of its image. */
  readImage(): Uint8Array {
    return this.#parts.stage.imageOf(this);
  }

  /**
   * Its trace so far, as `wasmote replay` takes it: docs/trace.md. Throws `ENOTRACE` for a node that is not recorded, and is
   * not to be called while the node runs.
   */
  trace(): Uint8Array {
    if (this.recorder !== undefined) return Buffer.concat(this.#trace);
    throw new WasmoteError("ENOTRACE", "usage", `node ${this.id} is not recorded`, {
      cure: "add it to the world with { trace: true }",
    });
  }

  /** The module traps at its next host call, as one does that hands out a pointer outside its image. */
  trap(): void {
    this.#trapAt = this.#points + 1;
    this.#wake();
  }

  /** Asks the node to take its leave; it ends within 2 seconds. */
  stop(): void {
    if (this.#phase === "ended" || this.#phase === "off") return;
    this.#isStopping = true;
    if (this.#phase === "asleep") this.#rise();
    if (this.#phase !== "running") {
      this.#end();
      return;
    }
    this.#parts.scheduler.after(STOP_TIMEOUT_MS, () => {
      if (this.#isStopping) this.#end();
    });
    this.#call((instance) => instance.stop(), 0);
  }

  /** A line of its story. */
  tell(kind: JournalKind, what: string): void {
    this.#parts.journal.tell(kind, this.index, this.id, this.#parts.scheduler.nowMs, what);
  }

  /** The last lines of its story, oldest first. */
  story(lines?: number): string[] {
    return this.#parts.journal.story(this.id, lines);
  }

  // Power ------------------------------------------------------------------------------------------------------------

  #powerOn(): void {
    if (this.#phase !== "off" && this.#phase !== "ended") return;
    this.tell(JournalKind.power, "is powered");
    this.clock.restart();
    this.#isStopping = false;
    this.#isSuspect = false;
    this.#restartMs = RESTART_MS.first;
    this.#keeper = new ImageKeeper(
      this.#keepsImages ? this.storage : undefined,
      this.#parts.module.metadata,
      this.#config,
      (level, text) => this.#log(level, text),
      () => this.clock.unixMs,
    );
    this.#boot();
  }

  #powerCut(forMs?: number): void {
    if (this.#phase === "off") return;
    this.tell(JournalKind.power, forMs === undefined ? "loses power" : `loses power for ${forMs} ms`);
    this.#phase = "off";
    this.#plan++;
    this.#sleepMs = 0;
    this.#trapAt = 0;
    this.storage.wasTorn = false;
    this.network.vanish();
    for (const each of this.observers) each.onPowerCut?.();
    if (forMs !== undefined) this.#parts.scheduler.after(forMs, () => this.#powerOn());
  }

  /** A place where the power may go, or where the module traps. */
  #point(name: PointName): void {
    this.#points++;
    const cut = this.#cutAt;
    if (cut !== undefined && cut.point === this.#points && name !== "write") {
      throw new PowerCut(name);
    }
    for (const each of this.observers) each.onPoint?.(name, this.#points, 0);
    if (this.#trapAt !== 0 && this.#points >= this.#trapAt && name !== "returned" && name !== "done") {
      this.#trapAt = 0;
      this.#isTrapInjected = true;
      throw new WasmoteError("ETRAP", "module", `${name} was given a pointer outside the image`);
    }
  }

  /** The power has gone where `cutAt` said. */
  #cutByPoint(): void {
    const { forMs = 0 } = this.#cutAt ?? {};
    this.#cutAt = undefined;
    this.#powerCut(forMs);
  }

  #onSlotWrite(bytes: number, sequence: number): number | undefined {
    this.#points++;
    for (const each of this.observers) each.onCheckpoint?.(sequence);
    for (const each of this.observers) each.onPoint?.("write", this.#points, bytes);
    const cut = this.#cutAt;
    if (cut === undefined || (cut.point !== this.#points && cut.atNextWrite !== true)) return undefined;
    return Math.min(cut.afterBytes ?? bytes, bytes);
  }

  // Its life, as V8Node has it -----------------------------------------------------------------------------------------

  #boot(): void {
    const { stage, scheduler } = this.#parts;
    this.#bootedMs = scheduler.nowMs;
    this.#phase = "running";
    if (this.#isSuspect) this.#keeper?.giveUp();
    if (this.storage.wasTorn) {
      this.#cutByPoint();
      return;
    }
    const resumed = this.#isSuspect ? undefined : this.#keeper?.restore();
    this.#isSuspect = false;
    this.#isResumed = resumed !== undefined;
    const instance = stage.enter(this);
    instance.image.set(resumed?.image ?? stage.fresh);
    for (const each of this.observers) each.onBoot?.(resumed?.sequence);
    if (resumed === undefined) this.#call((node) => node.setup(), 0);
    else this.#call((node) => node.resume(this.clock.nowMs, resumed.ageMs), 0);
  }

  /** A change during a call is seen by the step after it. */
  #wake(): void {
    if (this.#isInCall) this.#isWoken = true;
    else if (this.#phase === "running" && this.#plannedMs !== this.#parts.scheduler.nowMs) this.#schedule(0);
  }

  #schedule(waitMs: number): void {
    const { scheduler } = this.#parts;
    const atMs = scheduler.nowMs + Math.min(waitMs, MAX_WAIT_MS);
    const plan = ++this.#plan;
    this.#plannedMs = atMs;
    scheduler.at(atMs, () => {
      if (plan !== this.#plan) return;
      this.#plannedMs = -1;
      this.#step();
    });
  }

  #step(): void {
    const { scheduler, journal } = this.#parts;
    const nowMs = scheduler.nowMs;
    if (nowMs !== this.#lastStepMs) {
      this.#lastStepMs = nowMs;
      this.#stepsAtOnce = 0;
    } else if (++this.#stepsAtOnce > MOST_STEPS_AT_ONCE) {
      throw new WasmoteError(
        "EBURST",
        "module",
        `node ${this.id} asks for steps without end at ${formatTime(nowMs)}, one right after the other`,
        { cure: "return from step the milliseconds until there is something to do" },
      );
    }
    this.#steps++;
    let waitMs = 0;
    const isDone = this.#call((instance) => {
      waitMs = instance.step(this.clock.nowMs);
    });
    journal.note(JournalKind.step, this.index, nowMs, waitMs);
    if (!isDone || this.#phase !== "running") return;
    if (waitMs === STEP_ENDED) this.#end();
    else this.#schedule(this.#isWoken ? 0 : waitMs);
  }

  /** One call into the node, and what it asked for. Returns whether it came to its end. */
  #call(run: (instance: NodeInstance) => void, waitMs?: number): boolean {
    const { stage } = this.#parts;
    const instance = stage.enter(this);
    this.#isInCall = true;
    this.#isWoken = false;
    try {
      run(instance);
      stage.check();
      this.#point("returned");
      this.#keeper?.save(instance.image);
      if (this.storage.wasTorn) throw new PowerCut("write");
      this.#point("done");
    } catch (error) {
      this.#isInCall = false;
      if (error instanceof PowerCut) {
        this.#cutByPoint();
        return false;
      }
      if (!(error instanceof WasmoteError) || (error.code !== "ETRAP" && error.code !== "ECANARY")) throw error;
      this.#fault(error);
      return false;
    }
    this.#isInCall = false;
    for (const each of this.observers) each.onCallDone?.();
    if (this.#sleepMs > 0) this.#sleep();
    else if (waitMs !== undefined) this.#schedule(waitMs);
    return true;
  }

  #sleep(): void {
    this.#phase = "asleep";
    this.#plan++;
    this.network.vanish();
    const { scheduler } = this.#parts;
    this.#sleptFromMs = scheduler.nowMs;
    const plan = this.#plan;
    this.tell(JournalKind.power, `sleeps for ${this.#sleepMs} ms`);
    scheduler.after(Math.min(this.#sleepMs, MAX_WAIT_MS), () => {
      if (plan === this.#plan) this.#rise();
    });
    this.#sleepMs = 0;
  }

  #rise(): void {
    this.#plan++;
    this.#phase = "running";
    const sleptMs = Math.min(this.#parts.scheduler.nowMs - this.#sleptFromMs, MAX_SLEPT_MS);
    // Some boards lose their counting clock in deep sleep.
    this.clock.restart();
    this.#call((instance) => instance.resume(this.clock.nowMs, sleptMs), 0);
  }

  #fault(error: WasmoteError): void {
    const { scheduler } = this.#parts;
    const livedMs = scheduler.nowMs - this.#bootedMs;
    this.#plan++;
    this.#phase = "failed";
    this.#sleepMs = 0;
    this.#keeper?.drop();
    this.#isSuspect = this.#isResumed && livedMs <= RESTART_MS.last;
    this.network.vanish();
    if (livedMs > RESTART_MS.last) this.#restartMs = RESTART_MS.first;
    const waitMs = this.#restartMs;
    this.#restartMs = Math.min(waitMs * 2, RESTART_MS.last);
    this.#log(3, `${error.message} (${error.code}); starting again in ${waitMs} ms`);
    const isInjected = this.#isTrapInjected;
    this.#isTrapInjected = false;
    for (const each of this.observers) each.onFault?.(error, isInjected);
    if (this.#isStopping) {
      this.#end();
      return;
    }
    const plan = this.#plan;
    scheduler.after(waitMs, () => {
      if (plan === this.#plan) this.#boot();
    });
  }

  #end(): void {
    if (this.#phase === "ended" || this.#phase === "off") return;
    this.#phase = "ended";
    this.#plan++;
    this.network.release();
    this.tell(JournalKind.power, "has ended");
    for (const each of this.observers) each.onEnded?.();
  }

  // What it does through its board ---------------------------------------------------------------------------------------

  #readSensor(channel: number): number | { readonly errno: number } {
    const reading = this.sensor.read(channel, this.#parts.scheduler.nowMs);
    const result = typeof reading === "number" ? reading : reading.errno;
    this.#parts.journal.note(JournalKind.sensor, this.index, this.#parts.scheduler.nowMs, result);
    for (const each of this.observers) each.onReading?.(channel, reading);
    return reading;
  }

  #actuate(channel: number, value: number): number {
    const atMs = this.#parts.scheduler.nowMs;
    this.actuations.push({ atMs, channel, value });
    this.tell(JournalKind.sensor, `sets actuator ${channel} to ${value}`);
    return 0;
  }

  #log(level: LogLevel, text: string): void {
    const atMs = this.#parts.scheduler.nowMs;
    this.logs.push({ atMs, level, text });
    if (this.logs.length > 2 * MOST_LOGS) this.logs.splice(0, MOST_LOGS);
    this.tell(JournalKind.log, `says: ${text}`);
    for (const each of this.observers) each.onLog?.(level, text);
  }

  #onSend(bytes: Uint8Array, offered: number, taken: number): void {
    if (bytes.length > 0) this.#note(JournalKind.sent, "sends", bytes);
    for (const each of this.observers) each.onSend?.(bytes, offered, taken);
  }

  #onReceive(bytes: Uint8Array): void {
    this.#note(JournalKind.received, "receives", bytes);
    for (const each of this.observers) each.onReceive?.(bytes);
  }

  #note(kind: JournalKind, verb: string, bytes: Uint8Array): void {
    const { journal, scheduler } = this.#parts;
    journal.note(kind, this.index, scheduler.nowMs, bytes.length, bytes);
    const kept = bytes.slice();
    journal.remember(this.id, scheduler.nowMs, () => `${verb} ${describeBytes(kept)}`);
  }
}

/** What a test does with a node's power. */
export interface NodePower {
  /** Cuts the power now, for `forMs` milliseconds, or until `on`. */
  cut(forMs?: number): void;
  on(): void;
  /** Cuts the power at one of the places that `points` counts, in the middle of a call; undefined takes that back. */
  cutAt(point: PowerPoint | undefined): void;
  isOn(): boolean;
  /** How many places there were so far where the power might have gone: host calls, returns, writes. */
  points(): number;
}
