import { beforeAll, describe, expect, test } from "vitest";
import { PINGREQ, PINGRESP } from "../../../unit/harness/bytes.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import { loadModules, type Modules, READING } from "./carriers.ts";
import {
  GOOD_SUBACK,
  GOOD_UNSUBACK,
  misjudged,
  online,
  SUBSCRIBED,
  subscribing,
  UNSUBSCRIBED,
  unsubscribing,
  verdict,
  verdictAndReturn,
} from "./nodes.ts";
import { ACCEPTED, answer, MALFORMED, PROTOCOL_ERROR, publish, SUBACK, UNSUBACK, u8 } from "./packets.ts";

let modules: Modules;
beforeAll(async () => {
  modules = await loadModules();
}, 300_000);

/** A node gives a server up that has owed it an answer for so long, as seen from one look to the next. */
const PATIENCE_MS = 25_000;
/** 0 to 65535, a hundred or so of them, as they stand on the wire. */
const IDENTIFIERS = Array.from({ length: 0x10000 }, (_, n) => n.toString(16).padStart(4, "0")).filter(
  (each, n) => n % 700 === 0 || each.endsWith("00") || each.startsWith("00"),
);

const REQUESTS: readonly [name: string, statements: string, first: number, identifier: string, owed: () => TestNode][] =
  [
    ["SUBACK", "[MQTT-3.8.4-2] [MQTT-2.2.1-6]", SUBACK, SUBSCRIBED, () => subscribing(modules.mirror)],
    ["UNSUBACK", "[MQTT-3.10.4-5] [MQTT-2.2.1-6]", UNSUBACK, UNSUBSCRIBED, () => unsubscribing(modules.mirror)],
  ];

describe.each(REQUESTS)("MQTT 5.0: %s", (name, statements, first, identifier, owed) => {
  test(`${statements} has the identifier of the request: any other ends the connection`, () => {
    expect(
      misjudged(
        owed(),
        IDENTIFIERS,
        (each) => answer(first, each, [0]),
        (each) => (each === identifier ? "accepted" : PROTOCOL_ERROR),
      ),
    ).toEqual([]);
    expect(verdictAndReturn(owed(), answer(first, "0099", [0]))).toBe(PROTOCOL_ERROR);
  });

  test("comes once, and only to the connection that asked", () => {
    const good = answer(first, identifier, [0]);
    expect(verdict(owed(), good)).toBe("accepted");
    expect(verdictAndReturn(owed(), good, good)).toBe(PROTOCOL_ERROR);
    const node = owed();
    node.close(-10).dial().receive(ACCEPTED);
    expect(verdictAndReturn(node, good)).toBe(PROTOCOL_ERROR);
  });

  const counted = name === "SUBACK" ? "[MQTT-3.8.4-6] [MQTT-3.9.3-1]" : "[MQTT-3.11.3-1]";
  test(`${counted} has one Reason Code for the one filter that was asked for, in the place of that filter`, () => {
    for (const codes of [[], [0, 0], [0, 0x80], Array<number>(100).fill(0)]) {
      expect(verdictAndReturn(owed(), answer(first, identifier, codes))).toBe(PROTOCOL_ERROR);
    }
  });

  test("is cut off nowhere", () => {
    const whole = answer(first, identifier, [0]).slice(4);
    for (const bytes of ["", whole.slice(0, 2), whole.slice(0, 4)]) {
      expect(verdictAndReturn(owed(), u8(first) + u8(bytes.length / 2) + bytes)).toBe(MALFORMED);
    }
  });
});

describe("MQTT 5.0: an answer that does not come", () => {
  test.each([
    ["[MQTT-3.8.4-1] SUBACK", () => subscribing(modules.mirror), GOOD_SUBACK],
    ["[MQTT-3.10.4-4] UNSUBACK", () => unsubscribing(modules.mirror), GOOD_UNSUBACK],
    [
      "[MQTT-3.12.4-1] PINGRESP",
      () => {
        const node = online(modules.mirror).run(45_000);
        expect(node.sent()).toBe(PINGREQ);
        return node;
      },
      PINGRESP,
    ],
  ] as const)("%s: the node gives the server up after a while", (_, owed, good) => {
    const silent = owed().run(PATIENCE_MS);
    expect(silent.logs()).toContain("2 link closed: -12");
    const answered = owed().receive(good).run(PATIENCE_MS);
    expect({ linked: answered.linked, logs: answered.logs() }).toEqual({ linked: true, logs: [] });
  });
});

describe("MQTT 5.0: SUBACK and UNSUBACK", () => {
  test("answer requests in any order", () => {
    const node = online(modules.mirror);
    node.receive(...["+a", "+b", "+c", "-a", "-b"].map((command) => publish("x", command)));
    const answers = [answer(UNSUBACK, "2200", [0x11]), answer(SUBACK, "0300", [0]), answer(SUBACK, "0100", [1])];
    expect(verdict(node, ...answers, answer(UNSUBACK, "2100", [0]), answer(SUBACK, "0200", [2]))).toBe("accepted");
  });

  test("[MQTT-3.8.4-7] grants no QoS above the one that this module asks for", () => {
    const node = subscribing(modules.mirror);
    expect(
      misjudged(
        node,
        [0, 1, 2],
        (qos) => answer(SUBACK, SUBSCRIBED, [qos]),
        () => "accepted",
      ),
    ).toEqual([]);
    expect(verdictAndReturn(node, answer(SUBACK, SUBSCRIBED, [3]))).toBe(PROTOCOL_ERROR);
  });
});

describe("MQTT 5.0: [MQTT-2.2.1-5] an acknowledgement of what was published", () => {
  test.each([
    ["PUBACK", 0x40, () => online(modules.qos1)],
    ["PUBREC", 0x50, () => online(modules.qos2)],
    ["PUBCOMP", 0x70, () => online(modules.qos2).receive(`5002${READING}`)],
  ] as const)("%s has the identifier of its PUBLISH: any other ends the connection", (_, first, owed) => {
    expect(
      misjudged(
        owed(),
        IDENTIFIERS,
        (each) => `${u8(first)}02${each}`,
        (each) => (each === READING ? "accepted" : PROTOCOL_ERROR),
      ),
    ).toEqual([]);
    expect(verdictAndReturn(owed(), `${u8(first)}020001`)).toBe(PROTOCOL_ERROR);
  });

  test("is of the kind that its QoS calls for", () => {
    expect(verdictAndReturn(online(modules.qos1), `5002${READING}`)).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(online(modules.qos1), `7002${READING}`)).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(online(modules.qos2), `4002${READING}`)).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(online(modules.qos2), `7002${READING}`), "PUBCOMP before PUBREC").toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(online(modules.qos1), "62020001"), "PUBREL without QoS 2").toBe(PROTOCOL_ERROR);
  });
});
