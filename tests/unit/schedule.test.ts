import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode, type TestNodeOptions } from "./harness/node.ts";

let module: LoadedModule;
beforeAll(async () => {
  // Every reading goes out in the step that takes it.
  module = await loadTemperature("NODE_QOS=0");
});

/** Online, with the first reading taken at 1000 ms, a reading each `intervalMs`. */
function online(interval: string, options: TestNodeOptions = {}): TestNode {
  return new TestNode(module, { ...options, config: { interval } }).online();
}

/** A repeatable number from 0 to `limit` - 1. */
function pseudo(n: number, limit: number): number {
  return (Math.imul(n + 1, 0x9e37_79b9) >>> 8) % limit;
}

describe("readings are due on an absolute schedule", () => {
  test("the first at once, each further one an interval after the last was due", () => {
    const node = new TestNode(module, { config: { interval: "5000" } }).online();
    expect(node.waitMs).toBe(5000);
    expect(node.step(4999).packets()).toEqual([]);
    expect(node.waitMs).toBe(1);
    expect(node.step(1).packets().length).toBe(1);
    expect(node.waitMs).toBe(5000);
  });

  test("10,000 steps that all come late do not shift it by a millisecond", () => {
    const intervalMs = 1000;
    const node = online(String(intervalMs));
    let lateMs = 0;
    for (let n = 1; n <= 10_000; n++) {
      const nextLateMs = pseudo(n, intervalMs);
      // The node may have other business before the reading is due.
      expect(node.waitMs).toBeLessThanOrEqual(intervalMs - lateMs);
      expect(node.step(intervalMs - lateMs + nextLateMs).packets().length).toBe(1);
      lateMs = nextLateMs;
    }
    expect((node.nowMs - 1000 - lateMs) % intervalMs).toBe(0);
    expect(node.logs()).toEqual([]);
  });

  test("steps in between take no reading and do not shift it either", () => {
    const node = online("1000");
    const taken: number[] = [];
    for (let n = 0; n < 20_000; n++) {
      if (node.step(pseudo(n, 97)).packets().length > 0) taken.push(node.nowMs - 1000);
    }
    taken.forEach((atMs, n) => {
      expect(Math.floor(atMs / 1000)).toBe(n + 1);
    });
    expect(taken.length).toBeGreaterThan(900);
  });

  test("a sensor that was not ready in time does not shift it", () => {
    const node = online("1000");
    const taken: number[] = [];
    for (let elapsedMs = 10; elapsedMs <= 20_000; elapsedMs += 10) {
      // For ten seconds, conversions end 40 ms after they are asked for.
      if (elapsedMs <= 10_000 && elapsedMs % 1000 < 40) node.sensorError(-1);
      else node.sensor(1000);
      if (node.step(10).packets().length > 0) taken.push(elapsedMs);
    }
    expect(taken.length).toBe(20);
    expect(taken.slice(0, 10).map((atMs) => Math.floor(atMs / 1000))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(taken.slice(10)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20].map((n) => n * 1000));
  });
});

describe("readings that were missed", () => {
  test("are passed over and counted, and the schedule stays where it was", () => {
    const node = online("1000");
    expect(node.step(4500).packets().length).toBe(1);
    expect(node.logs()).toEqual(["2 readings missed: 3"]);
    expect(node.waitMs).toBe(500);
    expect(node.step(500).packets().length).toBe(1);
    expect(node.waitMs).toBe(1000);
    node.step(2000);
    expect(node.logs()).toEqual(["2 readings missed: 4"]);
    expect(node.waitMs).toBe(1000);
  });

  test("are none while a step is late by less than an interval", () => {
    const node = online("1000").step(1999);
    expect({ packets: node.packets().length, logs: node.logs(), waitMs: node.waitMs }).toEqual({
      packets: 1,
      logs: [],
      waitMs: 1,
    });
  });

  test("over three weeks of standstill are counted right", () => {
    const node = online("100").step(20 * 86_400_000 + 50);
    expect(node.logs()).toContain(`2 readings missed: ${20 * 864_000 - 1}`);
  });
});

describe("the interval", () => {
  test.each([
    ["100", 100],
    ["86400000", 86_400_000],
    ["0005000", 5000],
  ])("is the configured one: %s", (interval, waitMs) => {
    const node = new TestNode(module, { config: { interval } }).step();
    // While offline, the link's own deadline may be nearer.
    expect(node.waitMs).toBe(Math.min(waitMs, 15_000));
    expect(online(interval).step(waitMs).packets().length).toBeGreaterThan(0);
  });

  test.each([undefined, "", "99", "86400001", "x", "1e3", "-1000", "1000 ", "99999999999999999", "4294968296"])(
    "is a second if the configured one is no good: %s",
    (interval) => {
      const node = new TestNode(module, { config: { interval } }).step();
      expect(node.waitMs).toBe(1000);
    },
  );
});
