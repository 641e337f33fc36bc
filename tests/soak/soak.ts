/**
 * Nodes on both engines at a real Mosquitto, all of which are killed at random, again and again; then peace, until everything
 * that the nodes hold is delivered; then the account.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";
import { seededRandom } from "../integration/chance.ts";
import { Mosquitto } from "../integration/mosquitto.ts";
import { compileVariant, V3, V5, type Version } from "../integration/nodes.ts";
import { type Observed, Observer } from "../integration/observer.ts";
import { FaultyProxy } from "../integration/proxy.ts";
import { describePacket, isPublish } from "../integration/wire.ts";
import { type Account, type BrokerKill, sequenceOf, settle } from "./ledger.ts";
import { NodeProcess } from "./node-process.ts";

export interface SoakOptions {
  readonly seed: number;
  /** Whether to go on killing, after so many kills. */
  readonly isOver: (kills: number) => boolean;
  readonly nodes: readonly NodeKind[];
  /** Called after each kill and while it waits for the end, with what there is to say. */
  readonly onProgress?: (text: string) => void;
}

export interface NodeKind {
  readonly engine: "v8" | "wasm3";
  readonly version: Version;
  readonly qos: 1 | 2;
  /** Readings that the node keeps while the broker is away. */
  readonly queue: number;
}

export interface SoakResult {
  readonly brokerKills: number;
  readonly nodeKills: number;
  /** How often a node went on from a checkpoint. */
  readonly resumed: number;
  /** How often the broker told a node that it has no session of it. */
  readonly sessionsLost: number;
  readonly nodes: readonly (Account & { readonly id: string; readonly kind: NodeKind })[];
  /** The folder with what each node said and what passed on its wire, if something is wrong. */
  readonly evidence: string | undefined;
}

/** Every engine with every QoS and version, and with a queue that an outage fills. */
export const ALL_KINDS: readonly NodeKind[] = [
  ...(["v8", "wasm3"] as const).flatMap((engine) =>
    ([1, 2] as const).map((qos) => ({ engine, qos, version: qos === 1 ? V3 : V5, queue: 128 })),
  ),
  { engine: "wasm3", qos: 2, version: V3, queue: 128 },
  { engine: "wasm3", qos: 1, version: V5, queue: 128 },
  { engine: "v8", qos: 2, version: V3, queue: 4 },
  { engine: "wasm3", qos: 1, version: V3, queue: 4 },
];

