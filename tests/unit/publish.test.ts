import { beforeAll, describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, CONNACK_SESSION_PRESENT, hex, identifierOf, puback, raw, str } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let clean: LoadedModule;
let persistent: LoadedModule;
beforeAll(async () => {
  clean = await loadTemperature();
  persistent = await loadTemperature("NODE_PERSISTENT=1");
});

/** Reading number `n` of a sensor that shows `n` degrees. */
function reading(n: number, first = "32"): string {
  const payload = raw(`{"msg":"${n}.0"}`);
  const body = hex(str("sensor/7/temperature"), identifier(n), payload);
  return hex(first, (body.length / 2).toString(16), body);
}

/** The identifier of entry number `n` of the queue, as it stands in the packet. */
function identifier(n: number): string {
  return hex((n & 0xff).toString(16).padStart(2, "0"), (0x80 | (n >> 8)).toString(16));
}

const INTERVAL_MS = 1000;
/** So short that a full window is not yet a silent broker. */
const SHORT_INTERVAL_MS = 100;

/** Takes so many readings, numbers `from` and following. */
function take(node: TestNode, from: number, count: number, intervalMs = INTERVAL_MS): void {
  for (let n = from; n < from + count; n++) node.sensor(n * 1000).step(intervalMs);
}

/** Online, with the first reading, 0.0, acknowledged. */
function online(module: LoadedModule, connack = CONNACK, intervalMs = INTERVAL_MS): TestNode {
  const node = new TestNode(module, { config: { interval: String(intervalMs) } }).sensor(0).online(connack);
  node.receive(puback(identifier(0)));
  return node;
}

const STATUS = hex("31 17", str("sensor/7/status"), raw("online"));

describe("MQTT 3.1.1: a reading", () => {
  test("[MQTT-2.3.1-1] [MQTT-3.3.2-1] [MQTT-4.3.2-1] is one PUBLISH under QoS 1, not retained, with an identifier that is not zero", () => {
    const node = online(clean);
    take(node, 1, 3);
    expect(node.packets()).toEqual([reading(1), reading(2), reading(3)]);
    expect(reading(1)).toBe("3225001473656e736f722f372f74656d706572617475726501807b226d7367223a22312e30227d");
  });

  test("of the longest id and the most digits fits its buffer", () => {
    const id = "abcdefghijklmnopqrstuvw";
    const node = new TestNode(clean, { config: { id } })
      .online()
      .sensor(1_000_000)
      .step(1000)
      .sensor(-100_000)
      .step(1000);
    expect(node.packets()).toEqual([
      hex("32 3e", str(`sensor/${id}/temperature`), "0180", raw('{"msg":"1000.0"}')),
      hex("32 3e", str(`sensor/${id}/temperature`), "0280", raw('{"msg":"-100.0"}')),
    ]);
  });

  test("[MQTT-2.3.1-2] has an identifier that no reading in flight has, through a whole turn of them", () => {
    const node = online(clean);
    const seen: string[] = [];
    for (let n = 0; n < 33_000; n++) {
      const [packet] = node.step(INTERVAL_MS).packets();
      seen.push(identifierOf(packet ?? ""));
      node.receive(puback(seen.at(-1) ?? ""));
    }
    expect(seen).not.toContain("0000");
    for (let n = 8; n < seen.length; n++) expect(seen.slice(n - 8, n)).not.toContain(seen[n]);
    expect(new Set(seen).size).toBe(0x8000);
  });
});

describe("MQTT 3.1.1: PUBACK", () => {
  test("of each reading lets the next one be the only one in flight", () => {
    const node = online(clean);
    for (let n = 1; n <= 300; n++) {
      take(node, n, 1);
      expect(node.sent()).toBe(reading(n));
      node.receive(puback(identifier(n)));
    }
    expect(node.logs()).toEqual([]);
  });

  test("[MQTT-2.3.1-3] frees its reading in whatever order it comes", () => {
    const node = online(clean);
    take(node, 1, 8);
    expect(node.packets()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => reading(n)));
    for (const n of [8, 2, 5, 1, 3, 7, 6, 4]) node.receive(puback(identifier(n)));
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
    take(node, 9, 8);
    expect(node.packets().length).toBe(8);
  });

  test.each([
    ["nothing in flight", identifier(1), 0],
    ["a reading that was acknowledged before", identifier(0), 0],
    ["the identifier 0", "0000", 1],
    ["an identifier of a SUBSCRIBE", "0100", 1],
    ["a reading that was not sent yet", identifier(2), 1],
    ["a reading 2^15 later", identifier(1 + 0x4000), 1],
  ])("[MQTT-4.8.0-1] for %s closes the link", (_, bytes, inFlight) => {
    const node = online(clean);
    take(node, 1, inFlight);
    node.receive(puback(bytes));
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 bad packet: 64"] });
  });

  test("that comes twice closes the link, also if it came out of turn", () => {
    const node = online(clean);
    take(node, 1, 3);
    node.receive(puback(identifier(3)));
    expect(node.linked).toBe(true);
    node.receive(puback(identifier(3)));
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 bad packet: 64"] });
  });

  test.each(["4000", "400180", "4003008000", "41020080", "42020080", "48020080"])(
    "of another form closes the link: %s",
    (bytes) => {
      const node = online(clean);
      take(node, 1, 1);
      node.receive(bytes);
      expect(node.linked).toBe(false);
    },
  );
});

