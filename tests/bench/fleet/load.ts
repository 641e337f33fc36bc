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
  /**
   * What the process grows by, by its resident memory after garbage collections, for each node that comes to the first quarter of
   * them: what it takes without nodes, and what starting has left behind, is no node's.
   */
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
export const WARM_UP = { nodes: 500, seconds: 5 } as const;
const SETTLE_MS = 2_000;
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

  const first = Math.ceil(load.nodes / 4);
  const some = start({ ...load, nodes: first }, "a");
  await until(() => some.connected === first, (first / load.rate) * 1_000 + CONNECT_MS);
  await sleep(SETTLE_MS);
  const before = settledRss();

  const rest = load.nodes - first;
  const publishesBefore = some.acknowledged;
  const cpuBefore = cpuUs();
  const others = start({ ...load, nodes: rest }, "b");
  const acknowledged = (): number => some.acknowledged + others.acknowledged;
  await until(() => others.connected === rest, (rest / load.rate) * 1_000 + CONNECT_MS);
  const rampPublishes = acknowledged() - publishesBefore;
  const cpuConnected = cpuUs();

  await sleep(load.seconds * 1_000);
  const publishes = acknowledged() - publishesBefore - rampPublishes;
  const cpuUsPerPublish = (cpuUs() - cpuConnected) / publishes;
  const lost = load.nodes - some.connected - others.connected;
  if (lost > 0) throw new Error(`${lost} nodes were lost`);
  const rssBytes = settledRss();
  const costs: Costs = {
    bytesPerNode: (rssBytes - before) / rest,
    cpuUsPerPublish,
    cpuUsPerConnect: (cpuConnected - cpuBefore - rampPublishes * cpuUsPerPublish) / rest,
    publishes,
    rssBytes,
  };
  await Promise.all([some.stop(), others.stop()]);
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
