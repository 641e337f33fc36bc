import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, CONNACK_SESSION_PRESENT, DISCONNECT, hex, puback, raw, str } from "./harness/bytes.ts";
import { loadApp, loadTemperature } from "./harness/modules.ts";
import { ENDED, TestNode } from "./harness/node.ts";

const INTERVAL_MS = 60_000;
const EPIPE = -11;
const ECONNREFUSED = -9;

let module: LoadedModule;
let impatient: LoadedModule;
let durable: LoadedModule;
let commands: LoadedModule;
beforeAll(async () => {
  module = await loadTemperature("NODE_SLEEP=1", "NODE_INTERVAL_MS=60000", "NODE_AWAKE_S=20");
  impatient = await loadTemperature("NODE_SLEEP=1", "NODE_INTERVAL_MS=60000", "NODE_AWAKE_S=8");
  durable = await loadTemperature("NODE_SLEEP=1", "NODE_INTERVAL_MS=60000", "NODE_CHECKPOINT=1");
  commands = await loadApp(
    "examples/commands/index.ts",
    ["NODE_SLEEP=1", "NODE_INTERVAL_MS=60000", "NODE_PERSISTENT=1"],
    "examples/commands/asconfig.json",
  );
});

const status = (text: string): string =>
  hex("31", Buffer.of(17 + text.length).toString("hex"), str("sensor/7/status"), raw(text));
const ASLEEP = status("asleep");
const OFFLINE = status("offline");

/** Awake, connected, its reading sent. */
function awake(of = module): TestNode {
  const node = new TestNode(of).dial().receive(CONNACK);
  node.sent();
  return node;
}

/** The broker closes the link, as it does after DISCONNECT. */
const closed = (node: TestNode): TestNode => node.close(EPIPE);

describe("a node that sleeps between readings", () => {
  test("stays awake until its reading is acknowledged, then says asleep and DISCONNECT, which keeps its will back", () => {
    const node = awake().run(5000);
    expect(node.packets()).toEqual([]);
    node.receive(puback("0080")).step();
    expect(node.packets()).toEqual([ASLEEP, DISCONNECT]);
    expect(node.sleepMs).toBe(0);
  });

  test("sleeps when the broker has closed the link: then it has read the good-bye", () => {
    const node = awake().run(5000).receive(puback("0080")).step();
    closed(node);
    expect({ sleepMs: node.sleepMs, linked: node.linked }).toEqual({ sleepMs: INTERVAL_MS - 5000, linked: false });
  });

  test("sleeps after a second though the broker leaves the link open", () => {
    const node = awake().receive(puback("0080")).step();
    node.step(999);
    expect(node.sleepMs).toBe(0);
    node.step(1);
    expect({ sleepMs: node.sleepMs, linked: node.linked }).toEqual({ sleepMs: INTERVAL_MS - 1000, linked: false });
  });

  test("wakes for its next reading, on whatever clock, connects at once and sleeps again", () => {
    const node = closed(awake().receive(puback("0080")).step());
    let sleepMs = node.sleepMs;
    for (let n = 1; n < 5; n++) {
      node
        .sensor(n * 1000)
        .resume(n * 17, sleepMs)
        .step();
      expect(node.board.link).toBe("connecting");
      node.open().sent();
      node.receive(CONNACK);
      expect(node.packets().at(-1)).toContain(raw(`{"msg":"${n}.0"}`));
      node.receive(puback(`0${n}80`)).step();
      sleepMs = closed(node).sleepMs;
      expect(sleepMs).toBe(INTERVAL_MS);
    }
  });

  test("gives up after its time awake if nobody answers, keeps the reading, and sends both the next time", () => {
    const node = new TestNode(module).step();
    node.close(ECONNREFUSED);
    node.run(19_999);
    expect(node.sleepMs).toBe(0);
    for (let guard = 0; node.sleepMs === 0 && guard < 100; guard++) {
      if (node.linked) node.close(ECONNREFUSED);
      else node.step(Math.min(node.waitMs, 10));
    }
    expect(node.sleepMs).toBeGreaterThan(30_000);
    node.sensor(5000).resume(0, node.sleepMs).dial().receive(CONNACK);
    expect(node.packets().filter((packet) => packet.includes(raw("msg")))).toHaveLength(2);
  });

  test("says good-bye before it gives up on a broker that does not acknowledge", () => {
    const node = awake(impatient).run(7_999);
    expect(node.packets()).toEqual([]);
    node.run(1_001);
    expect(node.packets()).toEqual([ASLEEP, DISCONNECT]);
    expect(closed(node).sleepMs).toBe(INTERVAL_MS - 9_000);
  });

  test("has what it delivered out of its newest checkpoint when it falls asleep", () => {
    const node = new TestNode(durable, { keepsImages: true }).dial().receive(CONNACK);
    expect(node.checkpoints).toBe(1);
    node.receive(puback("0080")).step();
    closed(node);
    expect({ checkpoints: node.checkpoints, asleep: node.sleepMs > 0 }).toEqual({ checkpoints: 2, asleep: true });
    node.sensor(3000).powerCut(0).dial().receive(CONNACK);
    expect(node.packets().filter((packet) => packet.includes(raw('{"msg":"17.2"}')))).toEqual([]);
  });

  test("stays awake where the next reading is near", () => {
    const node = new TestNode(module, { config: { interval: "4000" } }).dial().receive(CONNACK);
    for (let n = 0; n < 10; n++) node.run(4000).acknowledge();
    expect({ sleepMs: node.sleepMs, linked: node.linked }).toEqual({ sleepMs: 0, linked: true });
  });

  test("waits offline for its next reading on a board that can't sleep", () => {
    const node = closed(awake().receive(puback("0080")).step());
    node.run(INTERVAL_MS - 1);
    expect(node.linked).toBe(false);
    node.run(1);
    expect(node.board.link).toBe("connecting");
  });

  test("a stop during its good-bye is the end", () => {
    const node = awake().receive(puback("0080")).step().stop();
    node.run(3000);
    expect({ waitMs: node.waitMs, sleepMs: node.sleepMs }).toEqual({ waitMs: ENDED, sleepMs: 0 });
    expect(node.packets()).toEqual([ASLEEP, DISCONNECT]);
  });

  test("a stop before that says offline", () => {
    const node = awake().stop().run(3000);
    expect(node.packets()).toEqual([OFFLINE, DISCONNECT]);
    expect(node.waitMs).toBe(ENDED);
  });

  test("stays for half a second for the messages that the broker has kept for it", () => {
    const node = closed(awake(commands).receive("9003010001").receive("9003020001").receive(puback("0080")).run(600));
    expect(node.sleepMs).toBeGreaterThan(0);
    node.resume(9, node.sleepMs).step().open().receive(CONNACK_SESSION_PRESENT);
    node.acknowledge();
    node.sent();
    node.step(400);
    expect(node.packets()).toEqual([]);
    node.run(200);
    expect(node.packets().at(-1)).toBe(DISCONNECT);
  });
});
