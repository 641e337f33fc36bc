import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, CONNACK_SESSION_PRESENT, hex, packet, puback, raw, str } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { ENDED, TestNode } from "./harness/node.ts";

let never: LoadedModule;
let offline: LoadedModule;
let handover: LoadedModule;
let twice: LoadedModule;
beforeAll(async () => {
  never = await loadTemperature();
  offline = await loadTemperature("NODE_CHECKPOINT=1", "NODE_STATUS=0");
  handover = await loadTemperature("NODE_CHECKPOINT=2", "NODE_PERSISTENT=1", "NODE_STATUS=0");
  twice = await loadTemperature("NODE_CHECKPOINT=2", "NODE_PERSISTENT=1", "NODE_STATUS=0", "NODE_QOS=2");
});

const start = (module: LoadedModule): TestNode => new TestNode(module, { keepsImages: true });

/** A reading as it is sent under QoS 1, by the two bytes of its identifier. */
function reading(identifier: string, degrees: string, dup = false): string {
  return packet(dup ? 0x3a : 0x32, str("sensor/7/temperature"), identifier, raw(`{"msg":"${degrees}"}`));
}

/** Checkpoints since the last look. */
function checkpoints(node: TestNode): number {
  const { checkpoints } = node;
  node.checkpoints = 0;
  return checkpoints;
}

/** The temperatures of everything that was sent since the last look. */
function temperatures(node: TestNode): (string | undefined)[] {
  return node
    .packets()
    .map(
      (packet) =>
        Buffer.from(packet, "hex")
          .toString("latin1")
          .match(/"msg":"([-\d.]+)"/)?.[1],
    )
    .filter((each) => each !== undefined);
}

describe("a node without checkpoints", () => {
  test("asks for none, whatever happens", () => {
    const node = start(never).step().step(1000).step(1000);
    node.online().step(1000).receive(puback("0080")).stop().run(3000);
    expect(checkpoints(node)).toBe(0);
  });
});

describe("a node that keeps what it queues while offline", () => {
  test("writes its image for each reading that it takes offline, and no more often", () => {
    const node = start(offline).step();
    expect(checkpoints(node)).toBe(1);
    for (let n = 0; n < 5; n++) {
      node.step(1000);
      expect(checkpoints(node)).toBe(1);
      node.step().step();
      expect(checkpoints(node)).toBe(0);
    }
  });

  test("writes nothing while it is online, but once when it has delivered what it had written", () => {
    const node = start(offline).step().step(1000).step(300).dial();
    checkpoints(node);
    node.receive(CONNACK);
    expect(checkpoints(node)).toBe(0);
    while (node.acknowledge().length > 0) node.settle();
    expect(checkpoints(node)).toBe(1);
    for (let n = 0; n < 200; n++) {
      node.run(100).acknowledge();
      expect(checkpoints(node)).toBe(0);
    }
  });

  test("delivers after a power cut what it had taken before, once and in order", () => {
    const node = start(offline);
    for (let n = 1; n <= 6; n++) node.sensor(n * 1000).step(1000);
    node.sensor(7000).powerCut(5).dial().receive(CONNACK);
    expect(temperatures(node)).toEqual(["1.0", "2.0", "3.0", "4.0", "5.0", "6.0"]);
    node.run(1000);
    expect(temperatures(node)).toEqual(["7.0"]);
  });

  test("writes its image too for a reading that takes the place of the oldest one", async () => {
    const small = await loadTemperature("NODE_CHECKPOINT=1", "NODE_STATUS=0", "NODE_QUEUE=4");
    const node = start(small);
    for (let n = 1; n <= 7; n++) {
      node.sensor(n * 1000).step(n === 1 ? 0 : 1000);
      expect(checkpoints(node)).toBe(1);
    }
    node.powerCut(5).dial().receive(CONNACK);
    expect(temperatures(node)).toEqual(["4.0", "5.0", "6.0", "7.0"]);
  });

  test("sends nothing twice after a power cut that comes when all was delivered", () => {
    const node = start(offline);
    for (let n = 1; n <= 3; n++) node.sensor(n * 1000).step(1000);
    node.dial().receive(CONNACK);
    while (node.acknowledge().length > 0) node.settle();
    node.sensor(9000).powerCut(1_000_000).dial().receive(CONNACK).run(1000);
    expect(temperatures(node)).toEqual(["9.0"]);
  });

  test("goes on as ever on a board that keeps no images", () => {
    const node = new TestNode(offline).step().step(1000).dial().receive(CONNACK);
    expect({ sent: temperatures(node), checkpoints: node.checkpoints, logs: node.logs() }).toMatchObject({
      sent: ["17.2", "17.2"],
      checkpoints: 0,
    });
  });
});

