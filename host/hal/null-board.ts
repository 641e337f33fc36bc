/** A board for benchmarks and large fleets: the null network, the cheapest of everything else, no object for a node. */

import { Errno } from "../abi.ts";
import type { Board } from "./board.ts";
import { NullNetwork, type NullNetworkOptions } from "./null-network.ts";
import { xorshift32 } from "./random.ts";

/** A board of many nodes: `select` says whose calls follow. */
export interface FleetBoard extends Board {
  select(node: number): void;
}

export interface NullBoard extends FleetBoard {
  readonly network: NullNetwork;
}

export interface NullBoardOptions extends NullNetworkOptions {
  /** How many nodes; node 0 is selected. */
  readonly nodes?: number;
  /** What `config_get` finds for a node besides `id`, which is the node's number. */
  readonly config?: Readonly<Record<string, string>>;
  /** Millidegrees Celsius that every sensor reads. */
  readonly reading?: number;
}

const READING = 17_200;

export function createNullBoard(options: NullBoardOptions = {}): NullBoard {
  const { nodes = 1, config = {}, reading = READING } = options;
  const network = new NullNetwork(nodes, options);
  const random = Int32Array.from({ length: nodes }, (_, node) => Math.imul(node + 1, 0x9e3779b1) || 1);
  const values = new Map(Object.entries(config));
  let current = 0;
  return {
    network,
    select(node) {
      current = node;
      network.select(node);
    },
    sensors: {
      read(channel, out) {
        if (channel !== 0) return Errno.ENOENT;
        out[0] = reading;
        return 0;
      },
    },
    actuators: { write: (channel) => (channel === 0 ? 0 : Errno.ENOENT) },
    unixMs: () => Date.now(),
    random() {
      const next = xorshift32(random[current] ?? 1);
      random[current] = next;
      return next;
    },
    config: (key) => (key === "id" ? String(current) : values.get(key)),
    checkpoint: () => 0,
    deepSleep: () => 0,
    log() {},
  };
}
