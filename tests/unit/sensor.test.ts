import { beforeAll, describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, CONNACK_SESSION_PRESENT, hex, payloadOf, raw, str } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let module: LoadedModule;
beforeAll(async () => {
  module = await loadTemperature("NODE_PERSISTENT=1");
});

/** Online with a short interval, the first reading acknowledged. */
function online(): TestNode {
  const node = new TestNode(module, { config: { interval: "100" } }).online();
  node.receive("40020080");
  return node;
}

/** What the next reading's step publishes. */
function next(node: TestNode): string[] {
  node.step(100);
  return node.acknowledge().map(payloadOf);
}

describe("a sensor that fails", () => {
  test("is reported once on sensor/<id>/error under QoS 1, and so is its recovery", () => {
    const node = online().sensorError(Errno.EIO).step(100);
    expect(node.acknowledge()).toEqual([hex("32 1d", str("sensor/7/error"), "0180", raw('{"error":5}'))]);
    for (let n = 0; n < 20; n++) expect(next(node)).toEqual([]);
    expect(next(node.sensor(17_200))).toEqual(['{"error":0}', '{"msg":"17.2"}']);
    expect(next(node)).toEqual(['{"msg":"17.2"}']);
  });

  test("with one error after another is reported at each change", () => {
    const node = online();
    expect(next(node.sensorError(Errno.EIO))).toEqual(['{"error":5}']);
    expect(next(node.sensorError(Errno.ENOENT))).toEqual(['{"error":4}']);
    expect(next(node.sensorError(Errno.ENETDOWN))).toEqual(['{"error":16}']);
    expect(next(node.sensorError(Errno.EIO))).toEqual(['{"error":5}']);
  });

  test("before the first reading is reported before any temperature", () => {
    const node = new TestNode(module).sensorError(Errno.EIO).dial();
    node.receive(CONNACK);
    expect(node.acknowledge().map(payloadOf)).toEqual(['{"error":5}']);
  });

  test("while offline is reported later, in its place among the readings", () => {
    const node = online();
    node.close(-10).sensor(1000).step(100).sensorError(Errno.EIO).step(100).step(100).sensor(2000).step(100);
    node.sensorError(Errno.EAGAIN).dial().receive(CONNACK);
    expect(node.acknowledge().map(payloadOf)).toEqual(['{"msg":"1.0"}', '{"error":5}', '{"error":0}', '{"msg":"2.0"}']);
  });

  test("is reported again with DUP if the link broke before the PUBACK", () => {
    const node = online().sensorError(Errno.EIO).step(100);
    node.packets();
    node.close(-10).dial().receive(CONNACK_SESSION_PRESENT);
    expect(node.packets()[1]).toBe(hex("3a 1d", str("sensor/7/error"), "0180", raw('{"error":5}')));
  });
});

describe("a sensor that is not ready", () => {
  test("is asked again within 100 ms, and nothing is reported or made up", () => {
    const node = new TestNode(module, { config: { interval: "10000" } }).online();
    node.receive("40020080").sensorError(Errno.EAGAIN).step(10_000);
    for (let n = 0; n < 20; n++) {
      expect(node.waitMs).toBeLessThanOrEqual(100);
      expect(node.waitMs).toBeGreaterThan(0);
      expect(node.step(node.waitMs).packets()).toEqual([]);
    }
    node.sensor(5000).step(node.waitMs);
    expect(node.acknowledge().map(payloadOf)).toEqual(['{"msg":"5.0"}']);
    expect(node.logs()).toEqual([]);
  });

  test("between a failure and its end changes nothing about either", () => {
    const node = online();
    expect(next(node.sensorError(Errno.EIO))).toEqual(['{"error":5}']);
    expect(next(node.sensorError(Errno.EAGAIN))).toEqual([]);
    expect(next(node.sensorError(Errno.EIO))).toEqual([]);
  });
});

describe("a reading out of range", () => {
  test.each([-100_001, 1_000_001, 2 ** 31 - 1, -1_000_000_000, -(2 ** 31) + 5000])(
    "of %i thousandths is reported as EOVERFLOW, never as a temperature",
    (value) => {
      const node = online();
      expect(next(node.sensor(value))).toEqual(['{"error":7}']);
      expect(next(node)).toEqual([]);
      expect(next(node.sensor(0))).toEqual(['{"error":0}', '{"msg":"0.0"}']);
    },
  );

  test.each([-(2 ** 31), -(2 ** 31) + 1, -(2 ** 31) + 5, -(2 ** 31) + 4095])(
    "of %i thousandths, the number of a failure inside the node, is EOVERFLOW as well",
    (value) => {
      const node = online();
      expect(next(node.sensor(value))).toEqual(['{"error":7}']);
      expect(next(node)).toEqual([]);
    },
  );

  test.each([
    [-100_000, "-100.0"],
    [1_000_000, "1000.0"],
  ])("begins behind %i thousandths", (value, shown) => {
    expect(next(online().sensor(value))).toEqual([`{"msg":"${shown}"}`]);
  });
});