describe("the window", () => {
  test("never has more than 8 readings in flight, and every PUBACK lets one follow", () => {
    const node = online(clean, CONNACK, SHORT_INTERVAL_MS);
    take(node, 1, 19, SHORT_INTERVAL_MS);
    expect(node.packets()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => reading(n)));
    node.receive(puback(identifier(1)));
    expect(node.packets()).toEqual([reading(9)]);
    node.receive(puback(identifier(3)));
    expect(node.packets()).toEqual([]);
    node.receive(puback(identifier(2)));
    expect(node.packets()).toEqual([reading(10), reading(11)]);
    node.receive(...[4, 5, 6, 7, 8, 9, 10, 11].map((n) => puback(identifier(n))));
    expect(node.packets()).toEqual([12, 13, 14, 15, 16, 17, 18, 19].map((n) => reading(n)));
  });

  test("is as wide as it was compiled", async () => {
    for (const width of [1, 32]) {
      const node = online(await loadTemperature(`NODE_WINDOW=${width}`, "NODE_QUEUE=64"), CONNACK, SHORT_INTERVAL_MS);
      take(node, 1, 40, SHORT_INTERVAL_MS);
      expect(node.packets().length).toBe(width);
      node.receive(...Array.from({ length: width }, (_, i) => puback(identifier(width - i))));
      expect(node.packets().length).toBe(Math.min(width, 40 - width));
      expect(node.linked).toBe(true);
    }
  });
});

describe("MQTT 3.1.1: after a reconnect", () => {
  /** Three readings in flight, then the link breaks; two more are taken while offline. */
  function broken(module: LoadedModule, connack = CONNACK): TestNode {
    const node = online(module, connack);
    take(node, 1, 3);
    node.close(-10);
    take(node, 4, 2);
    node.dial();
    return node;
  }

  test("[MQTT-3.1.2-4] [MQTT-3.3.1-1] [MQTT-2.3.1-3] [MQTT-4.4.0-1] [MQTT-4.6.0-1] with the session present, what was in flight goes out first, with DUP and its first identifier", () => {
    const node = broken(persistent).receive(CONNACK_SESSION_PRESENT);
    expect(node.packets()).toEqual([
      STATUS,
      reading(1, "3a"),
      reading(2, "3a"),
      reading(3, "3a"),
      reading(4),
      reading(5),
    ]);
  });

  test("[MQTT-3.1.2-6] [MQTT-3.2.2-3] with a new session, the same readings are new to the broker: no DUP", () => {
    for (const module of [clean, persistent]) {
      const node = broken(module).receive(CONNACK);
      expect(node.packets()).toEqual([STATUS, ...[1, 2, 3, 4, 5].map((n) => reading(n))]);
    }
  });

  test("[MQTT-3.3.1-1] a reading that went out twice has DUP each further time, and a new one after it has none", () => {
    const node = broken(persistent).receive(CONNACK_SESSION_PRESENT);
    // It takes no reading meanwhile, however long it waits.
    node
      .receive(puback(identifier(1)))
      .sensorError(Errno.EAGAIN)
      .close(-10)
      .dial();
    node.receive(CONNACK_SESSION_PRESENT);
    const resent = [2, 3, 4, 5].map((n) => reading(n, "3a"));
    expect(node.packets()).toEqual([STATUS, ...resent]);
    node.acknowledge();
    node.receive(...[2, 3, 4, 5].map((n) => puback(identifier(n))));
    take(node, 6, 1);
    expect(node.packets()).toEqual([reading(6)]);
  });

  test("[MQTT-3.2.2-3] DUP is gone once the broker has lost the session, though an earlier one was present", () => {
    const node = broken(persistent).receive(CONNACK_SESSION_PRESENT);
    node.sensorError(Errno.EAGAIN).close(-10).dial().receive(CONNACK);
    expect(node.packets()).toEqual([STATUS, ...[1, 2, 3, 4, 5].map((n) => reading(n))]);
  });

  test("a reading acknowledged out of turn is not sent again, or its second PUBACK is welcome", () => {
    const node = online(persistent);
    take(node, 1, 3);
    node
      .receive(puback(identifier(2)))
      .close(-10)
      .dial();
    node.receive(CONNACK_SESSION_PRESENT);
    const resent = node.packets().slice(1);
    expect(resent).toContain(reading(1, "3a"));
    expect(resent.at(-1)).toBe(reading(3, "3a"));
    node.receive(...resent.map((packet) => puback(identifierOf(packet))));
    expect({ linked: node.linked, logs: node.logs() }).toEqual({
      linked: true,
      logs: ["2 link closed: -10", "1 online"],
    });
  });

  test("a PUBACK out of turn from before a lost session acknowledges nothing after it", () => {
    const node = online(persistent);
    take(node, 1, 3);
    node
      .receive(puback(identifier(2)))
      .close(-10)
      .dial()
      .receive(CONNACK);
    expect(node.packets()).toEqual([STATUS, reading(1), reading(2), reading(3)]);
    node
      .receive(puback(identifier(1)))
      .receive(puback(identifier(2)))
      .receive(puback(identifier(3)));
    expect(node.linked).toBe(true);
  });

  test("[MQTT-4.6.0-1] the window holds again, and the order from before is kept", () => {
    const node = online(persistent);
    take(node, 1, 12);
    node.close(-10).dial().receive(CONNACK_SESSION_PRESENT);
    const sent = node.packets();
    expect(sent.slice(1, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => reading(n, "3a")));
    expect(sent.length).toBe(9);
    node.receive(...[1, 2, 3, 4].map((n) => puback(identifier(n))));
    expect(node.packets().slice(0, 4)).toEqual([9, 10, 11, 12].map((n) => reading(n)));
  });
});
