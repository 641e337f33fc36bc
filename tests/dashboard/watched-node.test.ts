import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Broker, startBroker } from "../../host/broker.ts";
import type { LogEntry, NodeReport } from "../../host/dashboard/protocol.ts";
import type { WatchedNodeSettings } from "../../host/dashboard/watched-node.ts";
import { WatchedNodes } from "../../host/dashboard/watched-nodes.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { compileModule, until } from "../host/modules.ts";

let broker: Broker;
let nodes: WatchedNodes;
let client: MqttClient;
/** What the host has published of its nodes. */
let news: { topic: string; payload: string }[];

beforeEach(async () => {
  broker = await startBroker({ port: 0, wsPort: 0 });
  news = [];
  nodes = new WatchedNodes({ publish: (topic, payload) => news.push({ topic, payload }), logged: () => {} });
  client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
});

afterEach(async () => {
  await nodes.stop();
  client.end(true);
  await broker.close();
});

async function start(example: string, options: Partial<WatchedNodeSettings> = {}): Promise<void> {
  const settings: WatchedNodeSettings = {
    engine: "v8",
    module: join(PROJECT_ROOT, "build", `${example}.wasm`),
    id: "7",
    brokers: [`mqtt://127.0.0.1:${broker.port}`],
    intervalMs: 100,
    ...options,
  };
  await nodes.start([settings]);
}

const report = (): NodeReport => nodes.node("7").report();

async function reported(what: string, holds: (report: NodeReport) => boolean): Promise<NodeReport> {
  await until(what, () => holds(report()), 30_000);
  return report();
}

test("a node is online, and what it takes is acknowledged", async () => {
  await start("temperature");
  const { taken, settled, queued, sentBytes, receivedBytes } = await reported(
    "five readings are acknowledged",
    (each) => each.phase === "online" && (each.settled ?? 0) >= 5,
  );
  expect(taken).toBeGreaterThanOrEqual(settled ?? 0);
  expect(queued).toBe((taken ?? 0) - (settled ?? 0));
  // A reading of this node with a short id takes 40 bytes or so, and its PUBACK takes 4.
  expect(sentBytes).toBeGreaterThan(5 * 30);
  expect(receivedBytes).toBeGreaterThanOrEqual(4 + 5 * 4);
});

test("a node whose network is cut queues, drops when its queue is full, and delivers what is left", async () => {
  const wills: string[] = [];
  client.on("message", (topic, payload) => wills.push(`${topic} ${payload}`));
  await client.subscribeAsync("sensor/7/status", { qos: 1 });
  await start("temperature");
  await reported("it is online", ({ phase }) => phase === "online");
  await nodes.act("7", "cut");
  await until("its will arrives", () => wills.at(-1) === "sensor/7/status offline");
  expect(report()).toMatchObject({ isCut: true });
  const full = await reported("it drops", ({ dropped }) => dropped >= 2);
  // The table of options: NODE_QUEUE is 32.
  expect(full.queued).toBe(32);
  expect(["back-off", "connecting"]).toContain(full.phase);
  const { dropped, taken } = full;
  await nodes.act("7", "restore");
  const back = await reported("it has delivered all", ({ phase, queued }) => phase === "online" && (queued ?? 9) <= 1);
  expect(back.isCut).toBe(false);
  expect(back.dropped).toBeGreaterThanOrEqual(dropped);
  expect((back.settled ?? 0) + back.dropped).toBeGreaterThanOrEqual((taken ?? 0) - 1);
  expect((back.settled ?? 0) + back.dropped + (back.queued ?? 0)).toBe(back.taken);
});

test("a node whose power is cut is off, and begins afresh", async () => {
  await start("temperature");
  await reported("it has delivered", ({ settled }) => (settled ?? 0) >= 3);
  expect(await nodes.act("7", "kill")).toMatchObject({ phase: "off" });
  expect(await nodes.act("7", "kill")).toMatchObject({ phase: "off" });
  await Promise.all([nodes.act("7", "start"), nodes.act("7", "start")]);
  const { taken } = await reported("it is online", ({ phase }) => phase === "online");
  expect(taken).toBeLessThanOrEqual(3);
});

test("a network stays cut while the power is away", async () => {
  await start("temperature");
  await reported("it is online", ({ phase }) => phase === "online");
  await nodes.act("7", "cut");
  await nodes.act("7", "kill");
  await nodes.act("7", "start");
  const { log } = nodes.node("7");
  const from = log.length;
  await until("it can't connect", () => log.slice(from).some(({ text }) => text.startsWith("link closed: -16")));
  expect(report().phase).not.toBe("online");
});

