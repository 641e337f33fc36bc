/** A node under V8, in this process, in real time. */

import { EventEmitter } from "node:events";
import { STEP_ENDED } from "../abi.ts";
import { NodeInstance } from "../engine/instance.ts";
import type { LoadedModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import type { LogLevel, Sensors } from "../hal/board.ts";
import { parseEndpoint } from "../hal/endpoint.ts";
import { createNodeBoard } from "../hal/node-board.ts";
import { Xorshift32 } from "../hal/random.ts";
import { createSensor, defaultSensor, singleSensor } from "../hal/sensors.ts";
import { SocketNetwork } from "../hal/socket-network.ts";
import { FileSlots, type Slots } from "../storage/slots.ts";
import { RecordedInstance } from "../trace/recorded-instance.ts";
import { TraceRecorder } from "../trace/recorder.ts";
import { Secrets } from "../trace/secrets.ts";
import { TraceFile } from "../trace/trace-file.ts";
import { ImageKeeper } from "./image-keeper.ts";
import { LogBook, type LogLine } from "./log.ts";
import type { NodeObserver } from "./node-observer.ts";
import {
  type CuttableNode,
  configuration,
  type NodeEvents,
  type NodeSettings,
  STOP_TIMEOUT_MS,
} from "./running-node.ts";

/** setTimeout takes no more; a node that wants to wait longer is stepped once in between, which costs it nothing. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** The wait before a node that trapped starts again: it doubles from the first to the last, and is the first again after a run that long. */
const RESTART_MS = { first: 1_000, last: 60_000 } as const;

export interface V8NodeOptions {
  /** What `nowMs` begins at: a node must not care, and a test begins just before it wraps. */
  readonly firstNowMs?: number;
  /** The wait before the first restart after a trap, in milliseconds. */
  readonly restartMs?: number;
  /** Where checkpoints are kept, if not in the file of `NodeSettings.image`. */
  readonly slots?: Slots;
  readonly observer?: NodeObserver | undefined;
}

export class V8Node extends EventEmitter<NodeEvents> implements CuttableNode {
  readonly id: string;
  #module: LoadedModule;
  readonly #settings: NodeSettings;
  readonly #network: SocketNetwork;
  readonly #sensors: Sensors;
  readonly #observer: NodeObserver | undefined;
  readonly #logBook: LogBook;
  readonly #config: ReadonlyMap<string, string>;
  readonly #slots: Slots | undefined;
  readonly #traceFile: TraceFile | undefined;
  readonly #recorder: TraceRecorder | undefined;
  #keeper: ImageKeeper;
  readonly #epochMs: number;
  readonly #firstRestartMs: number;
  #instance: NodeInstance | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #restartMs: number;
  /** Milliseconds of deep sleep that the node asked for in the call that runs, or 0. */
  #sleepMs = 0;
  #asleep = false;
  /** When the last sleep began, in the node's time. */
  #sleptFromMs = 0;
  #leaving = false;
  #bootedMs = 0;
  /** This life began with an image that was restored, and that may be why the node fails. */
  #isResumed = false;
  #isSuspect = false;
  #stopping = false;
  #over = false;

  /**
   * Throws `EENDPOINT`, `ETLS`, `ESENSOR`, `EIMAGEFILE`, `ETRACEFILE` or `ETRACESECRET` for settings that are none. Nothing runs
   * before `start()`.
   */
  constructor(module: LoadedModule, settings: NodeSettings, options: V8NodeOptions = {}) {
    super();
    this.id = settings.id;
    this.#module = module;
    this.#settings = settings;
    this.#logBook = new LogBook(settings.password);
    const { observer } = options;
    this.#observer = observer;
    this.#network = new SocketNetwork(
      settings.brokers.map(parseEndpoint),
      {
        wake: () => this.#wake(),
        warn: (text) => this.#log(2, text),
        ...(observer === undefined ? {} : { watch: () => observer.link() }),
      },
      settings.tls,
    );
    this.#sensors = watched(
      singleSensor(
        createSensor(settings.sensor ?? defaultSensor(settings.id), Date.now, settings.seed ?? new Xorshift32().next()),
      ),
      observer,
    );
    this.#config = configuration(settings);
    this.#slots = options.slots ?? (settings.image === undefined ? undefined : new FileSlots(settings.image));
    this.#keeper = this.#createKeeper();
    if (settings.trace !== undefined) {
      // First what may be wrong with the configuration: no file is made for nothing.
      const secrets = new Secrets(this.#config);
      this.#traceFile = new TraceFile(settings.trace);
      this.#recorder = this.#createRecorder(secrets, this.#traceFile);
    }
    this.#epochMs = options.firstNowMs === undefined ? 0 : options.firstNowMs - performance.now();
    this.#firstRestartMs = options.restartMs ?? RESTART_MS.first;
    this.#restartMs = this.#firstRestartMs;
  }

  get logs(): readonly LogLine[] {
    return this.#logBook.lines;
  }

  /** Runs the node's `setup` and from then on its steps. */
  start(): void {
    this.#boot();
  }

  async stop(): Promise<void> {
    if (this.#over) return;
    const ended = new Promise<void>((resolve) => this.once("ended", resolve));
    if (!this.#stopping && !this.#leaving) this.#askToStop();
    await ended;
  }

  kill(): void {
    this.#end();
  }

  /**
   * Goes on with another module. Throws `ETRACESWAP` where the node is recorded: a trace is of one module.
   * If its layout is the same, so is the image: connection, session and queue survive.
   * Otherwise the link breaks, and the node starts afresh. Returns whether the image went on; a node that has ended, or is about to,
   * stays as it is. Not to be called while the node runs, as its listeners are.
   */
  swap(module: LoadedModule): boolean {
    if (this.#over || this.#stopping || this.#leaving) return false;
    if (this.#recorder !== undefined) {
      throw new WasmoteError("ETRACESWAP", "usage", "a node that is recorded can't go on with another module", {
        cure: "record each module in a run of its own",
      });
    }
    const { layoutId, imageSize } = this.#module.metadata;
    const isSame = layoutId === module.metadata.layoutId && imageSize === module.metadata.imageSize;
    this.#module = module;
    const image = this.#instance?.readImage();
    if (isSame && image !== undefined) {
      this.#instance = this.#createInstance();
      this.#instance.writeImage(image);
      this.#log(1, "another module with the same layout: the image goes on");
      if (!this.#asleep) this.#schedule(0);
      return true;
    }
    this.#cancel();
    this.#instance = undefined;
    this.#asleep = false;
    this.#restartMs = this.#firstRestartMs;
    this.#network.destroy();
    this.#keeper = this.#createKeeper();
    if (!isSame) this.#log(2, "another module with another layout: a fresh start");
    this.#boot();
    return false;
  }

  get isCut(): boolean {
    return this.#network.isCut;
  }

  cut(): void {
    this.#network.cut();
  }

  restore(): void {
    this.#network.restore();
  }

  #askToStop(): void {
    this.#stopping = true;
    const bound = setTimeout(() => this.#end(), STOP_TIMEOUT_MS);
    this.once("ended", () => clearTimeout(bound));
    if (this.#asleep) this.#rise();
    const instance = this.#instance;
    if (instance === undefined) this.#end();
    else this.#guarded(() => instance.stop(), 0);
  }

  #now(): number {
    return (performance.now() + this.#epochMs) >>> 0;
  }

  #log(level: LogLevel, text: string): void {
    this.emit("log", this.#logBook.add(level, text));
  }

  #boot(): void {
    if (this.#over) return;
    const instance = this.#createInstance();
    this.#bootedMs = performance.now();
    this.#instance = instance;
    this.#observer?.booted();
    if (this.#isSuspect) this.#keeper.giveUp();
    const resumed = this.#isSuspect ? undefined : this.#keeper.restore();
    this.#isSuspect = false;
    this.#isResumed = resumed !== undefined;
    if (resumed === undefined) {
      this.#guarded(() => instance.setup(), 0);
    } else {
      instance.writeImage(resumed.image);
      this.#guarded(() => instance.resume(this.#now(), resumed.ageMs), 0);
    }
  }

  #createKeeper(): ImageKeeper {
    const { metadata } = this.#module;
    return new ImageKeeper(this.#slots, metadata, this.#config, (level, text) => this.#log(level, text));
  }

  #createInstance(): NodeInstance {
    const board = createNodeBoard({
      network: this.#network,
      sensors: this.#sensors,
      config: this.#config,
      seed: this.#settings.seed,
      log: (level, text) => this.#log(level, text),
      checkpoint: () => this.#keeper.ask(),
      deepSleep: (ms) => {
        this.#sleepMs = ms;
      },
    });
    if (this.#recorder === undefined) return new NodeInstance(this.#module, board);
    return new RecordedInstance(this.#module, board, () => this.#recorder);
  }

  #createRecorder(secrets: Secrets, file: TraceFile): TraceRecorder {
    return new TraceRecorder({
      metadata: this.#module.metadata,
      secrets,
      unixMs: Date.now(),
      write: (bytes) => this.#writeTrace(file, bytes),
    });
  }

  /** A node whose trace can't be written goes on without. */
  #writeTrace(file: TraceFile, bytes: Uint8Array): void {
    try {
      file.write(bytes);
    } catch (error) {
      if (!(error instanceof WasmoteError)) throw error;
      this.#log(3, error.message);
    }
  }

  /** Called by the network: the node runs as soon as whatever runs now is done. */
  #wake(): void {
    if (this.#over || this.#asleep || this.#instance === undefined) return;
    this.#immediate ??= setImmediate(() => this.#step());
  }

  #step(): void {
    this.#cancel();
    const instance = this.#instance;
    if (instance === undefined || this.#over) return;
    this.#guarded(() => {
      const waitMs = instance.step(this.#now());
      instance.checkCanary();
      this.#keeper.save(instance.image);
      if (waitMs === STEP_ENDED) this.#leave();
      else this.#schedule(waitMs);
    });
  }

  /** Runs one call into the node, then, where `waitMs` is given, plans a step after it. A fault restarts the node. */
  #guarded(call: () => void, waitMs?: number): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof WasmoteError)) throw error;
      this.#fault(error);
      return;
    }
    if (this.#instance !== undefined) this.#keeper.save(this.#instance.image);
    if (waitMs !== undefined && !this.#over) this.#schedule(waitMs);
    if (this.#sleepMs > 0 && !this.#over) this.#sleep();
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer);
    // The network may have called while the step ran: then the next one follows at once.
    if (this.#immediate !== undefined) return;
    if (waitMs === 0) this.#immediate = setImmediate(() => this.#step());
    else this.#timer = setTimeout(() => this.#step(), Math.min(waitMs, MAX_TIMEOUT_MS));
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  /** The power is cut: the link is gone, the image stays, and `resume` comes next. */
  #sleep(): void {
    this.#cancel();
    this.#asleep = true;
    this.#sleptFromMs = this.#now();
    this.#network.destroy();
    this.#observer?.slept();
    this.#timer = setTimeout(() => this.#rise(), Math.min(this.#sleepMs, MAX_TIMEOUT_MS));
    this.#sleepMs = 0;
  }

  #rise(): void {
    this.#cancel();
    this.#asleep = false;
    this.#observer?.woke();
    const instance = this.#instance;
    const nowMs = this.#now();
    if (instance !== undefined) this.#guarded(() => instance.resume(nowMs, (nowMs - this.#sleptFromMs) >>> 0), 0);
  }

  #fault(error: WasmoteError): void {
    this.#cancel();
    this.#instance = undefined;
    this.#sleepMs = 0;
    this.#keeper.drop();
    this.#isSuspect = this.#isResumed && performance.now() - this.#bootedMs <= RESTART_MS.last;
    this.#network.destroy();
    if (performance.now() - this.#bootedMs > RESTART_MS.last) this.#restartMs = this.#firstRestartMs;
    const waitMs = this.#restartMs;
    this.#restartMs = Math.min(waitMs * 2, RESTART_MS.last);
    this.#log(3, `${error.message} (${error.code})${this.#stopping ? "" : `; starting again in ${waitMs} ms`}`);
    this.emit("fault", error);
    if (this.#stopping) this.#end();
    else if (!this.#over) this.#timer = setTimeout(() => this.#boot(), waitMs);
  }

  /** The node ended in good order: what it sent last is still delivered. */
  async #leave(): Promise<void> {
    this.#leaving = true;
    this.#cancel();
    this.#instance = undefined;
    await this.#network.drained(STOP_TIMEOUT_MS);
    this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel();
    this.#instance = undefined;
    this.#network.destroy();
    this.#slots?.close();
    this.#traceFile?.close();
    this.emit("ended");
  }
}

/** The same sensors, with somebody who sees what they give. */
function watched(sensors: Sensors, observer: NodeObserver | undefined): Sensors {
  if (observer === undefined) return sensors;
  return {
    read(channel, out) {
      const errno = sensors.read(channel, out);
      if (errno === 0) observer.read(channel, out[0] ?? 0);
      return errno;
    },
  };
}
