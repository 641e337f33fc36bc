import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { CONNACK, CONNACK_SESSION_PRESENT, publish, u16 } from "../../unit/harness/bytes.ts";
import { loadApp } from "../../unit/harness/modules.ts";
import { TestNode } from "../../unit/harness/node.ts";

/** tests/conformance/modules/mirror.ts under QoS 2: alone, with a session that lasts, and as 3.1.1 of a module of both versions. */
const MODULES = {
  "a clean session": [],
  "a session that lasts": ["NODE_PERSISTENT=1"],
  "a choice of versions": ["NODE_PERSISTENT=1", "NODE_MQTT=45", "NODE_ALIASES=4"],
};
type Name = keyof typeof MODULES;
const NAMES = Object.keys(MODULES) as Name[];

const modules = new Map<Name, LoadedModule>();
beforeAll(async () => {
  for (const name of NAMES) {
    const options = ["NODE_MESSAGES=1", "NODE_STATUS=0", "NODE_INBOUND_QOS=2", ...MODULES[name]];
    modules.set(name, await loadApp("tests/conformance/modules/mirror.ts", options));
  }
}, 300_000);

function online(name: Name): TestNode {
  const node = new TestNode(modules.get(name) as LoadedModule, { config: { mqtt: "3.1.1" } }).online();
  node.actuations();
  return node;
}

const message = (identifier: number, dup = false): string => publish("t", "x", { qos: 2, identifier, dup });
const pubrec = (identifier: number): string => `5002${u16(identifier)}`;
const pubrel = (identifier: number): string => `6202${u16(identifier)}`;
const pubcomp = (identifier: number): string => `7002${u16(identifier)}`;

/** What a node did about bytes: how many messages its application got, and what it sent. */
function outcome(node: TestNode, ...bytes: readonly string[]): { messages: number; sent: string[] } {
  node.receive(...bytes);
  return { messages: node.actuations().length, sent: node.packets() };
}

describe.each(NAMES)("MQTT 3.1.1: a message under QoS 2 at a node with %s", (name) => {
  test("[MQTT-4.3.3-2] is delivered and recorded, then released, and its identifier is free again", () => {
    const node = online(name);
    for (const identifier of [1, 0x00ff, 0x0100, 0xffff]) {
      for (let round = 0; round < 2; round++) {
        expect(outcome(node, message(identifier))).toEqual({ messages: 1, sent: [pubrec(identifier)] });
        expect(outcome(node, pubrel(identifier))).toEqual({ messages: 0, sent: [pubcomp(identifier)] });
      }
    }
  });

  test("[MQTT-4.3.3-2] is recorded again and not delivered until it is released, with DUP or without", () => {
    const node = online(name);
    outcome(node, message(5));
    for (const dup of [true, false]) expect(outcome(node, message(5, dup))).toEqual({ messages: 0, sent: [pubrec(5)] });
    expect(outcome(node, pubrel(5), message(5))).toEqual({ messages: 1, sent: [pubcomp(5), pubrec(5)] });
  });

  test("[MQTT-4.3.3-2] that was released before is released again: PUBCOMP may have been lost", () => {
    const node = online(name);
    expect(outcome(node, message(5), pubrel(5), pubrel(5)).sent).toEqual([pubrec(5), pubcomp(5), pubcomp(5)]);
    expect(outcome(node, pubrel(77)).sent, "in four bytes: there are no Reason Codes").toEqual([pubcomp(77)]);
  });

  test("[MQTT-4.6.0-3] after message is recorded in the order of arrival", () => {
    const order = [9, 3, 0x300, 4, 1, 77, 5];
    expect(outcome(online(name), ...order.map((each) => message(each))).sent).toEqual(order.map(pubrec));
  });

  test("[MQTT-3.3.2-3] is one that a filter matches, or the application passes over it: it is recorded all the same", () => {
    const node = online(name);
    expect(outcome(node, publish("nobody/asked", "x", { qos: 2, identifier: 8 })).sent).toEqual([pubrec(8)]);
    expect(outcome(node, publish("nobody/asked", "x", { qos: 1, identifier: 9 })).sent).toEqual(["40020009"]);
    expect(node.linked).toBe(true);
  });

  test("[MQTT-3.6.1-1] is released by a PUBREL with flags 0010: with any other the node closes the link", () => {
    for (let flags = 0; flags < 16; flags++) {
      const node = online(name).receive(message(5));
      node.sent();
      node.receive(`6${flags.toString(16)}020005`);
      expect({ linked: node.linked, sent: node.sent() }).toEqual(
        flags === 2 ? { linked: true, sent: pubcomp(5) } : { linked: false, sent: "" },
      );
    }
  });

  test("[MQTT-4.3.3-2] belongs to its session", () => {
    const node = online(name);
    outcome(node, message(5));
    if (name !== "a clean session") {
      node.close(-10).dial().receive(CONNACK_SESSION_PRESENT);
      expect(outcome(node, message(5, true))).toEqual({ messages: 0, sent: [pubrec(5)] });
    }
    node.close(-10).dial().receive(CONNACK);
    expect(outcome(node, message(5))).toEqual({ messages: 1, sent: [pubrec(5)] });
  });

  test("with an identifier of 0, or a packet that says more than it may, closes the link without a word", () => {
    for (const bytes of [message(0), "6203000500", "620100", "62020000", "5003000500", "e000", "f000"]) {
      const node = online(name).receive(bytes);
      expect({ linked: node.linked, sent: node.sent() }, bytes).toEqual({ linked: false, sent: "" });
    }
  });
});

describe("MQTT 3.1.1: a filter that an application asks for", () => {
  const FILTERS: readonly [filter: string, isFilter: boolean][] = [
    ["#", true],
    ["a/#", true],
    ["/#", true],
    ["a#", false],
    ["a/#/b", false],
    ["#/a", false],
    ["##", false],
    ["a/b#", false],
    ["+", true],
    ["+/a", true],
    ["a/+", true],
    ["a/+/b", true],
    ["+/+/#", true],
    ["a+", false],
    ["+a", false],
    ["a/b+/c", false],
    ["++", false],
    ["+#", false],
    ["#+", false],
  ];

  test.each(FILTERS)(
    "[MQTT-4.7.1-2] [MQTT-4.7.1-3] %s is sent if # ends it and wildcards fill their levels: %s",
    (filter, isFilter) => {
      const node = online("a clean session").receive(publish("x", `+${filter}`));
      const sent = node.packets();
      expect(sent.map((each) => each.slice(0, 2))).toEqual(isFilter ? ["82"] : []);
      if (isFilter) expect(sent[0]).toContain(Buffer.from(filter).toString("hex"));
    },
  );
});
