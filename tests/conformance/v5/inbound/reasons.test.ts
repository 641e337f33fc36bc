import { beforeAll, describe, expect, test } from "vitest";
import { packet, str } from "../../../unit/harness/bytes.ts";
import { CARRIERS, carrierOf, loadModules, type Modules, READING } from "./carriers.ts";
import {
  misjudged,
  online,
  SUBSCRIBED,
  subscribing,
  UNSUBSCRIBED,
  unsubscribing,
  verdict,
  verdictAndReturn,
} from "./nodes.ts";
import {
  acknowledgement,
  answer,
  auth,
  authentication,
  connack,
  disconnect,
  PROTOCOL_ERROR,
  properties,
  publish,
  reasonString,
  SUBACK,
  UNSUBACK,
  userProperty,
} from "./packets.ts";
import { isTabled } from "./reason-table.ts";

let modules: Modules;
beforeAll(async () => {
  modules = await loadModules();
}, 300_000);

const ALL = Array.from({ length: 256 }, (_, code) => code);
const FIRST_FAILURE = 0x80;

const STATEMENTS: Readonly<Record<string, string>> = {
  CONNACK: "[MQTT-3.2.2-8]",
  PUBACK: "[MQTT-3.4.2-1]",
  PUBREC: "[MQTT-3.5.2-1]",
  PUBREL: "[MQTT-3.6.2-1]",
  PUBCOMP: "[MQTT-3.7.2-1]",
  SUBACK: "[MQTT-3.8.4-7] [MQTT-3.9.3-2]",
  UNSUBACK: "[MQTT-3.11.3-2]",
  DISCONNECT: "[MQTT-3.14.2-1]",
  AUTH: "[MQTT-3.15.2-1] [MQTT-4.12.0-2]",
};

describe("MQTT 5.0: Reason Codes", () => {
  test.each(
    CARRIERS.filter(({ name }) => name in STATEMENTS).map((each) => [STATEMENTS[each.name], each.name, each] as const),
  )("%s of %s are those of its table; any other of the 256 is a Protocol Error", (_, name, carrier) => {
    const refuses = name === "CONNACK";
    expect(
      misjudged(
        carrier.prepare(modules),
        ALL,
        (code) => carrier.bytes(code, properties(carrier.base)),
        (code) => {
          if (!isTabled(name, code)) return PROTOCOL_ERROR;
          return refuses && code >= FIRST_FAILURE ? "closed" : carrier.verdict;
        },
      ),
    ).toEqual([]);
  });

  test.each(["PUBACK", "PUBREC", "PUBREL", "PUBCOMP"])("of %s may end it: the properties may be left out", (name) => {
    const carrier = carrierOf(name);
    expect(
      misjudged(
        carrier.prepare(modules),
        ALL,
        (code) => carrier.bytes(code, ""),
        (code) => (isTabled(name, code) ? "accepted" : PROTOCOL_ERROR),
      ),
    ).toEqual([]);
  });

  test("of DISCONNECT may be left out, and its properties too", () => {
    const node = online(modules.mirror);
    expect(verdict(node, "e000")).toBe("closed");
    expect(node.logs()).toEqual(["2 disconnected: 0"]);
    expect(
      misjudged(
        online(modules.mirror),
        ALL,
        (code) => packet(0xe0, code.toString(16).padStart(2, "0")),
        (code) => (isTabled("DISCONNECT", code) ? "closed" : PROTOCOL_ERROR),
      ),
    ).toEqual([]);
  });

  test("that are not tabled end the connection, and not the node", () => {
    for (const carrier of CARRIERS.filter(({ name }) => name in STATEMENTS)) {
      const bytes = carrier.bytes(0x7f, properties(carrier.base));
      expect(verdictAndReturn(carrier.prepare(modules), bytes), carrier.name).toBe(PROTOCOL_ERROR);
    }
  });
});

