import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { identifierOf, PINGREQ, PINGRESP, puback } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let module: LoadedModule;
beforeAll(async () => {
  module = await loadTemperature();
});

/** Online, its only reading for a day acknowledged. */
function idle(loaded: LoadedModule = module): TestNode {
  const node = new TestNode(loaded, { config: { interval: "86400000" } }).dial();
  node.receive("20020000").acknowledge();
  node.logs();
  return node;
}

describe("MQTT 3.1.1: an idle node", () => {
  test("[MQTT-3.1.2-23] sends PINGREQ when three quarters of the Keep Alive have passed, and not before", () => {
    const node = idle().run(44_999);
    expect(node.sent()).toBe("");
    node.run(1);
    expect(node.sent()).toBe(PINGREQ);
  });

  test("sends PINGREQ again and again as long as it is answered", () => {
    const node = idle();
    const times: number[] = [];
    for (let elapsedMs = 0; elapsedMs < 600_000; elapsedMs += 500) {
      if (node.run(500).sent() === PINGREQ) {
        times.push(node.nowMs - 1000);
        node.receive(PINGRESP);
      }
    }
    expect(times).toEqual(Array.from({ length: 13 }, (_, i) => 45_000 * (i + 1)));
    expect(node.logs()).toEqual([]);
  });

  test.each([
    [5, 3_750],
    [65_535, 49_151_250],
  ])("[MQTT-3.1.2-23] with a Keep Alive of %i s sends PINGREQ after %i ms", async (seconds, afterMs) => {
    const node = idle(await loadTemperature(`NODE_KEEP_ALIVE_S=${seconds}`)).run(afterMs - 1);
    expect(node.sent()).toBe("");
    expect(node.run(1).sent()).toBe(PINGREQ);
  });

  test("does not ask for a step at once when another PINGREQ would be due and the last is not answered", async () => {
    const node = idle(await loadTemperature("NODE_KEEP_ALIVE_S=16")).run(12_000);
    expect(node.sent()).toBe(PINGREQ);
    node.step(8_000).step(4_000);
    // The next look at the broker.
    expect({ sent: node.sent(), waitMs: node.waitMs }).toEqual({ sent: "", waitMs: 6_000 });
  });

  test("sleeps as long as it may: a step every 10 s is enough", () => {
    const node = idle();
    let steps = 0;
    for (let leftMs = 44_000; leftMs > 0; steps++) {
      const waitMs = Math.min(node.waitMs, leftMs);
      node.step(waitMs);
      leftMs -= waitMs;
    }
    expect(steps).toBeLessThanOrEqual(5);
  });
});

describe("MQTT 3.1.1: a publishing node", () => {
  test.each([100, 1000, 7000, 30_000])("sends no PINGREQ while it publishes every %i ms", (intervalMs) => {
    const node = new TestNode(module, { config: { interval: String(intervalMs) } }).online();
    node.receive("40020080");
    for (let elapsedMs = 0; elapsedMs < 300_000; elapsedMs += intervalMs) {
      node.run(intervalMs);
      expect(node.acknowledge().length).toBe(1);
      expect(node.sent()).toBe("");
    }
    expect(node.linked).toBe(true);
  });

  test.each([0, 1])(
    "[MQTT-3.1.2-23] [MQTT-3.1.2-24] never leaves the wire idle for 60 s, whatever its interval (QoS %i)",
    async (qos) => {
      const loaded = await loadTemperature(`NODE_QOS=${qos}`);
      for (const intervalMs of [20_000, 44_000, 46_000, 59_000, 100_000, 3_600_000]) {
        const node = new TestNode(loaded, { config: { interval: String(intervalMs) } }).online();
        if (qos > 0) node.receive("40020080");
        let quietMs = 0;
        for (let elapsedMs = 0; elapsedMs < 400_000; elapsedMs += 1000) {
          const packets = node.run(1000).packets();
          quietMs = packets.length > 0 ? 0 : quietMs + 1000;
          expect(quietMs).toBeLessThan(55_000);
          for (const packet of packets)
            node.receive(packet === PINGREQ ? PINGRESP : qos > 0 ? puback(identifierOf(packet)) : "");
        }
        expect(node.links).toBe(1);
      }
    },
  );
});

describe("MQTT 3.1.1: PINGRESP", () => {
  test("that nobody asked for closes the link", () => {
    const node = idle().receive(PINGRESP);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 bad packet: 208"] });
  });

  test("that comes twice closes the link", () => {
    const node = idle().run(45_000).receive(PINGRESP);
    expect(node.linked).toBe(true);
    node.receive(PINGRESP);
    expect(node.linked).toBe(false);
  });

  test.each(["d100", "d00100", "df00"])("of another form closes the link: %s", (bytes) => {
    expect(idle().run(45_000).receive(bytes).linked).toBe(false);
  });
});

describe("MQTT 3.1.1: a broker that falls silent", () => {
  test("[MQTT-3.12.4-1] after PINGREQ loses the node 10 to 20 s later", () => {
    const node = idle().run(45_000);
    node.run(9_999);
    expect(node.logs()).toEqual([]);
    node.run(10_001);
    expect(node.logs()[0]).toBe("2 link closed: -12");
  });

  test.each([0, 1, 3_333, 9_999])(
    "after a reading, %i ms behind a step, loses the node 10 to 20 s later",
    (behindMs) => {
      const node = new TestNode(module, { config: { interval: "30000" } }).online();
      node.receive("40020080").run(30_000 - behindMs);
      node.step();
      const packets = node.run(behindMs).packets();
      expect(packets.length).toBe(1);
      node.run(9_999);
      expect(node.logs()).toEqual([]);
      node.run(10_001);
      expect(node.logs()[0]).toBe("2 link closed: -12");
    },
  );

  test("while readings go on loses the node 10 to 20 s after its last PUBACK", () => {
    const node = new TestNode(module, { config: { interval: "500" } }).online();
    node.receive("40020080");
    for (let i = 0; i < 60; i++) node.run(500).acknowledge();
    node.run(9_999);
    expect(node.logs()).toEqual([]);
    node.run(10_001);
    expect(node.logs()).toContain("2 link closed: -12");
  });

  test("for 9 s at a time keeps the node", () => {
    const node = new TestNode(module, { config: { interval: "9000" } }).online();
    node.receive("40020080");
    for (let i = 0; i < 50; i++) {
      node.step(0);
      node.run(9000);
      node.acknowledge();
    }
    expect({ links: node.links, linked: node.linked }).toEqual({ links: 1, linked: true });
  });

  test("that acknowledges slowly, one reading every 9 s, keeps the node though the window is full", () => {
    const node = new TestNode(module, { config: { interval: "1000" } }).online();
    node.receive("40020080");
    for (let n = 1; n < 40; n++) {
      node.run(9000).receive(`4002${n.toString(16).padStart(2, "0")}80`);
    }
    expect({ links: node.links, linked: node.linked }).toEqual({ links: 1, linked: true });
  });

  test("with the link taking no bytes loses the node, too", () => {
    const node = new TestNode(module, { config: { interval: "1000" } }).online();
    node.receive("40020080");
    node.board.sendCap = 0;
    node.run(25_000);
    expect(node.logs()).toContain("2 link closed: -12");
  });
});
