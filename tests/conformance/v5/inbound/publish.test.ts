import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { packet, raw, str, u16 } from "../../../unit/harness/bytes.ts";
import { loadTemperature } from "../../../unit/harness/modules.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { loadMirror, misjudged, online, verdict, verdictAndReturn } from "./nodes.ts";
import {
  ACCEPTED,
  MALFORMED,
  PROTOCOL_ERROR,
  publish,
  publishBytes,
  TOPIC_ALIAS_INVALID,
  topicAlias,
  userProperty,
} from "./packets.ts";
import { ILL_FORMED, WELL_FORMED } from "./property-table.ts";

/** Aliases of these nodes. */
const ALIASES = 4;

let mirror: LoadedModule;
let many: LoadedModule;
let none: LoadedModule;
let deaf: LoadedModule;
let qos1: LoadedModule;
beforeAll(async () => {
  mirror = await loadMirror(`NODE_ALIASES=${ALIASES}`);
  many = await loadMirror("NODE_ALIASES=16", "NODE_RECEIVE=128");
  none = await loadMirror("NODE_ALIASES=0");
  qos1 = await loadMirror("NODE_INBOUND_QOS=1");
  deaf = await loadTemperature("NODE_MQTT=5", "NODE_STATUS=0");
}, 300_000);

describe("MQTT 5.0: the topic of a message", () => {
  const withTopic = (bytes: string): string => publishBytes(u16(bytes.length / 2) + bytes, raw("x"));

  test("[MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-3.3.2-1] [MQTT-4.7.3-2] is well-formed UTF-8 without U+0000", () => {
    const judge = ([, bytes]: (typeof ILL_FORMED)[number]): string => withTopic(bytes);
    expect(misjudged(online(mirror), ILL_FORMED, judge, () => MALFORMED)).toEqual([]);
    expect(misjudged(online(mirror), WELL_FORMED, withTopic, () => "accepted")).toEqual([]);
    expect(verdictAndReturn(online(mirror), withTopic("eda080"))).toBe(MALFORMED);
  });

  test("[MQTT-3.3.2-2] [MQTT-4.7.0-1] has no wildcard, wherever it is", () => {
    for (const topic of ["+", "#", "a/+", "a/+/b", "a/#", "a+", "#a"]) {
      expect(verdictAndReturn(online(mirror), publish(topic, "x")), topic).toBe(MALFORMED);
    }
  });

  test("[MQTT-4.7.3-1] has at least one character, unless an alias stands for it", () => {
    expect(verdictAndReturn(online(mirror), publish("", "x"))).toBe(PROTOCOL_ERROR);
    expect(verdict(online(mirror), publish("/", "x"))).toBe("accepted");
  });

  test("ends before its packet does", () => {
    for (const bytes of [
      "3000",
      "300100",
      packet(0x30, u16(4), raw("abc")),
      packet(0x32, str("abc"), "00"),
      "3005ffff616263",
    ]) {
      expect(verdictAndReturn(online(mirror), bytes, "0000"), bytes).toBe(MALFORMED);
    }
    expect(verdictAndReturn(online(mirror), packet(0x30, str("abc"))), "no properties").toBe(MALFORMED);
    expect(verdictAndReturn(online(mirror), packet(0x32, str("abc"), "0001")), "no properties").toBe(MALFORMED);
  });

  test("[MQTT-3.3.2-3] is one that a filter matches, or the application passes over it: it is acknowledged all the same", () => {
    const node = online(mirror).receive(publish("nobody/asked", "x", { qos: 1, identifier: 9 }));
    expect({ linked: node.linked, sent: node.sent() }).toEqual({ linked: true, sent: "40020009" });
  });
});