describe("MQTT 5.0: a failure that the server tells", () => {
  const REASON = [reasonString("not you"), userProperty("k", "v")];

  test.each([
    ["PUBACK", 0x40, () => modules.qos1],
    ["PUBREC", 0x50, () => modules.qos2],
  ] as const)("[MQTT-4.13.2-1] in %s concerns its message alone: it is logged, with its reason", (_, first, module) => {
    for (const code of [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]) {
      const node = online(module()).receive(acknowledgement(first, READING, code, ...REASON));
      expect({ linked: node.linked, logs: node.logs() }).toEqual({
        linked: true,
        logs: [`3 refused: ${code}`, "3 not you"],
      });
    }
  });

  test("in SUBACK is logged with its reason, and ends nothing", () => {
    const node = subscribing(modules.mirror).receive(answer(SUBACK, SUBSCRIBED, [0x87], ...REASON));
    expect({ linked: node.linked, logs: node.logs() }).toEqual({
      linked: true,
      logs: ["3 subscription refused", "3 not you"],
    });
  });

  test("in UNSUBACK is logged with its reason, and counts no message as lost", () => {
    const node = unsubscribing(modules.mirror).receive(publish("x", "d"));
    expect(node.logs()).toContain("1 0 dropped");
    node.receive(answer(UNSUBACK, UNSUBSCRIBED, [0x87], ...REASON));
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: ["3 refused: 135", "3 not you"] });
    node.receive(publish("x", "d"));
    expect(node.logs()).toContain("1 0 dropped");
  });

  test("is told in its own words, whatever follows in the same bytes", () => {
    const behind = publish("t", "w".repeat(200));
    const CASES: readonly [string, () => string[]][] = [
      [
        "SUBACK",
        () =>
          subscribing(modules.mirror)
            .receive(answer(SUBACK, SUBSCRIBED, [0x80], ...REASON), behind)
            .logs()
            .slice(0, 2),
      ],
      [
        "DISCONNECT",
        () =>
          online(modules.mirror)
            .receive(disconnect(0x80, ...REASON), behind)
            .logs(),
      ],
      [
        "PUBACK",
        () =>
          online(modules.qos1)
            .receive(acknowledgement(0x40, READING, 0x80, ...REASON), "d0", "00")
            .logs()
            .slice(0, 2),
      ],
      [
        "CONNACK",
        () => {
          const node = online(modules.mirror);
          node.close(-10).dial().logs();
          return node.receive(connack({ reason: 0x80, properties: REASON }), behind).logs();
        },
      ],
    ];
    for (const [name, logs] of CASES) expect(logs().at(1), name).toBe("3 not you");
  });

  test("without a reason is told without one, though an earlier packet had one", () => {
    const node = online(modules.qos1, connack({ properties: [reasonString("welcome")] }));
    node.receive(acknowledgement(0x40, READING, 0x87));
    expect(node.logs()).toEqual(["3 refused: 135"]);
    const other = online(modules.mirror, connack({ properties: [reasonString("welcome")] }));
    expect(other.receive("e00180").logs()).toEqual(["3 disconnected: 128"]);
  });

  test("a bad packet is logged by its own first byte, whatever follows in the same bytes", () => {
    const node = online(modules.mirror).receive("d000", publish("t", "x"));
    expect(node.logs()).toEqual(["2 bad packet: 208"]);
  });
});

describe("MQTT 5.0: a node that asks for no problem information", () => {
  let quiet: Modules;
  beforeAll(async () => {
    const { loadMirror } = await import("./nodes.ts");
    const { loadTemperature } = await import("../../../unit/harness/modules.ts");
    const none = ["NODE_MQTT=5", "NODE_STATUS=0", "NODE_PROBLEM_INFORMATION=0"];
    quiet = {
      mirror: await loadMirror("NODE_PROBLEM_INFORMATION=0"),
      authenticating: await loadMirror("NODE_PROBLEM_INFORMATION=0", "NODE_AUTH=1"),
      qos1: await loadTemperature(...none),
      qos2: await loadTemperature(...none, "NODE_QOS=2"),
    };
  }, 300_000);

  test.each(CARRIERS.map((carrier) => [carrier.name, carrier] as const))(
    "[MQTT-3.1.2-29] gets it in PUBLISH, CONNACK and DISCONNECT alone: in %s",
    (name, carrier) => {
      const isAllowed = ["PUBLISH", "CONNACK", "DISCONNECT"].includes(name);
      for (const property of [reasonString("why"), userProperty("k", "v")]) {
        if (name === "PUBLISH" && property.startsWith("1f")) continue;
        const bytes = carrier.bytes(carrier.good, properties(carrier.base, property));
        expect(verdict(carrier.prepare(quiet), bytes)).toBe(isAllowed ? carrier.verdict : PROTOCOL_ERROR);
      }
      expect(verdict(carrier.prepare(quiet), carrier.bytes(carrier.good, properties(carrier.base)))).toBe(
        carrier.verdict,
      );
    },
  );

  test("[MQTT-3.1.2-29] still answers an AUTH that has none", () => {
    const node = carrierOf("AUTH")
      .prepare(quiet)
      .receive(auth(0x18, authentication("MIRROR", "q")));
    expect(node.sent()).toContain(`15${str("MIRROR")}`);
  });
});
