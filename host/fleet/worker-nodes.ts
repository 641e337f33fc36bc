/** The nodes of one worker, and all that they run on. */

import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { Errno } from "../abi.ts";
import { loadModule } from "../engine/module.ts";
import type { WasmoteError } from "../errors.ts";
import { isSecure, parseEndpoint } from "../hal/endpoint.ts";
import { createGroupSensor, DEFAULT_GROUP_SENSOR } from "../hal/sensors.ts";
import { loadTls, tlsOptions } from "../hal/tls.ts";
import { BoardConditions, createRealBoard } from "./board.ts";
import { type FaultEvent, planFaults } from "./faults.ts";
import { Fleet } from "./images.ts";
import { groupAssignment } from "./membership.ts";
import type { NodeStates, WorkerSettings } from "./messages.ts";
import { FleetNetwork } from "./network.ts";
import { NodeLogReader } from "./node-log.ts";
import { groupConfig, nodeId, nodeSeed, shardIndexes, startOffsetMs } from "./plan.ts";
import { RecordedNode } from "./recording.ts";
import type { FaultRecord } from "./results.ts";
import { Runner, type Squad } from "./runner.ts";
import { Tally } from "./tally.ts";
import { Tap } from "./tap.ts";

const LOOKUP_MS = 30_000;

export interface WorkerNodesEvents {
  /** Every node has ended after `stop`. */
  ended(): void;
  /** Something that whoever runs the fleet should know. */
  warning(text: string): void;
  /** The trace of the recorded node ends here. */
  traceLost(error: WasmoteError): void;
}

export class WorkerNodes {
  readonly tally = new Tally();
  readonly #settings: WorkerSettings;
  /** Global index of each slot. */
  readonly #indexes: Uint32Array;
  readonly #network: FleetNetwork;
  readonly #conditions: BoardConditions;
  readonly #runner: Runner;
  readonly #tap: Tap;
  readonly #isConnected: Uint8Array;
  readonly #faults: FaultRecord[] = [];
  #connected = 0;
  #faultTimer: NodeJS.Timeout | undefined;

