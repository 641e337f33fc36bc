/** What both sides of the comparison do, each in a process of its own, and what each tells of it. */

import { collectGarbage, type Memory, settledMemory } from "./memory.ts";

/** Arguments of a side's process, in this order. */
export interface Load {
  readonly nodes: number;
  /**
   * Nodes that start in a second. Each publishes from its start on, so publishes are spread evenly if `perSecond` is this or a
   * multiple of it.
   */
  readonly rate: number;
  /** Publishes of all nodes in a second. */
  readonly perSecond: number;
  /** When publishing begins to be measured, milliseconds since 1970, or as soon after it as all are connected. */
  readonly measureAtMs: number;
  /** For how long. */
  readonly seconds: number;
  readonly port: number;
  /** For nodes: the module. */
  readonly module: string;
}

export interface Costs extends Memory {
  readonly nodes: number;
  /** CPU time of the process, kernel included, for each publish of QoS 1 and its acknowledgement. */
  readonly cpuUsPerPublish: number;
  /** For each connection, its CONNECT, CONNACK and `online`. */
  readonly cpuUsPerConnect: number;
  readonly publishes: number;
  /** When publishing was measured, milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

export const TOPIC_PREFIX = "sensor/";
export const PAYLOAD = '{"msg":"17.2"}';
export const KEEP_ALIVE_S = 60;
/** What a machine that is busy may take for connections beyond their rate. */
const CONNECT_MS = 60_000;

export function parseLoad([nodes, rate, perSecond, measureAtMs, seconds, port, module = ""]: readonly string[]): Load {
  return {
    nodes: Number(nodes),
    rate: Number(rate),
    perSecond: Number(perSecond),
    measureAtMs: Number(measureAtMs),
    seconds: Number(seconds),
    port: Number(port),
    module,
  };
}

export function loadArguments({ nodes, rate, perSecond, measureAtMs, seconds, port, module }: Load): string[] {
  return [nodes, rate, perSecond, measureAtMs, seconds, port, module].map(String);
}

/** Of one node or client. */
export function intervalOf({ nodes, perSecond }: Load): number {
  return Math.round((nodes * 1_000) / perSecond);
}

/** Clients that run. */
export interface Running {
  readonly connected: number;
  /** Acknowledged publishes of QoS 1. */
  readonly acknowledged: number;
}

/** Runs the load, prints `Costs` as JSON and ends the process. `start` makes the clients and starts them. */
export async function measure(load: Load, start: (load: Load) => Running): Promise<void> {
  const { nodes, rate, measureAtMs, seconds } = load;
  const cpuStarted = cpuUs();
  const clients = start(load);
  const untilMs = performance.now() + (nodes / rate) * 1_000 + CONNECT_MS;
  while (clients.connected < nodes) {
    if (performance.now() > untilMs) throw new Error(`${clients.connected} of ${nodes} connected`);
    await sleep(20);
  }
  const rampPublishes = clients.acknowledged;
  const cpuConnected = cpuUs();

  // What connecting has left behind is not collected at the expense of publishing.
  collectGarbage();
  await sleep(measureAtMs - Date.now());
  const fromMs = Date.now();
  const publishesBefore = clients.acknowledged;
  const cpuBefore = cpuUs();
  await sleep(seconds * 1_000);
  const publishes = clients.acknowledged - publishesBefore;
  const cpuUsPerPublish = (cpuUs() - cpuBefore) / publishes;
  const toMs = Date.now();
  if (clients.connected < nodes) throw new Error(`${nodes - clients.connected} of ${nodes} lost their connection`);

  const costs: Costs = {
    nodes,
    cpuUsPerPublish,
    cpuUsPerConnect: (cpuConnected - cpuStarted - rampPublishes * cpuUsPerPublish) / nodes,
    publishes,
    fromMs,
    toMs,
    ...(await settledMemory()),
  };
  // Connections go with the process, and the broker ends next.
  process.stdout.write(`${JSON.stringify(costs)}\n`, () => process.exit(0));
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