describe("MQTT 5.0: a message", () => {
  test("[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.5.0-2] [MQTT-2.2.1-5] is answered as its QoS demands, by its identifier", () => {
    const node = online(mirror).receive(publish("t", "x"));
    expect({ seen: node.actuations(), sent: node.sent() }).toEqual({ seen: [0], sent: "" });
    for (const identifier of [1, 0x00ff, 0x0100, 0x8000, 0xffff]) {
      node.receive(publish("t", "x", { qos: 1, identifier }));
      expect({ seen: node.actuations(), sent: node.sent() }).toEqual({ seen: [1], sent: `4002${u16(identifier)}` });
      node.receive(publish("t", "x", { qos: 2, identifier }));
      expect({ seen: node.actuations(), sent: node.sent() }).toEqual({ seen: [2], sent: `5002${u16(identifier)}` });
    }
  });

  test("[MQTT-4.3.2-4] is acknowledged when the application has it, not before", () => {
    const bytes = publish("t", "x".repeat(50), { qos: 1 });
    const node = online(mirror).receive(bytes.slice(0, -2));
    expect({ seen: node.actuations(), sent: node.sent() }).toEqual({ seen: [], sent: "" });
    node.receive(bytes.slice(-2));
    expect({ seen: node.actuations(), sent: node.sent() }).toEqual({ seen: [1], sent: "40020001" });
  });

  test("[MQTT-4.3.2-5] under QoS 1 with an identifier that was acknowledged is a new one, with DUP or without", () => {
    const node = online(mirror);
    for (const dup of [false, true, false]) {
      node.receive(publish("t", "x", { qos: 1, identifier: 7, dup }));
      expect({ seen: node.actuations(), sent: node.sent() }).toEqual({ seen: [1], sent: "40020007" });
    }
  });

  test("[MQTT-2.2.1-4] under QoS 1 or 2 has an identifier other than 0", () => {
    for (const qos of [1, 2] as const) {
      expect(verdictAndReturn(online(mirror), publish("t", "x", { qos, identifier: 0 }))).toBe(PROTOCOL_ERROR);
    }
  });

  test("[MQTT-4.6.0-2] [MQTT-4.6.0-3] after message is answered in the order of arrival, PUBACK and PUBREC alike", () => {
    const order = [9, 3, 0x300, 4, 1, 77, 5, 6, 8, 2];
    const node = online(mirror);
    node.receive(...order.map((identifier, n) => publish("t", "x", { qos: n % 3 ? 2 : 1, identifier })));
    expect(node.packets()).toEqual(order.map((identifier, n) => `${n % 3 ? "50" : "40"}02${u16(identifier)}`));
  });

  test("[MQTT-3.3.1-12] [MQTT-3.3.1-13] is given to the application with RETAIN as it came", () => {
    for (const qos of [0, 1, 2] as const) {
      const node = online(mirror).receive(
        publish("t", "x", { qos }),
        publish("t", "x", { qos, retain: true, identifier: 2 }),
      );
      expect(node.actuations()).toEqual([qos, qos + 4]);
    }
  });

  test("above the highest QoS that this client asks for ends the connection", () => {
    expect(verdictAndReturn(online(qos1), publish("t", "x", { qos: 2 }))).toBe(PROTOCOL_ERROR);
  });

  test("of any kind ends the connection of a node that subscribes to nothing", () => {
    for (const qos of [0, 1, 2] as const) {
      expect(verdictAndReturn(online(deaf), publish("t", "x", { qos }))).toBe(PROTOCOL_ERROR);
    }
  });

  test("[MQTT-3.3.2-19] is given with the properties that it came with, and not those of the one before", () => {
    const node = online(mirror).receive(
      publish("a", "1", { properties: ["0101", `03${str("text/plain")}`, `08${str("b")}`, userProperty("k", "v")] }),
      publish("c", "2"),
      publish("d", "3", {
        properties: [userProperty("j", "w"), "0b05", "0b85ff01", userProperty("k", ""), userProperty("k", "z")],
      }),
    );
    expect(node.actuations()).toEqual([8, 0, 0]);
    expect(node.logs()).toEqual(["1 a", "1 1", "1 text/plain", "1 b", "1 v", "1 c", "1 2", "1 d", "1 3", "1 "]);
  });

  test("may be empty, and may be any bytes whatever its Payload Format Indicator says", () => {
    for (const payload of ["", "00ff", "eda080"]) {
      expect(verdict(online(mirror), publishBytes(str("t"), payload, { properties: ["0101"] }))).toBe("accepted");
    }
  });
});