describe("MQTT 3.1.1: a node that writes its image ahead", () => {
  test("sends a reading in the step after the one that made it durable", () => {
    const node = start(handover).online().step(100);
    while (node.acknowledge().length > 0) node.settle();
    checkpoints(node);
    node.sent();
    node.step(node.waitMs);
    expect({ sent: node.packets(), checkpoints: checkpoints(node), waitMs: node.waitMs }).toEqual({
      sent: [],
      checkpoints: 1,
      waitMs: 0,
    });
    node.step();
    expect({ sent: temperatures(node), checkpoints: checkpoints(node) }).toEqual({ sent: ["17.2"], checkpoints: 0 });
  });

  test("writes once a reading under QoS 1, and under QoS 2 once more before PUBREL", () => {
    const one = start(handover).online();
    one.settle().acknowledge();
    checkpoints(one);
    for (let n = 0; n < 10; n++) {
      one.run(1000);
      expect(one.acknowledge()).toHaveLength(1);
    }
    expect(checkpoints(one)).toBe(10);

    const two = start(twice).online().settle();
    const id = two.packets().at(-1)?.slice(48, 52) ?? "";
    checkpoints(two);
    two.receive(hex("5002", id));
    expect({ sent: two.packets(), checkpoints: checkpoints(two) }).toEqual({ sent: [], checkpoints: 1 });
    expect(two.step().packets()).toEqual([hex("6202", id)]);
    two.receive(hex("7002", id));
    expect(checkpoints(two)).toBe(0);
  });

  test("[MQTT-3.3.1-1] sends again with DUP after a power cut what may have gone out before it", () => {
    const node = start(handover).online().settle();
    expect(node.packets()).toEqual([reading("0080", "17.2")]);
    node.sensor(20_000).powerCut(77).dial().receive(CONNACK_SESSION_PRESENT).run(1000);
    expect(node.packets()).toEqual([reading("0080", "17.2", true), reading("0180", "20.0")]);
  });

  test("sends no reading before it is durable, though it takes the place of the oldest one", async () => {
    const small = await loadTemperature("NODE_CHECKPOINT=2", "NODE_PERSISTENT=1", "NODE_STATUS=0", "NODE_QUEUE=4");
    const node = start(small);
    for (let n = 1; n <= 6; n++) node.sensor(n * 1000).step(n === 1 ? 0 : 1000);
    node.powerCut(5).dial().receive(CONNACK).settle();
    expect(temperatures(node).slice(0, 4)).toEqual(["3.0", "4.0", "5.0", "6.0"]);
  });

  test("goes on after a stop: what was unconfirmed is delivered by the next start", () => {
    const node = start(handover).online().settle();
    node.sent();
    node.stop().run(3000);
    expect({ waitMs: node.waitMs, checkpoints: checkpoints(node) > 0 }).toEqual({ waitMs: ENDED, checkpoints: true });
    node.powerCut(50).dial().receive(CONNACK_SESSION_PRESENT).settle();
    expect(node.packets()[0]).toBe(reading("0080", "17.2", true));
  });

  test("keeps its pace across a power cut: the readings go on from the restart", () => {
    const node = start(handover).online().settle();
    node.acknowledge();
    node.powerCut(0x7fff_fff0).dial().receive(CONNACK_SESSION_PRESENT);
    node.sent();
    node.run(5000);
    expect(temperatures(node).length).toBeGreaterThanOrEqual(4);
    expect(temperatures(node).length).toBeLessThanOrEqual(6);
  });
});
