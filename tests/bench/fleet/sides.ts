/** Runs nodes and clients of MQTT.js, each kind in a process of its own and at a Mosquitto of its own. */

import { openFiles } from "../../../host/fleet/limits.ts";
import { Mosquitto } from "../../integration/mosquitto.ts";
import { LEAN, runScript } from "../program.ts";
import { type Costs, type Load, loadArguments } from "./load.ts";

export type SideName = "nodes" | "mqttjs";

export type SideLoad = Omit<Load, "port" | "module" | "measureAtMs"> & { readonly side: SideName };

export interface Row extends Costs {
  readonly side: SideName;
  readonly perSecond: number;
}

/** Open files of a broker and of a process of nodes beyond their connections. */
const SPARE_FILES = 1_000;
/** A process has started by then, on a machine that is busy. */
const START_MS = 3_000;

/** As many nodes as one process, and one broker, may have connections. */
export function mostConnections(): number {
  return (openFiles() ?? Number.POSITIVE_INFINITY) - SPARE_FILES;
}

/**
 * Runs all of them at once, so that whatever else the machine does meets them alike, and measures them at the same time: at the
 * earliest `warmUpSeconds` after their start, when all are connected and the engine has compiled what is hot.
 */
export async function runAtOnce(warmUpSeconds: number, sides: readonly SideLoad[]): Promise<Row[]> {
  const slowest = Math.max(...sides.map(({ nodes, rate }) => nodes / rate));
  const measureAtMs = Date.now() + START_MS + Math.max(warmUpSeconds, slowest + 1) * 1_000;
  const ends = await Promise.allSettled(sides.map((side) => runSide(side, measureAtMs)));
  return ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}

async function runSide({ side, ...load }: SideLoad, measureAtMs: number): Promise<Row> {
  // A broker logs nothing here: it would be what is measured. What is queued is lost with it.
  const broker = await Mosquitto.start({
    settings: ["log_type none", "log_type information", "connection_messages false", "autosave_interval 0"],
  });
  try {
    const settings = { ...load, measureAtMs, port: broker.port, module: LEAN.module };
    const costs = await runScript<Costs>(`fleet/${side}-script.ts`, loadArguments(settings), ["--expose-gc"]);
    return { side, perSecond: load.perSecond, ...costs };
  } finally {
    await broker.dispose();
  }
}