describe("MQTT 5.0: a topic alias", () => {
  test("[MQTT-3.3.2-10] stands for its topic from 1 to the announced maximum, and for the last one that it was given", () => {
    for (const [module, maximum] of [
      [mirror, ALIASES],
      [many, 16],
    ] as const) {
      const node = online(module);
      const aliases = Array.from({ length: maximum }, (_, n) => n + 1);
      for (const alias of aliases) node.receive(publish(`topic/${alias}`, "", { properties: [topicAlias(alias)] }));
      node.logs();
      for (const alias of aliases) {
        node.receive(publish("", "", { properties: [topicAlias(alias)] }));
        expect(node.logs()[0]).toBe(`1 topic/${alias}`);
      }
      node.receive(publish("other", "", { properties: [topicAlias(1)] })).logs();
      node.receive(publish("", "", { properties: [topicAlias(1)] }), publish("", "", { properties: [topicAlias(2)] }));
      expect(node.logs().filter((line) => line !== "1 ")).toEqual(["1 other", "1 topic/2"]);
    }
  });

  test("[MQTT-3.3.2-10] stands for a topic as long as a packet can hold", () => {
    const node = online(many);
    const name = "n".repeat(128 - 2 - 2 - 1 - 3);
    node.receive(publish(name, "", { properties: [topicAlias(16)] }));
    expect(node.logs()[0]).toBe(`1 ${name}`);
    node.receive(publish("", "y", { properties: [topicAlias(16)] }));
    expect(node.logs()).toEqual([`1 ${name}`, "1 y"]);
  });

  test("is given with a message under any QoS, also with one that is a duplicate", () => {
    const node = online(mirror).receive(publish("a", "", { qos: 2 }));
    node.receive(publish("a", "", { qos: 2, dup: true, properties: [topicAlias(3)] })).logs();
    node.receive(publish("", "", { qos: 1, properties: [topicAlias(3)] }));
    expect(node.logs()[0]).toBe("1 a");
  });

  test("[MQTT-3.1.2-26] [MQTT-3.3.2-11] above the announced maximum ends the connection, with a topic or without", () => {
    for (const alias of [ALIASES + 1, 0x100, 0xffff]) {
      for (const topic of ["t", ""]) {
        const bytes = publish(topic, "x", { properties: [topicAlias(alias)] });
        expect(verdictAndReturn(online(mirror), bytes)).toBe(TOPIC_ALIAS_INVALID);
      }
    }
  });

  test("[MQTT-3.1.2-27] of any number ends the connection where none was announced", () => {
    for (const alias of [1, 2, 0xffff]) {
      const bytes = publish("t", "x", { properties: [topicAlias(alias)] });
      expect(verdictAndReturn(online(none), bytes)).toBe(TOPIC_ALIAS_INVALID);
    }
    const announcement = `22${u16(ALIASES)}`;
    expect(new TestNode(mirror).step().open().sent()).toContain(announcement);
    expect(new TestNode(none).step().open().sent(), "no Topic Alias Maximum").not.toContain("2200");
  });

  test("[MQTT-3.3.2-8] 0 ends the connection", () => {
    for (const topic of ["t", ""]) {
      const bytes = publish(topic, "x", { properties: [topicAlias(0)] });
      expect(verdictAndReturn(online(mirror), bytes)).toBe(TOPIC_ALIAS_INVALID);
    }
  });

  test("[MQTT-3.3.2-7] that was given on an earlier connection stands for nothing", () => {
    const aliases = Array.from({ length: ALIASES }, (_, n) => n + 1);
    for (const alias of aliases) {
      const node = online(mirror);
      for (const each of aliases) node.receive(publish("t", "x", { properties: [topicAlias(each)] }));
      node.close(-10).dial().receive(ACCEPTED);
      expect(verdictAndReturn(node, publish("", "x", { properties: [topicAlias(alias)] }))).toBe(PROTOCOL_ERROR);
    }
  });

  test("that was never given stands for nothing", () => {
    expect(verdictAndReturn(online(mirror), publish("", "x", { properties: [topicAlias(2)] }))).toBe(PROTOCOL_ERROR);
  });
});
