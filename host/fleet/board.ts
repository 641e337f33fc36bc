/** The board of many nodes in real time: real links, simulated sensors, this machine's clock. */

import { Errno } from "../abi.ts";
import type { LogLevel } from "../hal/board.ts";
import type { FleetBoard } from "../hal/null-board.ts";
import { xorshift32 } from "../hal/random.ts";
import type { FleetNetwork } from "./network.ts";

/** What a probe does, as a fault has it. */
export const Probe = { good: 0, frozen: 1, failed: 2 } as const;

export interface RealBoardEvents {
  log(slot: number, level: LogLevel, text: string): void;
  deepSleep(slot: number, ms: number): void;
}

export interface RealBoardParts {
  readonly network: FleetNetwork;
  /** Puts the reading of channel 0 into `out[0]` and returns 0, or returns an errno. */
  readonly readSensor: (slot: number, out: Int32Array) => number;
  /** By slot: the seed of its random numbers. */
  readonly seeds: Int32Array;
  readonly config: (slot: number, key: string) => string | undefined;
  readonly events: RealBoardEvents;
}

/** What faults do to nodes' boards, by slot; and whether there are readings at all. */
export class BoardConditions {
  readonly probe: Uint8Array;
  readonly skewMs: Float64Array;
  /** No reading is ready any more: nodes publish nothing, and ask again. */
  isQuiet = false;

  constructor(slots: number) {
    this.probe = new Uint8Array(slots);
    this.skewMs = new Float64Array(slots);
  }
}

/** The board of the nodes of one module, which stand in a row among all slots, from `firstSlot` on. */
export function createRealBoard(firstSlot: number, parts: RealBoardParts, conditions: BoardConditions): FleetBoard {
  const { network, readSensor, seeds, config, events } = parts;
  const lastReading = new Int32Array(seeds.length);
  let slot = firstSlot;
  return {
    network,
    select(node) {
      slot = firstSlot + node;
      network.select(slot);
    },
    sensors: {
      read(channel, out) {
        if (channel !== 0) return Errno.ENOENT;
        if (conditions.isQuiet) return Errno.EAGAIN;
        const probe = conditions.probe[slot];
        if (probe === Probe.failed) return Errno.EIO;
        if (probe === Probe.frozen) {
          out[0] = lastReading[slot] ?? 0;
          return 0;
        }
        const result = readSensor(slot, out);
        if (result === 0) lastReading[slot] = out[0] ?? 0;
        return result;
      },
    },
    // Any value to channel 0 is taken: there is no lamp to light.
    actuators: { write: (channel) => (channel === 0 ? 0 : Errno.ENOENT) },
    unixMs: () => Date.now() + (conditions.skewMs[slot] ?? 0),
    random() {
      const next = xorshift32(seeds[slot] ?? 1);
      seeds[slot] = next;
      return next;
    },
    config: (key) => config(slot, key),
    // A node of a fleet has no storage: it begins afresh with each run.
    checkpoint: () => Errno.ENOTSUP,
    deepSleep(ms) {
      events.deepSleep(slot, ms);
      return 0;
    },
    log: (level, text) => events.log(slot, level, text),
  };
}
