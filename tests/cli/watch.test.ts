/** A module that takes another one's place in a node that runs. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Broker, startBroker } from "../../host/broker.ts";
import { buildProject } from "../../host/build/project.ts";
import { type LoadedModule, loadModule } from "../../host/engine/module.ts";
import { V8Node } from "../../host/node/v8-node.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Command } from "../device/command.ts";
import { until } from "../host/modules.ts";

const APP = readFileSync(join(PROJECT_ROOT, "templates", "project", "assembly", "index.ts"), "utf-8");

/** The template's application, which adds so many millidegrees to what it reads. */
function offsetBy(millidegrees: number): string {
  return APP.replace("sensor.read(PROBE)", `sensor.read(PROBE) + ${millidegrees}`);
}

/** One with a state of its own, so that its layout is another. */
const OTHER_LAYOUT = offsetBy(2_000)
  .replace("export function step", "const spare = memory.data(8, 8);\nexport function step")
  .replace("return node.finish", "store<u32>(spare, nowMs);\n  return node.finish");

let root: string;
let broker: Broker;
let address: string;
let subscriber: MqttClient;
/** `status` of `sensor/n-7/status`, or the temperature, as they came. */
let received: string[];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "wasmote-watch-"));
});

afterAll(() => rmSync(root, { recursive: true }));

beforeEach(async () => {
  broker = await startBroker({ port: 0, wsPort: 0 });
  address = `mqtt://${broker.host}:${broker.port}`;
  subscriber = await mqtt.connectAsync(address);
  received = [];
  subscriber.on("message", (_topic, payload) => {
    received.push(String(payload).replace(/^\{"msg":"(.*)"\}$/, "$1"));
  });
  await subscriber.subscribeAsync("sensor/n-7/#", { qos: 1 });
});

afterEach(async () => {
  await subscriber.endAsync();
  await broker.close();
});

/** How often a node has come online since the test began. */
function arrivals(): number {
  return received.filter((each) => each === "online").length;
}

describe("swap", () => {
  let same: LoadedModule;
  let shifted: LoadedModule;
  let other: LoadedModule;
  let trapping: LoadedModule;
  let node: V8Node;

  beforeAll(async () => {
    const load = async (text: string): Promise<LoadedModule> => {
      const folder = join(root, "swap");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "index.ts"), text);
      return loadModule((await buildProject({ entry: folder, out: join(folder, "m.wasm") }, folder)).wasm);
    };
    same = await load(APP);
    shifted = await load(offsetBy(1_000));
    other = await load(OTHER_LAYOUT);
    trapping = await load(
      APP.replace("  node.begin(nowMs);", "  node.begin(nowMs);\n  if (node.isConnected()) unreachable();"),
    );
  });

  beforeEach(async () => {
    const settings = { module: "", id: "n-7", brokers: [address], sensor: "constant:10", intervalMs: 100 };
    node = new V8Node(same, settings, { restartMs: 60_000 });
    node.start();
  });

  afterEach(() => node.stop());

  const texts = (): string[] => node.logs.map(({ text }) => text);

  test("leaves connection, session and counters as they are where the layout is the same", async () => {
    await until("it publishes", () => received.includes("10.0"));
    expect(node.swap(shifted)).toBe(true);
    await until("the new code publishes", () => received.includes("11.0"));
    expect(arrivals()).toBe(1);
    expect(received).not.toContain("offline");
    expect(received.lastIndexOf("10.0")).toBeLessThan(received.indexOf("11.0"));
    expect(texts()).toContain("another module with the same layout: the image goes on");
  });

  test("starts afresh where it is another, and says so", async () => {
    await until("it publishes", () => received.includes("10.0"));
    expect(node.swap(other)).toBe(false);
    await until("the new code publishes", () => received.includes("12.0"));
    expect(arrivals()).toBe(2);
    expect(node.logs).toContainEqual({ level: "warn", text: "another module with another layout: a fresh start" });
  });

  test("starts a node at once that waits after a trap", async () => {
    await until("it publishes", () => received.includes("10.0"));
    node.swap(trapping);
    await until("it has trapped", () => texts().some((text) => text.includes("(ETRAP)")));
    const before = arrivals();
    expect(node.swap(shifted)).toBe(false);
    // Its next start of its own accord would be in a minute.
    await until("the new code publishes", () => received.includes("11.0"));
    expect(arrivals()).toBe(before + 1);
  });

  test("does nothing to a node that has ended", async () => {
    await until("it publishes", () => received.includes("10.0"));
    await node.stop();
    const lines = node.logs.length;
    expect(node.swap(shifted)).toBe(false);
    expect(node.logs).toHaveLength(lines);
  });
});

describe("`wasmote run --watch`", () => {
  let folder: string;
  let entry: string;
  let job: Command;

  beforeEach(() => {
    folder = mkdtempSync(join(root, "run-"));
    entry = join(folder, "index.ts");
    writeFileSync(entry, APP);
  });

  afterEach(() => job.kill());

  function run(module: string, ...options: string[]): Command {
    const settings = ["--id", "n-7", "--broker", address, "--sensor", "constant:10", "--interval", "100ms"];
    return new Command(["run", module, "--watch", ...settings, ...options], { cwd: folder });
  }

  test("builds, swaps, keeps what runs when the source does not compile, and starts another layout afresh", async () => {
    job = run("index.ts");
    await until("it publishes", () => received.includes("10.0"), 50_000);
    writeFileSync(entry, "export function");
    await until("it does not compile", () => /error ECOMPILE: index\.ts does not compile/.test(job.stderr), 50_000);
    await until("it says what goes on", () => job.stderr.includes("the module from before goes on"));
    const before = received.length;
    await until("the old one still publishes", () => received.length > before + 2);
    writeFileSync(entry, offsetBy(1_000));
    await until("the new one publishes", () => received.includes("11.0"), 50_000);
    expect(arrivals()).toBe(1);
    writeFileSync(entry, OTHER_LAYOUT);
    await until("the third one publishes", () => received.includes("12.0"), 50_000);
    expect(job.stderr).toContain("another module with another layout: a fresh start");
    expect(arrivals()).toBe(2);
    job.interrupt();
    expect((await job.outcome()).code).toBe(0);
    await until("it has taken its leave", () => received.at(-1) === "offline");
  });

  test.each(["v8", "wasm3"])("takes a .wasm file that changes, under %s", async (engine) => {
    const path = join(folder, "m.wasm");
    await buildProject({ entry, out: path }, folder);
    job = run("m.wasm", "--engine", engine);
    await until("it publishes", () => received.includes("10.0"), 50_000);
    writeFileSync(path, "no module");
    await until("it is refused", () => job.stderr.includes("error EMODULE: not a WebAssembly module"), 50_000);
    writeFileSync(entry, offsetBy(1_000));
    await buildProject({ entry, out: path }, folder);
    await until("the new one publishes", () => received.includes("11.0"), 50_000);
    expect(arrivals()).toBe(engine === "v8" ? 1 : 2);
    job.interrupt();
    expect((await job.outcome()).code).toBe(0);
  });
});
