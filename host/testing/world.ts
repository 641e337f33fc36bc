/** A world in virtual time: nodes, a broker, networks, sensors, power and clocks, driven by one seeded scheduler. */

import { readFileSync } from "node:fs";
import { type LoadedModule, loadModule } from "../engine/module.ts";
import { systemCode, WasmoteError } from "../errors.ts";
import { Broker, type BrokerOptions } from "./broker/broker.ts";
import { Journal } from "./journal.ts";
import { GOOD_LINK, type LinkQuality, type SegmentCounts } from "./pipe.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import type { SensorFunction } from "./sensor.ts";
import { SimNode } from "./sim-node.ts";
import { Stage } from "./stage.ts";

export interface WorldOptions {
  /** Any integer below 2^53: the same seed gives the same run, byte for byte. */
  readonly seed: number;
  readonly broker?: BrokerOptions;
  /** What the networks of nodes are like that are given none of their own. */
  readonly network?: Partial<LinkQuality>;
  /** Told each line of the story as it happens, for a person. */
  readonly onLine?: (line: string) => void;
}

export interface NodeOptions {
  /** 1 to 23 of `0-9 A-Z a-z - _`. */
  readonly id: string;
  /** Thousandths of the unit, or a function that gives them; 17,200 if it is left out. */
  readonly sensor?: SensorFunction | number;
  /** Milliseconds between readings, 100 to 86400000. */
  readonly intervalMs?: number;
  /** Further configuration values. */
  readonly config?: Readonly<Record<string, string>>;
  /** Checkpoints are kept: after a power cut the node goes on from the newest one. False unless it is given. */
  readonly keepsImages?: boolean;
  /** What the node's counting clock begins at; at random if it is left out. */
  readonly firstNowMs?: number;
  readonly network?: Partial<LinkQuality>;
  /** Its trace is recorded: `SimNode.trace`. False unless it is given. */
  readonly trace?: boolean;
  /** The node is powered at once, unless this is false. */
  readonly isOn?: boolean;
}

/** How often a run lets the rest of the process have its turn: once in so many events. */
const EVENTS_PER_TURN = 20_000;
const READING = 17_200;
const ID = /^[0-9A-Za-z_-]{1,23}$/;

export class World {
  readonly seed: number;
  readonly broker: Broker;
  readonly journal: Journal;
  readonly scheduler = new Scheduler();
  /** What the networks did to segments. */
  readonly segments: SegmentCounts = { sent: 0, lost: 0, duplicated: 0, split: 0 };
  readonly #random: Random;
  readonly #network: LinkQuality;
  readonly #nodes: SimNode[] = [];
  readonly #ids = new Set<string>();
  readonly #modules = new Map<string, LoadedModule>();
  /** Actors that are recorded have a stage of their own: the others pay nothing for it. */
  readonly #stages = { plain: new Map<LoadedModule, Stage>(), recorded: new Map<LoadedModule, Stage>() };

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.#random = new Random(options.seed, "world");
    this.#network = { ...GOOD_LINK, ...options.network };
    this.journal = new Journal(options.onLine);
    this.broker = new Broker(this.scheduler, this.#random.fork("broker"), this.journal, options.broker);
  }

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** All nodes, in the order in which they were made. */
  get nodes(): readonly SimNode[] {
    return this.#nodes;
  }

  /** SHA-256 of all that has happened: two runs are the same if these are. */
  get digest(): string {
    return this.journal.digest;
  }

  /** A stream of random numbers of its own for whoever needs one, by name. */
  random(name: string): Random {
    return this.#random.fork(name);
  }

  /**
   * Adds a node and powers it. `module` is the path of a .wasm file, its bytes, or what `loadModule` made of it. Throws
   * `ENOMODULE`, `EMODULE`, `EABI` or `EIMAGE` for a module that can't be run, and `EID` for an id that is none, or taken,
   * `ETRACESECRET` for a configuration that can't be kept out of a trace.
   */
  node(module: string | Uint8Array | LoadedModule, options: NodeOptions): SimNode {
    const { id, sensor = READING, intervalMs, config = {}, keepsImages = false, firstNowMs } = options;
    if (!ID.test(id) || this.#ids.has(id)) {
      throw new WasmoteError(
        "EID",
        "usage",
        `${JSON.stringify(id)} is ${ID.test(id) ? "another node's id" : "no id"}`,
        {
          cure: "give each node 1 to 23 of 0-9 A-Z a-z - _ of its own",
        },
      );
    }
    const loaded = this.#load(module);
    const values = new Map(Object.entries(config));
    values.set("id", id);
    if (intervalMs !== undefined) values.set("interval", String(intervalMs));
    const node = new SimNode(
      {
        index: this.#nodes.length,
        id,
        module: loaded,
        stage: this.#stage(loaded, options.trace === true),
        scheduler: this.scheduler,
        random: this.#random.fork(`node/${id}`),
        journal: this.journal,
        listeners: [this.broker],
        counts: this.segments,
      },
      {
        sensor,
        config: values,
        keepsImages,
        firstNowMs,
        quality: { ...this.#network, ...options.network },
        isRecorded: options.trace === true,
      },
    );
    this.#nodes.push(node);
    this.#ids.add(id);
    if (options.isOn !== false) this.scheduler.after(0, () => node.power.on());
    return node;
  }

  /**
   * Lets so many milliseconds of virtual time pass. Real time passes only for the work; now and then the process has its
   * turn. Throws what a sensor, a hook or a check throws, and `EBURST` for a node that asks for steps without end.
   */
  async run(forMs: number): Promise<void> {
    const untilMs = this.scheduler.nowMs + forMs;
    while (this.#some(untilMs)) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** `run` in one go. */
  runNow(forMs: number): void {
    const untilMs = this.scheduler.nowMs + forMs;
    while (this.#some(untilMs));
  }

  /** Lets time pass until something holds, looking after each event; returns false if it does not within `atMostMs`. */
  runUntil(holds: () => boolean, atMostMs: number): boolean {
    const untilMs = this.scheduler.nowMs + atMostMs;
    while (!holds()) if (!this.scheduler.step(untilMs)) return holds();
    return true;
  }

  /** Returns whether there is more to do until then. */
  #some(untilMs: number): boolean {
    for (let i = 0; i < EVENTS_PER_TURN; i++) if (!this.scheduler.step(untilMs)) return false;
    return true;
  }

  #load(module: string | Uint8Array | LoadedModule): LoadedModule {
    if (module instanceof Uint8Array) return loadModule(module);
    if (typeof module !== "string") return module;
    let loaded = this.#modules.get(module);
    if (loaded === undefined) {
      loaded = loadModule(readModuleNow(module));
      this.#modules.set(module, loaded);
    }
    return loaded;
  }

  #stage(module: LoadedModule, isRecorded: boolean): Stage {
    const stages = isRecorded ? this.#stages.recorded : this.#stages.plain;
    let stage = stages.get(module);
    if (stage === undefined) {
      stage = new Stage(module, isRecorded);
      stages.set(module, stage);
    }
    return stage;
  }
}

function readModuleNow(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new WasmoteError("ENOMODULE", "usage", `can't read the module ${path}: ${systemCode(cause) ?? cause}`, {
      cure: "give the path of a .wasm file; `npm run build` makes build/temperature.wasm",
      cause,
    });
  }
}