test("a node that sleeps between its readings is asleep, and keeps its counts", async () => {
  // It does not sleep for less than 5 s.
  await start("battery", { intervalMs: 6_000 });
  await reported("it sleeps", ({ phase }) => phase === "asleep");
  const before = report();
  expect(before.taken).toBeGreaterThanOrEqual(1);
  const after = await reported("it has slept again", ({ taken, phase }) => phase === "asleep" && (taken ?? 0) >= 2);
  expect(after.settled).toBeGreaterThanOrEqual(before.settled ?? 0);
});

test("a node that traps is trapped until it starts again, on a fresh image", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wasmote-watched-"));
  const module = join(folder, "lifecycle.wasm");
  writeFileSync(module, await compileModule("lifecycle"));
  // Mode "t" of this module: its first step traps.
  await start("temperature", { module, config: { m: "t" } });
  const { traps } = await reported("it has trapped", ({ phase }) => phase === "trapped");
  expect(traps).toBeGreaterThanOrEqual(1);
  const again = await reported("it has trapped again", (each) => each.traps > traps);
  expect(again.module).toBe("lifecycle");
  expect(nodes.node("7").log.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^trap in step\(\): .*starting again/),
  );
  rmSync(folder, { recursive: true });
});

test("only a node that takes commands says so", async () => {
  await start("commands");
  await reported("it takes commands", ({ takesCommands }) => takesCommands === true);
  await start("temperature", { id: "8" });
  await until("the other is online", () => nodes.node("8").report().phase === "online");
  expect(nodes.node("8").report().takesCommands).toBe(false);
});

test("an application that reads no sensor has no queue that can be told", async () => {
  await start("quickstart");
  const { queued } = await reported("it has delivered", ({ settled }) => (settled ?? 0) >= 3);
  expect(queued).toBeNull();
});

test("under wasm3 the log tells the state, and what it does not tell is not made up", async () => {
  await start("temperature", { engine: "wasm3" });
  const { queued, taken, uncuttable } = await reported("it is online", ({ phase }) => phase === "online");
  expect([queued, taken]).toEqual([null, null]);
  expect(uncuttable).toContain("wasm3");
  await expect(nodes.act("7", "cut")).rejects.toMatchObject({ code: "ENOTSUP" });
  const port = broker.port;
  await broker.close();
  await reported("its link is lost", ({ phase }) => phase === "back-off");
  broker = await startBroker({ port, wsPort: 0 });
  await reported("it is online again", ({ phase }) => phase === "online");
  await nodes.act("7", "kill");
  await reported("it is off", ({ phase }) => phase === "off");
});

test("news of many nodes come in few messages, and end with what holds", async () => {
  for (let id = 1; id <= 30; id++) await start("temperature", { id: String(id) });
  const latest = new Map<string, NodeReport>();
  const read = (): void => {
    for (const { payload } of news.splice(0).filter(({ topic }) => topic === "$wasmote/nodes")) {
      const reports = JSON.parse(payload) as NodeReport[];
      expect(new Set(reports.map(({ id }) => id)).size).toBe(reports.length);
      for (const each of reports) {
        expect(each.revision).toBeGreaterThan(latest.get(each.id)?.revision ?? -1);
        latest.set(each.id, each);
      }
    }
  };
  await until(
    "all are known to be online",
    () => {
      read();
      return latest.size === 30 && [...latest.values()].every(({ phase }) => phase === "online");
    },
    30_000,
  );
});

test("what a node says is told on its topic, with its number in words", async () => {
  await start("temperature");
  await reported("it is online", ({ phase }) => phase === "online");
  await nodes.act("7", "cut");
  const lines = (): LogEntry[] =>
    news.filter(({ topic }) => topic === "$wasmote/log/7").map(({ payload }) => JSON.parse(payload) as LogEntry);
  await until("it says that its link is gone", () => lines().some(({ text }) => text.startsWith("link closed")));
  expect(lines().map(({ text }) => text)).toContain("link closed: -16 (the board's own network is down)");
  expect(nodes.node("7").log).toEqual(lines());
});

test("there is no node of another id", async () => {
  await expect(nodes.act("8", "cut")).rejects.toMatchObject({ code: "ENODE" });
});
