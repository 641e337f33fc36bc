import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK_SESSION_PRESENT, hex, packet, puback, publish, raw, str, u16 } from "./harness/bytes.ts";
import { loadCommands, loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let module: LoadedModule;
let temperature: LoadedModule;
beforeAll(async () => {
  module = await loadCommands();
  temperature = await loadTemperature();
});

/** Online, everything answered. */
function online(): TestNode {
  const node = new TestNode(module).online();
  node.receive("9003010001", "9003020001", puback("0080"));
  node.packets();
  return node;
}

/** A PUBLISH with these bytes for a topic. */
function withTopic(topic: string): string {
  return packet(0x30, u16(topic.length / 2), topic, raw("x"));
}

const ALARM = "house/hall/alarm";
/** What the node's receive buffer holds. */
const CAPACITY = 256;

describe("MQTT 3.1.1: a message", () => {
  test("[MQTT-3.3.4-1] under QoS 0 is handled and not acknowledged", () => {
    const node = online().receive(publish(ALARM, "on"));
    expect({ actuations: node.actuations(), sent: node.sent() }).toEqual({ actuations: [1], sent: "" });
  });

  test.each([1, 2, 0x00ff, 0x8000, 0xffff])(
    "[MQTT-3.3.4-1] [MQTT-2.3.1-6] [MQTT-4.3.2-2] under QoS 1 is acknowledged with its identifier %i",
    (identifier) => {
      const node = online().receive(publish(ALARM, "on", { qos: 1, identifier }));
      expect({ actuations: node.actuations(), sent: node.sent() }).toEqual({
        actuations: [1],
        sent: `4002${u16(identifier)}`,
      });
    },
  );

  test("[MQTT-4.3.2-2] with DUP or RETAIN is one like any other, also with an identifier used before", () => {
    const node = online();
    for (const options of [{ dup: true }, { retain: true }, { dup: true, retain: true }, {}] as const) {
      node.receive(publish(ALARM, "off", { qos: 1, identifier: 7, ...options }));
      expect({ actuations: node.actuations(), sent: node.sent() }).toEqual({ actuations: [0], sent: "40020007" });
    }
  });

  test("[MQTT-4.5.0-2] that nobody asked for is acknowledged and ignored", () => {
    const node = online().receive(publish("some/where/else", "on", { qos: 1, identifier: 3 }));
    expect({ actuations: node.actuations(), sent: node.sent(), logs: node.logs() }).toEqual({
      actuations: [],
      sent: "40020003",
      logs: [],
    });
  });

  test("with an empty payload is a message", () => {
    const node = online().receive(publish(ALARM, "", { qos: 1 }));
    expect({ actuations: node.actuations(), sent: node.sent() }).toEqual({ actuations: [0], sent: "40020001" });
  });

  test("[MQTT-4.6.0-2] after message is acknowledged in the order of arrival", () => {
    const identifiers = [9, 3, 0x300, 4, 1, 77, 5, 6, 8, 2, 10, 11];
    const node = online().receive(...identifiers.map((identifier) => publish(ALARM, "on", { qos: 1, identifier })));
    expect(node.packets()).toEqual(identifiers.map((identifier) => `4002${u16(identifier)}`));
    expect(node.actuations().length).toBe(identifiers.length);
  });

  test("that arrives byte by byte is handled once, when it is whole", () => {
    const node = online();
    const bytes = publish(ALARM, "on", { qos: 1 }).match(/../g) ?? [];
    for (const byte of bytes.slice(0, -1)) node.receive(byte);
    expect({ actuations: node.actuations(), sent: node.sent() }).toEqual({ actuations: [], sent: "" });
    node.receive(bytes.at(-1) ?? "");
    expect({ actuations: node.actuations(), sent: node.sent() }).toEqual({ actuations: [1], sent: "40020001" });
  });

  test("in the same bytes as CONNACK is handled", () => {
    const node = new TestNode(module).dial();
    node.receive(CONNACK_SESSION_PRESENT, publish(ALARM, "on", { qos: 1 }));
    expect(node.actuations()).toEqual([1]);
    expect(node.packets()).toContain("40020001");
  });

  test("that fills the buffer to its last byte is handled", () => {
    const size = CAPACITY - 3 - str(ALARM).length / 2 - 2;
    const bytes = publish(ALARM, "x".repeat(size), { qos: 1 });
    expect(bytes.length / 2).toBe(CAPACITY);
    const node = online().receive(bytes);
    expect({ actuations: node.actuations(), sent: node.sent(), logs: node.logs() }).toEqual({
      actuations: [0],
      sent: "40020001",
      logs: [],
    });
  });
});

describe("a message larger than the buffer", () => {
  const oversized = (length: number, qos: 0 | 1): string => publish(ALARM, "x".repeat(length), { qos });

  test.each([240, 256, 300, 5000, 70_000])("is skipped, logged and acknowledged: %i bytes of payload", (length) => {
    const node = online();
    for (const qos of [1, 0] as const) {
      node.receive(oversized(length, qos), publish(ALARM, "on"));
      expect(node.sent()).toBe(qos > 0 ? "40020001" : "");
      expect(node.logs()).toEqual(["2 message too large"]);
      // The next packet begins where it ended.
      expect(node.actuations()).toEqual([1]);
    }
  });

  test("is skipped in whatever pieces it comes", () => {
    for (const piece of [1, 3, 100, 255, 256, 257]) {
      const node = online();
      const bytes = hex(oversized(600, 1), publish(ALARM, "on", { qos: 1, identifier: 2 }));
      for (let at = 0; at < bytes.length; at += 2 * piece) node.receive(bytes.slice(at, at + 2 * piece));
      expect(node.packets()).toEqual(["40020001", "40020002"]);
      expect(node.actuations()).toEqual([1]);
    }
  });

  test("on a topic that cannot be a topic closes the link all the same", () => {
    const node = online().receive(publish("house/+/alarm", "x".repeat(600), { qos: 1 }));
    expect({ linked: node.linked, sent: node.sent() }).toEqual({ linked: false, sent: "" });
  });

  test("that breaks off with its link leaves nothing behind on the next one", () => {
    const node = online().receive(oversized(600, 1).slice(0, 600));
    node.close(-10).dial();
    node.receive(CONNACK_SESSION_PRESENT, publish(ALARM, "on"));
    expect(node.actuations()).toEqual([1]);
  });
});

describe("MQTT 3.1.1: [MQTT-4.8.0-1] an inbound packet that breaks the standard closes the link and is not acknowledged", () => {
  test.each([
    ["[MQTT-3.3.1-4] QoS 3", publish(ALARM, "on", { qos: 3 })],
    ["QoS 2, which was never granted", publish(ALARM, "on", { qos: 2 })],
    ["[MQTT-3.3.1-2] DUP under QoS 0", publish(ALARM, "on", { dup: true })],
    ["[MQTT-2.3.1-1] [MQTT-2.3.1-4] identifier 0", publish(ALARM, "on", { qos: 1, identifier: 0 })],
    ["[MQTT-4.7.3-1] an empty topic", publish("", "on")],
    ["[MQTT-3.3.2-2] [MQTT-4.7.1-1] + in a topic", publish("house/+/alarm", "on")],
    ["[MQTT-3.3.2-2] [MQTT-4.7.1-1] # in a topic", publish("house/#", "on")],
    ["[MQTT-1.5.3-2] [MQTT-4.7.3-2] U+0000 in a topic", publish("house\0", "on")],
    ["a topic longer than its packet", packet(0x30, u16(4), raw("abc"))],
    ["a topic that leaves no room for the identifier", packet(0x32, str("abc"), "00")],
    ["a topic as long as can be said", packet(0x30, "ffff", raw("abc"))],
    ["a length of one byte", "300100"],
    ["no length of the topic", "3000"],
    ["a Remaining Length of five bytes", "30ffffffff01"],
    ["a Remaining Length of five bytes that means little", "308080808001"],
    ["PUBREC", "50020001"],
    ["PUBREL", "62020001"],
    ["PUBCOMP", "70020001"],
    ["SUBSCRIBE", "8206000100016101"],
    ["UNSUBSCRIBE", "a2050001000161"],
    ["PINGREQ", "c000"],
    ["DISCONNECT", "e000"],
    ["CONNECT", "100c00044d5154540402003c0000"],
    ["packet type 0", "0000"],
    ["packet type 15", "f000"],
  ])("%s", (_, bytes) => {
    const node = online().receive(bytes);
    expect({ linked: node.linked, sent: node.sent(), actuations: node.actuations() }).toEqual({
      linked: false,
      sent: "",
      actuations: [],
    });
    expect(node.logs()).toEqual([`2 bad packet: ${Number.parseInt(bytes.slice(0, 2), 16)}`]);
  });

  test("any PUBLISH at a node that subscribes to nothing", () => {
    for (const bytes of [publish("a", "b"), publish(ALARM, "x".repeat(500), { qos: 1 }), "3002"]) {
      const node = new TestNode(temperature).online().receive(bytes);
      expect(node.linked && bytes !== "3002").toBe(false);
    }
  });

  test("what came before it is handled, what comes after it is not", () => {
    const node = online().receive(publish(ALARM, "on", { qos: 1 }), "d000", publish(ALARM, "off", { qos: 1 }));
    expect({ linked: node.linked, actuations: node.actuations() }).toEqual({ linked: false, actuations: [1] });
  });
});

describe("MQTT 3.1.1: [MQTT-1.5.3-1] a topic is well-formed UTF-8", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const isTopic = (bytes: Uint8Array): boolean => {
    try {
      return !/[\0+#]/.test(decoder.decode(bytes));
    } catch {
      return false;
    }
  };

  test.each([
    ["an over-long form of /", "c0af"],
    ["an over-long form of U+0000", "c080"],
    ["an over-long form of three bytes", "e09fbf"],
    ["an over-long form of four bytes", "f08fbfbf"],
    ["the first surrogate", "eda080"],
    ["the last surrogate", "edbfbf"],
    ["a pair of surrogates", "eda080edb080"],
    ["a code point above U+10FFFF", "f4908080"],
    ["a first byte of five", "f888808080"],
    ["a first byte of six", "fc8480808080"],
    ["FE", "fe"],
    ["a continuation byte alone", "80"],
    ["a sequence that is cut off", "e282"],
    ["a sequence that another one cuts off", "e28261"],
  ])("%s closes the link", (_, topic) => {
    const node = online().receive(withTopic(topic));
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 bad packet: 48"] });
  });

  test.each(["efbbbf61", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf", "c280", "dfbf", "e0a080", "7f", "01"])(
    "%s is good",
    (topic) => {
      expect(online().receive(withTopic(topic)).linked).toBe(true);
    },
  );

  test("of two bytes: every one of 65,536", () => {
    judge(Array.from({ length: 0x1_0000 }, (_, n) => [n >> 8, n & 0xff]));
  });

  test("of three and four bytes: around every border", () => {
    const borders = [
      0x00, 0x2f, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xec, 0xed, 0xef,
    ];
    const all = [...borders, 0xf0, 0xf1, 0xf4, 0xf5, 0xff];
    judge(all.flatMap((a) => all.flatMap((b) => borders.map((c) => [a, b, c]))));
    judge(
      [0xf0, 0xf1, 0xf3, 0xf4, 0xf5].flatMap((a) =>
        all.flatMap((b) => borders.flatMap((c) => borders.map((d) => [a, b, c, d]))),
      ),
    );
  });

  /** Sends each topic under QoS 1; a PUBACK says that the node takes it, a closed link that it does not. */
  function judge(topics: readonly number[][]): void {
    const wrong: string[] = [];
    const node = online();
    const image = node.image();
    for (const topic of topics) {
      const bytes = Buffer.from(topic);
      node.board.receive(
        Buffer.concat([Buffer.from([0x32, bytes.length + 4, 0, bytes.length]), bytes, Buffer.from([0, 1])]),
      );
      node.stepUnchecked(0);
      const taken = node.sent() === "40020001";
      if (taken !== isTopic(bytes)) wrong.push(bytes.toString("hex"));
      if (!node.linked) node.restore(image);
    }
    expect(wrong).toEqual([]);
  }
});
