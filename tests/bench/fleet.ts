/** Memory of large fleets. */

import type { Measurement } from "./figures.ts";
import type { FleetCosts } from "./fleet-script.ts";
import { FULL, LEAN, runScript, type Subject } from "./program.ts";

const NODES = 50_000;

/** Measures fleets of the modules in build/. */
export async function measureFleets(): Promise<Measurement[]> {
  return [
    ...(await measureFleet(LEAN, "fleet.nullBytesPerNode")),
    ...(await measureFleet(FULL, "fleet.nullBytesPerFullNode")),
  ];
}

async function measureFleet({ name, module }: Subject, figure: string): Promise<Measurement[]> {
  const costs = await runScript<FleetCosts>("fleet-script.ts", [String(NODES), module], ["--expose-gc"]);
  const fleet = `${NODES.toLocaleString("en-US")} ${name} nodes`;
  return [
    { name: figure, value: costs.grownBytes / NODES, unit: "bytes" },
    { name: `whole process of ${fleet}`, value: costs.rssBytes / 1e6, unit: "MB" },
    { name: `one node's step among ${fleet}`, value: costs.nodeStepNs, unit: "ns" },
  ];
}
