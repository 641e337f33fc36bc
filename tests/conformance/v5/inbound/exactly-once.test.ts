import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { u16 } from "../../../unit/harness/bytes.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import { loadMirror, online, verdictAndReturn } from "./nodes.ts";
import { ACCEPTED, publish, RECEIVE_MAXIMUM_EXCEEDED, RESUMED } from "./packets.ts";

/** The Receive Maximum of the one node that has its own, and of the others. */
const FEW = 3;
const MANY = 20;

let mirror: LoadedModule;
let narrow: LoadedModule;
let persistent: LoadedModule;
beforeAll(async () => {
  mirror = await loadMirror();
  narrow = await loadMirror(`NODE_RECEIVE_MAXIMUM=${FEW}`);
  persistent = await loadMirror("NODE_PERSISTENT=1");
}, 300_000);

const message = (identifier: number, dup = false): string => publish("t", "x", { qos: 2, identifier, dup });
const pubrec = (identifier: number): string => `5002${u16(identifier)}`;
const pubrel = (identifier: number): string => `6202${u16(identifier)}`;
const pubcomp = (identifier: number): string => `7002${u16(identifier)}`;
/** Packet Identifier not found. */
const unknown = (identifier: number): string => `7003${u16(identifier)}92`;

/** What a node did about bytes: how many messages its application got, and what it sent. */
function outcome(node: TestNode, ...bytes: readonly string[]): { messages: number; sent: string[] } {
  node.receive(...bytes);
  return { messages: node.actuations().length, sent: node.packets() };
}

describe("MQTT 5.0: a message under QoS 2", () => {
  test("[MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-2.2.1-5] is delivered and recorded, then released, by its identifier", () => {
    for (const identifier of [1, 0x00ff, 0x0100, 0xffff]) {
      const node = online(mirror);
      expect(outcome(node, message(identifier))).toEqual({ messages: 1, sent: [pubrec(identifier)] });
      expect(outcome(node, pubrel(identifier))).toEqual({ messages: 0, sent: [pubcomp(identifier)] });
    }
  });

  test("[MQTT-4.3.3-10] is recorded again and not delivered until it is released, with DUP or without", () => {
    const node = online(mirror);
    outcome(node, message(5));
    for (const dup of [true, false, true]) {
      expect(outcome(node, message(5, dup))).toEqual({ messages: 0, sent: [pubrec(5)] });
    }
    expect(outcome(node, pubrel(5))).toEqual({ messages: 0, sent: [pubcomp(5)] });
  });

  test("[MQTT-4.3.3-10] is no duplicate of one with another identifier, or of one under QoS 1", () => {
    const node = online(mirror);
    outcome(node, message(5));
    expect(outcome(node, message(0x500))).toEqual({ messages: 1, sent: [pubrec(0x500)] });
    expect(outcome(node, publish("t", "x", { qos: 1, identifier: 6 }), message(6))).toEqual({
      messages: 2,
      sent: ["40020006", pubrec(6)],
    });
  });

  test("[MQTT-4.3.3-12] is a new one once PUBCOMP has gone out", () => {
    const node = online(mirror);
    for (let round = 0; round < 100; round++) {
      expect(outcome(node, message(5), pubrel(5))).toEqual({ messages: 1, sent: [pubrec(5), pubcomp(5)] });
    }
  });

  test("[MQTT-4.3.3-11] that is released twice, or was never sent, is answered with what this side knows of it", () => {
    const node = online(mirror);
    expect(outcome(node, pubrel(5)).sent).toEqual([unknown(5)]);
    expect(outcome(node, message(5), pubrel(5), pubrel(5)).sent).toEqual([pubrec(5), pubcomp(5), unknown(5)]);
    expect(outcome(node, `6203${u16(6)}92`).sent).toEqual([unknown(6)]);
    expect(node.linked).toBe(true);
  });

  test("[MQTT-4.3.3-9] is never refused: no PUBREC of this client sets an identifier free, so a duplicate stays one", () => {
    const node = online(mirror);
    for (const payload of ["", "x", "+not//a//filter#", "-", "d"]) {
      const bytes = publish("t", payload, { qos: 2, identifier: 9 });
      expect(outcome(node, bytes)).toEqual({ messages: 1, sent: [pubrec(9)] });
      expect(outcome(node, bytes, pubrel(9))).toEqual({ messages: 0, sent: [pubrec(9), pubcomp(9)] });
    }
  });

  test("[MQTT-4.3.3-13] that has expired meanwhile is released like any other", () => {
    const node = online(mirror);
    outcome(node, publish("t", "x", { qos: 2, identifier: 5, properties: ["0200000001"] }));
    node.run(30_000).sent();
    expect(outcome(node, publish("t", "x", { qos: 2, identifier: 5, dup: true, properties: ["0200000001"] }))).toEqual({
      messages: 0,
      sent: [pubrec(5)],
    });
    expect(outcome(node, pubrel(5)).sent).toEqual([pubcomp(5)]);
  });

  test("[MQTT-4.3.3-10] is still no new one on the next connection of the session", () => {
    const node = online(persistent);
    outcome(node, message(5), message(6));
    node.close(-10).dial().receive(RESUMED);
    expect(outcome(node, message(5, true))).toEqual({ messages: 0, sent: [pubrec(5)] });
    expect(outcome(node, pubrel(6), pubrel(5)).sent).toEqual([pubcomp(6), pubcomp(5)]);
    expect(outcome(node, message(5))).toEqual({ messages: 1, sent: [pubrec(5)] });
  });

  test("of a session that has ended is a new one", () => {
    const node = online(mirror);
    outcome(node, message(5));
    node.close(-10).dial().receive(ACCEPTED);
    node.packets();
    expect(outcome(node, message(5))).toEqual({ messages: 1, sent: [pubrec(5)] });
  });

  test("that breaks off with its connection is not delivered, and is whole on the next one", () => {
    const node = online(persistent).receive(message(5).slice(0, -2));
    node.close(-10).dial().receive(RESUMED);
    expect(outcome(node, message(5, true))).toEqual({ messages: 1, sent: [pubrec(5)] });
  });

  test("is answered in the order of arrival, whatever is released in between", () => {
    const node = online(mirror);
    expect(outcome(node, message(3), message(1), pubrel(3), message(2), pubrel(2), pubrel(1)).sent).toEqual([
      pubrec(3),
      pubrec(1),
      pubcomp(3),
      pubrec(2),
      pubcomp(2),
      pubcomp(1),
    ]);
  });
});

