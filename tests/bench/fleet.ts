/** Memory of a large fleet. */

import type { Measurement } from "./figures.ts";
import type { FleetCosts } from "./fleet-script.ts";
import { runScript } from "./program.ts";

const NODES = 50_000;

/** Measures a fleet of the module in build/. */
export async function measureFleet(): Promise<Measurement[]> {
  const costs = await runScript<FleetCosts>("fleet-script.ts", [String(NODES)], ["--expose-gc"]);
  const fleet = `${NODES.toLocaleString("en-US")} nodes`;
  return [
    { name: "fleet.nullBytesPerNode", value: costs.grownBytes / NODES, unit: "bytes" },
    { name: `whole process of ${fleet}`, value: costs.rssBytes / 1e6, unit: "MB" },
    { name: `one node's step among ${fleet}`, value: costs.nodeStepNs, unit: "ns" },
  ];
}
