import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, CONNACK_SESSION_PRESENT, hex, publish, raw, str } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let clean: LoadedModule;
let persistent: LoadedModule;
beforeAll(async () => {
  clean = await loadTemperature();
  persistent = await loadTemperature("NODE_PERSISTENT=1");
});

/** A node that awaits CONNACK. It takes its first reading at once and no other for a day. */
function awaiting(module: LoadedModule, seed = 1): TestNode {
  const node = new TestNode(module, { seed, config: { interval: "86400000" } }).step().open();
  node.packets();
  return node;
}

/** Whether the node takes a CONNACK for what it is not. */
function rejects(module: LoadedModule, connack: string): void {
  const node = awaiting(module).receive(connack);
  expect(node.linked).toBe(false);
  expect(node.sent()).toBe("");
  expect(node.logs()).toEqual([`2 bad packet: ${Number.parseInt(connack.slice(0, 2), 16)}`]);
  expect(node.waitMs).toBeLessThan(1000);
}

describe("MQTT 3.1.1: an accepting CONNACK", () => {
  test("is followed by the retained status `online`, then by the readings", () => {
    const node = awaiting(clean).receive(CONNACK);
    expect(node.packets()).toEqual([
      hex("31 17", str("sensor/7/status"), raw("online")),
      hex("32 26", str("sensor/7/temperature"), "0080", raw('{"msg":"17.2"}')),
    ]);
    expect(node.logs()).toEqual(["1 online"]);
  });

  test("[MQTT-3.2.2-2] with a session present is taken where the session lasts", () => {
    const node = awaiting(persistent).receive(CONNACK_SESSION_PRESENT);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: ["1 online"] });
    expect(node.packets()[0]).toBe(hex("31 17", str("sensor/7/status"), raw("online")));
  });

  test("[MQTT-3.2.2-1] with a session present closes the link of a clean session", () => {
    rejects(clean, CONNACK_SESSION_PRESENT);
  });

  test("[MQTT-3.2.0-1] that comes a second time closes the link", () => {
    const node = awaiting(clean).receive(CONNACK).receive(CONNACK);
    expect(node.linked).toBe(false);
    expect(node.logs()).toEqual(["1 online", "2 bad packet: 32"]);
  });
});

describe("MQTT 3.1.1: a refusing CONNACK", () => {
  test.each([1, 2, 4, 5])(
    "[MQTT-3.1.2-2] [MQTT-3.2.2-5] with code %i is logged, and the node waits 5 to 10 minutes",
    (code) => {
      const delays = Array.from({ length: 40 }, (_, seed) => {
        const node = awaiting(clean, Math.imul(seed + 1, 0x9e37_79b9)).receive(`200200 0${code}`);
        expect(node.logs()).toEqual([`3 broker refuses: ${code}`]);
        expect(node.linked).toBe(false);
        const delayMs = node.waitMs;
        expect(node.step(delayMs - 1).links).toBe(1);
        expect(node.step(1).links).toBe(2);
        return delayMs;
      });
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(300_000);
      expect(Math.max(...delays)).toBeLessThan(600_000);
      expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(150_000);
    },
  );

  test("with code 3, which mends itself, is logged and tried again as any lost link is", () => {
    const node = awaiting(clean).receive("20020003");
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["3 broker refuses: 3"] });
    expect(node.waitMs).toBeLessThan(1000);
    // The limit doubles with each attempt: 128 s from the eighth on.
    const delays = Array.from({ length: 40 }, () => {
      node.dial().receive("20020003");
      return node.waitMs;
    });
    expect(Math.max(...delays)).toBeGreaterThan(64_000);
    expect(Math.max(...delays)).toBeLessThan(128_000);
  });

  test("says nothing but its code: neither status nor reading follows", () => {
    for (const code of [1, 2, 3, 4, 5]) expect(awaiting(clean).receive(`2002000${code}`).sent()).toBe("");
  });

  test("[MQTT-3.2.2-4] has no session present", () => {
    rejects(persistent, "20020105");
  });
});

describe("MQTT 3.1.1: a CONNACK that breaks the standard closes the link", () => {
  test.each(["20020200", "20028000", "20020300", "2002ff00"])("reserved flags: %s", (connack) => {
    rejects(persistent, connack);
  });

  test.each(["20020006", "200200ff"])("a reserved return code: %s", (connack) => {
    rejects(clean, connack);
  });

  test.each(["2100", "22020000", "28020000", "2f020000"])(
    "[MQTT-2.2.2-2] reserved bits of the first byte: %s",
    (connack) => {
      rejects(clean, connack);
    },
  );

  test.each(["2000", "200100", "2003000000", "20ff7f"])("another length: %s", (connack) => {
    rejects(clean, connack);
  });

  test("an over-long Remaining Length", () => {
    rejects(clean, "2082000000");
  });
});

test.each([
  ["PUBLISH", publish("a", "b")],
  ["PUBACK", "40020080"],
  ["SUBACK", "9003000101"],
  ["UNSUBACK", "b0020001"],
  ["PINGRESP", "d000"],
  ["CONNECT", "100c00044d5154540402003c0000"],
  ["DISCONNECT", "e000"],
  ["a reserved type", "0000"],
  ["another reserved type", "f000"],
])("MQTT 3.1.1: [MQTT-3.2.0-1] %s before CONNACK closes the link", (_, bytes) => {
  rejects(clean, bytes);
});