const INTERVAL_MS = 200;
/** Between two kills. */
const PAUSE_MS = { least: 300, most: 4_000 };
/** Of a kill, that the broker is it, and not a node. */
const BROKER_SHARE = 0.3;
/** How long the broker stays away, so that some nodes' queues fill. */
const AWAY_MS = { least: 100, most: 2_500 };
/** Readings of each node that must be delivered once nothing is killed any more. */
const LAST_READINGS = 10;
const PEACE_MS = 300_000;
const SAVES_ALL = ["autosave_on_changes true", "autosave_interval 1", "max_inflight_messages 1000"];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A node with the proxy that it reaches the broker through. */
interface Member {
  readonly kind: NodeKind;
  readonly topic: string;
  readonly proxy: FaultyProxy;
  readonly node: NodeProcess;
}

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const folder = mkdtempSync(join(tmpdir(), "wasmote-soak-"));
  const broker = await Mosquitto.start({ settings: SAVES_ALL });
  const members: Member[] = [];
  let observer: Observer | undefined;
  try {
    observer = await Observer.connect(broker.port, { filter: "sensor/+/temperature", qos: 2, persistent: true });
    for (const [index, kind] of options.nodes.entries()) members.push(await addMember(broker, folder, index, kind));
    const kills = await killAtRandom(options, broker, members);
    options.onProgress?.("nothing is killed any more: waiting until all is delivered");
    const { messages } = observer;
    const lasts = await Promise.all(members.map((member) => awaitPeace(member, messages)));
    for (const { node } of members) await node.stop();
    await catchUp(observer);
    const nodes = settleAll(members, lasts, observer, kills);
    const isWrong = nodes.some(({ violations }) => violations.length > 0);
    return { ...totalsOf(members, kills), nodes, evidence: isWrong ? keepEvidence(members, options.seed) : undefined };
  } finally {
    for (const { node, proxy } of members) {
      await node.kill();
      await proxy.close();
    }
    await observer?.end();
    await broker.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function addMember(broker: Mosquitto, folder: string, index: number, kind: NodeKind): Promise<Member> {
  const { engine, version, qos, queue } = kind;
  const use = ["NODE_PERSISTENT=1", "NODE_PAYLOAD=2", "NODE_CHECKPOINT=2", `NODE_QOS=${qos}`, `NODE_QUEUE=${queue}`];
  const module = await compileVariant("temperature", ...version.use, ...use, ...(queue < 8 ? ["NODE_WINDOW=2"] : []));
  const proxy = await FaultyProxy.start(broker.port);
  const id = `${engine}-${index}`;
  const image = join(folder, `${id}.image`);
  const node = new NodeProcess({ engine, module, id, port: proxy.port, image, intervalMs: INTERVAL_MS });
  node.start();
  return { kind, topic: `sensor/${id}/temperature`, proxy, node };
}

/** Returns when the broker was killed. */
async function killAtRandom(
  options: SoakOptions,
  broker: Mosquitto,
  members: readonly Member[],
): Promise<BrokerKill[]> {
  const random = seededRandom(options.seed);
  const between = ({ least, most }: { least: number; most: number }): number => least + random() * (most - least);
  const brokerKills: BrokerKill[] = [];
  // A session that the broker has never written to its disk is not what is asked here.
  await Promise.all(members.map(({ proxy, topic }) => published(proxy, topic, LAST_READINGS)));
  for (let kills = 0; !options.isOver(kills); kills++) {
    await pause(between(PAUSE_MS));
    const victim = members[Math.floor(random() * members.length)];
    if (random() < BROKER_SHARE || victim === undefined) {
      const signalMs = performance.now();
      await broker.kill();
      await pause(between(AWAY_MS));
      brokerKills.push({ signalMs, overMs: performance.now() });
      await broker.start();
    } else {
      await victim.node.kill();
      victim.node.start();
    }
    const nodeKills = members.reduce((sum, { node }) => sum + node.kills, 0);
    options.onProgress?.(`broker killed ${brokerKills.length} times, nodes ${nodeKills} times`);
  }
  return brokerKills;
}

/** Resolves once so many readings are on the wire. */
async function published(proxy: FaultyProxy, topic: string, count: number, from = 0): Promise<void> {
  const search = { from, withinMs: PEACE_MS };
  await proxy.packets.all(count, `readings on ${topic}`, (entry) => entry.topic === topic, search);
}

/**
 * Resolves once a reading that a node took in peace has arrived at the observer, and some more: in order, all before it are
 * acknowledged. Returns its number.
 */
async function awaitPeace({ proxy, topic }: Member, arrived: Observer["messages"]): Promise<number> {
  const last = Math.max(-1, ...readingsOn(proxy, topic)) + LAST_READINGS;
  const isBehind = (message: Observed): boolean =>
    message.topic === topic && sequenceOf(message.payload) >= last + LAST_READINGS;
  await arrived.first(`reading ${last + LAST_READINGS} on ${topic}`, isBehind, { withinMs: PEACE_MS });
  return last;
}

/** Resolves when whatever the broker had taken before has arrived. */
async function catchUp(observer: Observer): Promise<void> {
  const topic = "sensor/nobody/temperature";
  await observer.publish(topic, "");
  await observer.on(topic, { withinMs: PEACE_MS });
}

function readingsOn(proxy: FaultyProxy, topic: string): number[] {
  return proxy.packets.entries
    .filter((entry) => entry.topic === topic)
    .map(({ packet }) => (isPublish(packet) ? sequenceOf(packet.payload) : -1));
}

function totalsOf(
  members: readonly Member[],
  brokerKills: readonly BrokerKill[],
): Omit<SoakResult, "nodes" | "evidence"> {
  const sum = (of: (member: Member) => number): number => members.reduce((total, member) => total + of(member), 0);
  return {
    brokerKills: brokerKills.length,
    nodeKills: sum(({ node }) => node.kills),
    resumed: sum(({ node }) => node.lines("goes on from checkpoint").length),
    sessionsLost: sum(({ proxy }) => Math.max(0, sessionsBegun(proxy) - 1)),
  };
}

function settleAll(
  members: readonly Member[],
  lasts: readonly number[],
  observer: Observer,
  brokerKills: readonly BrokerKill[],
): SoakResult["nodes"] {
  return members.map(({ kind, topic, proxy, node }, index) => ({
    id: node.id,
    kind,
    ...settle({
      topic,
      qos: kind.qos,
      packets: proxy.packets.entries,
      arrivals: observer.messages.entries
        .filter((message) => message.topic === topic && !message.retain)
        .map(({ payload, atMs }) => ({ seq: sequenceOf(payload), atMs })),
      brokerKills,
      dropsMs: node.lines("readings dropped: ").map(({ atMs }) => atMs),
      last: lasts[index] ?? -1,
    }),
  }));
}

/** Writes what each node said, and what passed on its wire, in the order of their times. */
function keepEvidence(members: readonly Member[], seed: number): string {
  const folder = join(PROJECT_ROOT, "build", "soak", String(seed));
  mkdirSync(folder, { recursive: true });
  for (const { node, proxy } of members) {
    const said = node.log.entries.map(({ atMs, text }) => ({ atMs, text: `says: ${text}` }));
    const passed = proxy.packets.entries.map(({ atMs, connection, from, packet }) => {
      return { atMs, text: `#${connection} ${from}: ${describePacket(packet)}` };
    });
    const lines = [...said, ...passed].sort((a, b) => a.atMs - b.atMs);
    writeFileSync(
      join(folder, `${node.id}.log`),
      lines.map(({ atMs, text }) => `${atMs.toFixed(1)} ${text}\n`).join(""),
    );
  }
  return folder;
}

/** CONNACKs that say that there was no session, where one that lasts was asked for. */
function sessionsBegun({ packets }: FaultyProxy): number {
  const clearing = new Set<number>();
  return packets.count(({ connection, packet }) => {
    if (packet.cmd === "connect" && packet.clean && packet.protocolVersion === 4) clearing.add(connection);
    return packet.cmd === "connack" && !packet.sessionPresent && !clearing.has(connection);
  });
}