describe("MQTT 5.0: [MQTT-3.3.4-9] more messages than this client's Receive Maximum", () => {
  const fill = (module: LoadedModule, count: number): TestNode =>
    online(module).receive(...Array.from({ length: count }, (_, n) => message(n + 1)));

  test.each([
    ["3", () => narrow, FEW],
    ["20", () => mirror, MANY],
  ] as const)("end the connection, and as many do not, where that is %s", (_, module, maximum) => {
    const node = fill(module(), maximum);
    expect({ linked: node.linked, messages: node.actuations().length }).toEqual({ linked: true, messages: maximum });
    expect(verdictAndReturn(node, message(maximum + 1))).toBe(RECEIVE_MAXIMUM_EXCEEDED);
    expect(node.actuations()).toEqual([]);
  });

  test("are counted under QoS 1 as well, and not under QoS 0", () => {
    const node = fill(narrow, FEW).receive(publish("t", "x"));
    expect(node.linked).toBe(true);
    expect(verdictAndReturn(node, publish("t", "x", { qos: 1, identifier: 99 }))).toBe(RECEIVE_MAXIMUM_EXCEEDED);
    const almost = fill(narrow, FEW - 1).receive(
      ...[7, 8, 9].map((identifier) => publish("t", "x", { qos: 1, identifier })),
    );
    expect(almost.linked).toBe(true);
  });

  test("are none while duplicates come, and none once one is released", () => {
    const node = fill(narrow, FEW).receive(message(1, true), message(2, true), message(3));
    expect(node.linked).toBe(true);
    node.receive(pubrel(2), message(2));
    expect(node.linked).toBe(true);
    expect(verdictAndReturn(node, message(4))).toBe(RECEIVE_MAXIMUM_EXCEEDED);
  });
});
