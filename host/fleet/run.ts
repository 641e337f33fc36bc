/** A run of a fleet, or of one shard of it, from its settings to its results. */

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { loadModule, readModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import { describeEndpoint, parseEndpoint } from "../hal/endpoint.ts";
import { createGroupSensor, DEFAULT_GROUP_SENSOR } from "../hal/sensors.ts";
import { loadTls, type TlsSettings } from "../hal/tls.ts";
import { mergeHistograms } from "./histogram.ts";
import { checkLimits } from "./limits.ts";
import type { FleetSettings, NodeStates } from "./messages.ts";
import { Observer } from "./observer.ts";
import { checkIdPrefix, type Shard, shardSize } from "./plan.ts";
import { checkRecording, type NodeTrace, recordingOf } from "./recording.ts";
import {
  type Counters,
  type FleetResults,
  type Histogram,
  type Observed,
  RESULTS_FORMAT,
  RESULTS_VERSION,
  type RunDescription,
  type Second,
} from "./results.ts";
import type { Scenario } from "./scenario.ts";
import { sourceAddressesFor } from "./source-addresses.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Without `--loiter`, acknowledgements are awaited for so long, and no longer than there are any to come. */
const ACKNOWLEDGEMENTS_MS = 10_000;
const LOOK_MS = 100;

export interface FleetRunOptions {
  /** The path of a .wasm file, for groups that name none. */
  readonly module: string;
  /** Nodes of all shards. */
  readonly nodes: number;
  readonly shard: Shard;
  readonly idPrefix: string;
  readonly seed: number;
  /** Nodes of all shards that start in a second. */
  readonly rate: number;
  readonly scenario: Scenario;
  /** In place of the groups' own; groups that have none either read the demo's year of temperatures. */
  readonly sensor: string | undefined;
  /** In place of the groups' own. */
  readonly intervalMs: number | undefined;
  /** Over the groups' own. */
  readonly config: Readonly<Record<string, string>>;
  readonly broker: string;
  readonly tls: TlsSettings;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Addresses of this machine to connect from; chosen if there are none. */
  readonly sourceAddresses: readonly string[] | undefined;
  readonly workers: number;
  /** The agreed start, milliseconds since 1970; without one, as soon as everything is ready. */
  readonly startAtMs: number | undefined;
  /** From the agreed start; without it, until `interrupted`. */
  readonly durationMs: number | undefined;
  /** How long connections stay after the last reading; without it, until what is in flight was acknowledged. */
  readonly loiterMs: number | undefined;
  readonly isObserved: boolean;
  /** The node to record, one of this shard's. */
  readonly trace: NodeTrace | undefined;
}

export type RunPhase = "waiting" | "running" | "loitering" | "stopping" | "over";

/** How a run stands. */
export interface RunState {
  readonly phase: RunPhase;
  /** Nodes of this shard. */
  readonly nodes: number;
  /** Since the agreed start; below 0 before it. */
  readonly elapsedMs: number;
  readonly states: NodeStates;
  readonly counters: Counters;
  /** The last complete second. */
  readonly second: Second | undefined;
  readonly latency: Histogram;
  readonly observed: Observed | undefined;
  /** The observer has lost its own connection. */
  readonly isObserverCut: boolean;
}

export interface FleetRunEvents {
  /** Something that whoever runs the fleet should know. */
  warning?(text: string): void;
  /** The trace could not be written to its end: `ETRACEFILE`. The node and the run go on. */
  traceLost?(error: WasmoteError): void;
}

export class FleetRun {
  readonly #options: FleetRunOptions;
  readonly #pool: WorkerPool;
  readonly #observer: Observer | undefined;
  readonly #modules: readonly Uint8Array[];
  readonly #startCpu = process.cpuUsage();
  readonly #startedMs = performance.now();
  readonly #listeners: ((second: Second) => void)[] = [];
  #phase: RunPhase = "waiting";
  #startAtMs: number;
  #last: Second | undefined;
  #latency: Histogram = mergeHistograms([]);
  #observed: Observed | undefined;
  #peakRssBytes = 0;

  private constructor(
    options: FleetRunOptions,
    settings: FleetSettings,
    observer: Observer | undefined,
    events: FleetRunEvents,
  ) {
    this.#options = options;
    this.#modules = settings.modules;
    this.#observer = observer;
    this.#startAtMs = options.startAtMs ?? Date.now();
    this.#pool = new WorkerPool(settings, options.workers, {
      second: (second) => {
        this.#last = second;
        this.#latency = mergeHistograms([this.#latency, second.latency]);
        this.#peakRssBytes = Math.max(this.#peakRssBytes, process.memoryUsage.rss());
        for (const listener of this.#listeners) listener(second);
      },
      warning: (text) => events.warning?.(text),
      traceLost: ({ code, message, cure }) =>
        events.traceLost?.(new WasmoteError(code, "resource", message, cure === undefined ? {} : { cure })),
    });
  }

  /**
   * Checks everything, subscribes the observer and makes the nodes; none runs before `run`. Throws `ENOMODULE`, `EMODULE`, `EABI`,
   * `EIMAGE`, `EENDPOINT`, `ETLS`, `ESENSOR` or `EUSAGE` for settings that are none, `ELIMIT` if this machine can't hold so many
   * nodes, `EBROKER` if the observer can't use the broker, `ETRACESECRET` or `ETRACEFILE` if a node can't be recorded.
   */
  static async prepare(options: FleetRunOptions, events: FleetRunEvents = {}): Promise<FleetRun> {
    const settings = await settingsOf(options);
    await checkLimits({ ...settings, workers: options.workers });
    const { nodes, shard, idPrefix, broker, tls, username, password } = options;
    const observer = options.isObserved
      ? await Observer.start({ nodes, shard, idPrefix, broker, tls, username, password })
      : undefined;
    let run: FleetRun | undefined;
    try {
      // The worker that has the node opens the file again. By then it is late to say that there can be none.
      if (settings.recording !== undefined) checkRecording(settings, settings.recording);
      run = new FleetRun(options, settings, observer, events);
      await run.#pool.ready();
      return run;
    } catch (error) {
      run?.dispose();
      observer?.dispose();
      throw error;
    }
  }

  get state(): RunState {
    const { nodes, shard } = this.#options;
    return {
      phase: this.#phase,
      nodes: shardSize(nodes, shard),
      elapsedMs: Date.now() - this.#startAtMs,
      states: this.#pool.states,
      counters: this.#pool.counters,
      second: this.#last,
      latency: this.#latency,
      observed: this.#observed ?? this.#observer?.observed,
      isObserverCut: this.#observer?.isConnected === false,
    };
  }

  get description(): RunDescription {
    return describeRun(this.#options, this.#modules, this.#startAtMs);
  }

  /** `listener` is called with each second that is complete. */
  onSecond(listener: (second: Second) => void): void {
    this.#listeners.push(listener);
  }

  get workers(): number {
    return this.#pool.size;
  }

  /** Runs the nodes until their time is over or `interrupted` resolves, and resolves when all have taken their leave. */
  async run(interrupted: Promise<void>): Promise<FleetResults> {
    const { startAtMs, durationMs, loiterMs } = this.#options;
    let isInterrupted = false;
    const stopped = interrupted.then(() => {
      isInterrupted = true;
    });
    const failed = this.#pool.failed();
    failed.catch(() => {});
    const until = async (ms: number, isOver?: () => boolean): Promise<void> => {
      await Promise.race([stopped, failed, elapsed(ms, () => isInterrupted || isOver?.() === true)]);
    };
    try {
      this.#startAtMs = startAtMs ?? Date.now();
      this.#pool.start(this.#startAtMs);
      await until(this.#startAtMs - Date.now());
      this.#phase = "running";
      const lengthMs = durationMs === undefined ? undefined : this.#startAtMs + durationMs - Date.now();
      if (lengthMs === undefined) await Promise.race([stopped, failed]);
      else await until(lengthMs);
      if (!isInterrupted) {
        this.#phase = "loitering";
        this.#pool.loiter();
        if (loiterMs === undefined) await until(ACKNOWLEDGEMENTS_MS, this.#settled());
        else await until(loiterMs);
      }
      this.#phase = "stopping";
      await this.#pool.stop();
      this.#observed = await this.#observer?.stop();
      this.#phase = "over";
      return this.results();
    } finally {
      this.dispose();
    }
  }

  /** What there is until now. */
  results(): FleetResults {
    const options = this.#options;
    const { counters, timeline, faults } = this.#pool;
    const { user, system } = process.cpuUsage(this.#startCpu);
    const observed = this.#observed ?? this.#observer?.observed;
    return {
      format: RESULTS_FORMAT,
      version: RESULTS_VERSION,
      run: this.description,
      shards: [options.shard.index],
      nodes: shardSize(options.nodes, options.shard),
      counters,
      latency: this.#latency,
      timeline,
      ...(observed === undefined ? {} : { observed }),
      faults,
      cost: {
        cpuMs: Math.round((user + system) / 1_000),
        peakRssBytes: Math.max(this.#peakRssBytes, process.memoryUsage.rss()),
        wallMs: Math.round(performance.now() - this.#startedMs),
      },
    };
  }

  dispose(): void {
    this.#pool.dispose();
    this.#observer?.dispose();
  }

  /** True once nothing is in flight, by what workers have told since it was asked for first. */
  #settled(): () => boolean {
    const before = this.#last?.second ?? Number.NEGATIVE_INFINITY;
    return () => (this.#last?.second ?? before) > before && this.#pool.states.inFlight === 0;
  }
}

/** What a run is, by which results of its shards know each other. */
function describeRun(options: FleetRunOptions, modules: readonly Uint8Array[], startAtMs: number): RunDescription {
  const hash = createHash("sha256");
  for (const module of modules) hash.update(module);
  return {
    scenario: options.scenario.name,
    nodes: options.nodes,
    shardCount: options.shard.count,
    module: basename(options.module),
    moduleSha256: hash.digest("hex"),
    broker: describeEndpoint(parseEndpoint(options.broker)),
    seed: options.seed,
    startAtMs,
    durationMs: options.durationMs ?? 0,
  };
}

async function settingsOf(options: FleetRunOptions): Promise<FleetSettings> {
  const { nodes, shard, idPrefix, seed, rate, scenario, sensor, broker, tls, intervalMs, username, password } = options;
  checkIdPrefix(idPrefix, nodes);
  const recording = options.trace === undefined ? undefined : recordingOf(options.trace, options);
  const endpoint = parseEndpoint(broker);
  loadTls(tls);
  for (const group of scenario.groups) {
    createGroupSensor(sensor ?? group.sensor ?? DEFAULT_GROUP_SENSOR, { indexes: [], seed });
  }
  const paths = [...new Set([options.module, ...scenario.groups.flatMap(({ module }) => module ?? [])])];
  const modules = await Promise.all(paths.map(readModule));
  for (const module of modules) loadModule(module);
  return {
    ...{ nodes, shard, idPrefix, seed, rate, scenario, modules, sensor, broker, tls, recording },
    moduleOfGroup: scenario.groups.map(({ module }) => paths.indexOf(module ?? options.module)),
    config: {
      ...(intervalMs === undefined ? {} : { interval: String(intervalMs) }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...options.config,
    },
    sourceAddresses: sourceAddressesFor(endpoint, nodes, options.sourceAddresses),
  };
}

/** Resolves after so many milliseconds, or soon after `isOver` is true. */
async function elapsed(ms: number, isOver: () => boolean): Promise<void> {
  const endMs = performance.now() + ms;
  while (!isOver()) {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, LOOK_MS)));
  }
}