  /** Throws `EMODULE`, `EABI`, `EIMAGE`, `ESENSOR`, `ETLS`, `ETRACEFILE`, `ETRACESECRET` for settings that are none. */
  constructor(settings: WorkerSettings, events: WorkerNodesEvents) {
    this.#settings = settings;
    const { scenario, moduleOfGroup, modules, seed, idPrefix } = settings;
    const groupOf = groupAssignment(scenario.groups);
    const moduleOf = (index: number): number => moduleOfGroup[groupOf(index)] ?? 0;
    const own = shardIndexes(settings.nodes, settings.shard).filter(
      (_, at) => at % settings.worker.count === settings.worker.index,
    );
    // Nodes of one module stand in a row, each row in the order of their indexes. The recorded one is a row of its own: the
    // others' calls cost what they always do.
    const recording =
      settings.recording !== undefined && own.includes(settings.recording.index) ? settings.recording : undefined;
    const isRecorded = (index: number): boolean => index === recording?.index;
    const rows = modules.flatMap((bytes, module) => {
      const row = own.filter((index) => moduleOf(index) === module);
      return [
        { bytes, isRecorded: false, indexes: row.filter((index) => !isRecorded(index)) },
        { bytes, isRecorded: true, indexes: row.filter(isRecorded) },
      ].filter(({ indexes }) => indexes.length > 0);
    });
    this.#indexes = Uint32Array.from(rows.flatMap(({ indexes }) => [...indexes]));
    const slots = this.#indexes.length;
    const indexOf = (slot: number): number => this.#indexes[slot] ?? 0;
    const seeds = Int32Array.from(this.#indexes, (index) => nodeSeed(seed, index) | 0 || 1);
    const groups = Uint16Array.from(this.#indexes, groupOf);
    const configs = scenario.groups.map((group) => groupConfig(group, settings.config));
    const sensors = scenario.groups.map(({ sensor = DEFAULT_GROUP_SENSOR }) =>
      createGroupSensor(settings.sensor ?? sensor, { indexes: this.#indexes, seed }),
    );

    const tally = this.tally;
    const warned = new Set<string>();
    this.#isConnected = new Uint8Array(slots);
    this.#conditions = new BoardConditions(slots);
    const log = new NodeLogReader(slots, tally);
    this.#tap = new Tap(
      slots,
      {
        accepted: (slot) => {
          if (this.#isConnected[slot] === 1) return;
          this.#isConnected[slot] = 1;
          this.#connected++;
          tally.counts.connected++;
        },
        published: (_, qos, resent) => {
          tally.counts.publishes++;
          if (qos === 0) tally.counts.qos0++;
          if (resent) tally.counts.resent++;
        },
        acknowledged: (_, latencyUs) => {
          tally.counts.acknowledged++;
          if (latencyUs >= 0) tally.latency.record(latencyUs);
        },
        received: () => {
          tally.counts.received++;
        },
      },
      () => (performance.now() * 1_000) % 2 ** 32,
    );
    this.#network = new FleetNetwork(
      slots,
      [target(settings)],
      {
        wake: (slot) => this.#runner.wake(slot),
        arrived: (slot) => this.#runner.arrived(slot),
        opening: (slot) => {
          tally.counts.connectAttempts++;
          this.#tap.reset(slot);
        },
        closed: (slot) => this.#disconnected(slot),
        exhausted: (code) => {
          if (!warned.has(code)) events.warning(`this machine can't open more connections: ${code}`);
          warned.add(code);
        },
        sent: (slot, memory, start, end) => {
          tally.counts.bytesOut += end - start;
          this.#tap.sent(slot, memory, start, end);
        },
        received: (slot, memory, start, end) => {
          tally.counts.bytesIn += end - start;
          this.#tap.arrived(slot, memory, start, end);
        },
      },
      (slot) => {
        const { sourceAddresses } = settings;
        return sourceAddresses[indexOf(slot) % Math.max(1, sourceAddresses.length)];
      },
    );
    const parts = {
      network: this.#network,
      readSensor: (slot: number, out: Int32Array) =>
        sensors[groups[slot] ?? 0]?.read(slot, Date.now(), out) ?? Errno.EIO,
      seeds,
      config: (slot: number, key: string) =>
        key === "id" ? nodeId(idPrefix, indexOf(slot)) : configs[groups[slot] ?? 0]?.get(key),
      events: {
        log: (slot: number, _level: number, text: string) => {
          if (!this.#conditions.isQuiet || !text.startsWith("readings missed")) log.add(slot, text);
        },
        deepSleep: (slot: number, ms: number) => this.#runner.sleep(slot, ms),
      },
    };
    const squads: Squad[] = [];
    let recorded: RecordedNode | undefined;
    let firstSlot = 0;
    for (const row of rows) {
      const module = loadModule(row.bytes);
      if (recording !== undefined && row.isRecorded) {
        recorded = new RecordedNode({ settings, recording, module, onLost: events.traceLost });
      }
      const size = row.indexes.length;
      const board = createRealBoard(firstSlot, parts, this.#conditions);
      squads.push({
        fleet: new Fleet(module, size, board, row.isRecorded ? recorded?.createInstance : undefined),
        firstSlot,
      });
      firstSlot += size;
    }
    this.#runner = new Runner({
      slots,
      squads,
      network: this.#network,
      conditions: this.#conditions,
      tally,
      onBoot: (slot) => log.reset(slot),
      onPowerUp: (slot) => sensors[groups[slot] ?? 0]?.restart(slot),
      onEnded: () => {
        clearTimeout(this.#faultTimer);
        recorded?.close();
        events.ended();
      },
    });
  }

  get states(): NodeStates {
    return { started: this.#runner.started, connected: this.#connected, inFlight: this.#tap.inFlight };
  }

  /** The faults that have befallen nodes of this worker until now. */
  get faults(): readonly FaultRecord[] {
    return this.#faults;
  }

  /** Starts each node when its time has come. `startAtMs`: the agreed start; who is late for it keeps the rate. */
  start(startAtMs: number): void {
    const agreedMs = performance.now() + startAtMs - Date.now();
    const firstMs = Math.max(agreedMs, performance.now());
    this.#indexes.forEach((index, slot) => {
      this.#runner.startAt(slot, firstMs + startOffsetMs(index, this.#settings.rate));
    });
    const { scenario, nodes, seed } = this.#settings;
    if (scenario.faults.length === 0) return;
    const plan = planFaults({ scenario, nodes, seed });
    const slots = new Map(Array.from(this.#indexes, (index, slot) => [index, slot]));
    const events = [...plan.timetable(this.#indexes.toSorted())];
    const next = (): void => {
      const elapsedMs = performance.now() - agreedMs;
      while (events[0] !== undefined && events[0].atMs <= elapsedMs) {
        this.#befall(events.shift() as FaultEvent, slots, plan.condition);
      }
      const [event] = events;
      if (event === undefined) return;
      this.#faultTimer = setTimeout(next, Math.min(Math.max(1, event.atMs - elapsedMs), 0x7fff_ffff));
    };
    next();
  }

  #befall(
    { atMs, kind, on, fault, nodes }: FaultEvent,
    slots: ReadonlyMap<number, number>,
    condition: ReturnType<typeof planFaults>["condition"],
  ): void {
    let count = 0;
    for (const index of nodes) {
      const slot = slots.get(index);
      if (slot === undefined) continue;
      count++;
      if (kind === "reconnect-storm") this.#runner.breakLink(slot);
      else this.#runner.apply(slot, condition(index, atMs));
    }
    if (!on) return;
    const { forMs } = fault;
    this.#faults.push({ kind, atMs, ...(forMs === undefined ? {} : { forMs }), nodes: count });
  }

  /** No further readings. */
  loiter(): void {
    this.#conditions.isQuiet = true;
  }

  stop(): void {
    clearTimeout(this.#faultTimer);
    this.#runner.stop();
  }

  #disconnected(slot: number): void {
    this.#tap.reset(slot);
    if (this.#isConnected[slot] === 0) return;
    this.#isConnected[slot] = 0;
    this.#connected--;
  }
}

function target({ broker, tls }: WorkerSettings) {
  const endpoint = parseEndpoint(broker);
  return {
    endpoint,
    tls: isSecure(endpoint) ? tlsOptions(endpoint, loadTls(tls)) : undefined,
    lookup: cachedLookup(),
  };
}

/** Asks the system once in a while, however many connections are opened meanwhile. */
function cachedLookup(): LookupFunction {
  type Answer = Parameters<Parameters<LookupFunction>[2]>;
  let untilMs = 0;
  let answer: Answer | undefined;
  return (hostname, options, callback) => {
    if (answer !== undefined && performance.now() < untilMs) {
      callback(...answer);
      return;
    }
    systemLookup(hostname, options, (...given: Answer) => {
      if (given[0] === null) {
        answer = given;
        untilMs = performance.now() + LOOKUP_MS;
      }
      callback(...given);
    });
  };
}
