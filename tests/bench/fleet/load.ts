/** What both sides of the comparison do, and what each tells of it. */

/** Arguments of a side's process, in this order. */
export interface Load {
  readonly nodes: number;
  /** Nodes that start in a second. */
  readonly rate: number;
  readonly intervalMs: number;
  /** How long publishing is measured when all are connected. */
  readonly seconds: number;
  readonly port: number;
  /** For nodes: the module. */
  readonly module: string;
}

export interface Costs {
  /** What the process grew by, by its resident memory after a garbage collection, for each connected node. */
  readonly bytesPerNode: number;
  /** Of its CPU time, kernel included, for each publish of QoS 1 and its acknowledgement. */
  readonly cpuUsPerPublish: number;
  /** For each connection, its CONNECT, CONNACK and `online`. */
  readonly cpuUsPerConnect: number;
  readonly publishes: number;
  /** All that the process has in memory. */
  readonly rssBytes: number;
}

export const TOPIC_PREFIX = "sensor/";
export const PAYLOAD = '{"msg":"17.2"}';
export const KEEP_ALIVE_S = 60;
/** These run before anything is measured, so that the engine has compiled what is hot. */
export const WARM_UP = { nodes: 500, seconds: 6 } as const;
/** What a machine that is busy may take for connections beyond their rate. */
const CONNECT_MS = 120_000;

export function parseLoad([nodes, rate, intervalMs, seconds, port, module = ""]: readonly string[]): Load {
  return {
    nodes: Number(nodes),
    rate: Number(rate),
    intervalMs: Number(intervalMs),
    seconds: Number(seconds),
    port: Number(port),
    module,
  };
}

export function loadArguments({ nodes, rate, intervalMs, seconds, port, module }: Load): string[] {
  return [nodes, rate, intervalMs, seconds, port, module].map(String);
}

/** Clients that run. */
export interface Running {
  readonly connected: number;
  /** Acknowledged publishes of QoS 1. */
  readonly acknowledged: number;
  stop(): Promise<void>;
}

/** Runs the load and prints `Costs` as JSON. `start`: makes the clients, whose ids begin with `prefix`, and starts them. */
export async function measure(load: Load, start: (load: Load, prefix: string) => Running): Promise<void> {
  const warm = start({ ...load, nodes: WARM_UP.nodes, intervalMs: 100 }, "w");
  await sleep(WARM_UP.seconds * 1_000);
  await warm.stop();

  const before = settledRss();
  const cpuBefore = cpuUs();
  const running = start(load, "n");
  await until(() => running.connected === load.nodes, (load.nodes / load.rate) * 1_000 + CONNECT_MS);
  const rampPublishes = running.acknowledged;
  const cpuConnected = cpuUs();

  await sleep(load.seconds * 1_000);
  const publishes = running.acknowledged - rampPublishes;
  const cpuUsPerPublish = (cpuUs() - cpuConnected) / publishes;
  if (running.connected !== load.nodes) throw new Error(`${load.nodes - running.connected} nodes were lost`);
  const rssBytes = settledRss();
  const costs: Costs = {
    bytesPerNode: (rssBytes - before) / load.nodes,
    cpuUsPerPublish,
    cpuUsPerConnect: (cpuConnected - cpuBefore - rampPublishes * cpuUsPerPublish) / load.nodes,
    publishes,
    rssBytes,
  };
  await running.stop();
  process.stdout.write(`${JSON.stringify(costs)}\n`, () => process.exit(0));
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function settledRss(): number {
  if (globalThis.gc === undefined) throw new Error("start it with --expose-gc");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage.rss();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(holds: () => boolean, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error("not all nodes could connect");
    await sleep(20);
  }
}
