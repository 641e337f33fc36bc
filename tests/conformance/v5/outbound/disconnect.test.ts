import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { DISCONNECT, packet, publish, raw, str } from "../../../unit/harness/bytes.ts";
import { ENDED, type TestNode } from "../../../unit/harness/node.ts";
import {
  by,
  connack,
  connack5,
  Do,
  identifier,
  loadLab,
  message,
  onlineLab,
  order,
  puback,
  pubcomp,
  pubrec,
  pubrel,
  read,
  VERSIONS,
} from "../../outbound.ts";

let lab: LoadedModule;
let withWill: LoadedModule;
let all: LoadedModule;
beforeAll(async () => {
  const options = ["NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_OUTBOX=512"];
  lab = await loadLab(...options);
  withWill = await loadLab(...options, "NODE_WILL_ON_STOP=1");
  all = await loadLab(...options, "NODE_COMMANDS=1", "NODE_INBOUND_QOS=2", "NODE_RECEIVE_MAXIMUM=3", "NODE_ALIASES=2");
});

describe.each(VERSIONS)("%s: a node that is stopped", (_, version) => {
  const offline = message(version, "sensor/7/status", "offline", { retain: true });
  const nothingMore = by(
    version,
    "[MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-3.14.1-1]",
    "[MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-3.14.1-1] [MQTT-3.14.2-1]",
  );

  test(`${nothingMore} says \`offline\` and DISCONNECT, closes the link, and sends nothing after it`, () => {
    const node = onlineLab(lab, version);
    node.stop().run(5000);
    expect(node.packets()).toEqual([offline, DISCONNECT]);
    expect({ linked: node.linked, waitMs: node.waitMs }).toEqual({ linked: false, waitMs: ENDED });
    order(node, Do.message("a", "x", 0), Do.reading(1000));
    node.step(1000);
    expect(node.sent()).toBe("");
  });

  test("ends its exchanges first, and takes nothing new out of its queue", () => {
    const node = onlineLab(lab, version);
    order(node, Do.message("a", "0", 2), Do.message("a", "1", 1));
    node.sent();
    node.stop().step();
    expect(node.packets()).toEqual([]);
    order(node, Do.message("a", "2", 1));
    expect(node.packets()).toEqual([]);
    node.receive(pubrec(0), puback(1));
    expect(node.packets()).toEqual([pubrel(0)]);
    node.receive(pubcomp(0));
    expect(node.run(100).packets()).toEqual([offline, DISCONNECT]);
    expect(node.logs()).toEqual(["2 unconfirmed: 1"]);
  });

  test("waits a second for a broker that does not answer", () => {
    const node = onlineLab(lab, version);
    order(node, Do.message("a", "0", 2));
    node.sent();
    node.stop().run(900);
    expect(node.packets()).toEqual([]);
    expect(node.run(200).packets()).toEqual([offline, DISCONNECT]);
    expect(node.logs()).toEqual(["2 unconfirmed: 1"]);
  });

  test(`${by(version, "[MQTT-3.14.4-3]", "[MQTT-3.14.4-3] [MQTT-3.14.2-1]")} has its will sent all the same if it was built so, as far as the version can say that`, () => {
    const node = onlineLab(withWill, version);
    node.stop().run(5000);
    expect(node.packets()).toEqual([offline, version === 5 ? "e00104" : DISCONNECT]);
  });
});

describe("MQTT 5.0: what the node sends in answer", () => {
  const ids = [
    "[MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3]",
    "[MQTT-3.7.2-2] [MQTT-3.7.2-3] [MQTT-3.14.2-3] [MQTT-3.14.2-4]",
  ].join(" ");

  /** Every kind of answer, and every way to end a connection, that this node has. */
  const EPISODES: readonly [string, (node: TestNode) => unknown][] = [
    [
      "messages to it",
      (node) =>
        node.receive(
          ...[0, 1, 2].map((qos) => packet(0x30 | (qos << 1), str("a"), qos > 0 ? `000${qos}` : "", "00", raw("x"))),
          "62020002",
          "62020099",
        ),
    ],
    [
      "messages with reason strings in their answers",
      (node) => {
        order(node, Do.message("a", "0", 2), Do.message("a", "1", 1));
        const why = ["1f", str("because"), "26", str("a"), str("b")];
        node.receive(packet(0x50, identifier(0), "10", "12", ...why), packet(0x40, identifier(1), "10", "12", ...why));
        node.receive(packet(0x70, identifier(0), "00", "12", ...why));
      },
    ],
    ["malformed bytes", (node) => node.receive("41020001")],
    ["a packet out of place", (node) => node.receive(connack5())],
    ["a packet that is too large", (node) => node.receive("30ffff03", str("a"))],
    ["an alias of none", (node) => node.receive(packet(0x30, str("a"), "03", "230009"))],
    [
      "more than the Receive Maximum",
      (node) => node.receive(...[1, 2, 3, 4].map((n) => packet(0x34, str("a"), `000${n}`, "00"))),
    ],
    ["no PINGRESP", (node) => node.run(70_000)],
    ["stop", (node) => node.stop().run(3000)],
  ];

  test.each(EPISODES)(
    `${ids} never has a reason string or a user property, so that none can be too much: %s`,
    (_, episode) => {
      const node = onlineLab(all, 5);
      node.receive(packet(0x90, "0100", "00", "02"));
      const packets: string[] = [];
      episode(node);
      packets.push(...node.packets());
      const kinds = packets
        .map((each) => read(each, 5))
        .filter(({ cmd }) => /^(pub(ack|rec|rel|comp)|disconnect)$/.test(cmd));
      for (const each of packets.filter((each) => /^[4567e]/.test(each))) {
        // Header, identifier and Reason Code at most: there is no room for properties.
        expect(each.length / 2).toBeLessThanOrEqual(each.startsWith("e") ? 3 : 5);
      }
      if (node.links === 1) expect(kinds.length).toBeGreaterThan(0);
    },
  );

  test("[MQTT-3.14.4-1] [MQTT-3.14.4-2] ends with DISCONNECT where the broker broke the standard: nothing follows, and the link is closed", () => {
    for (const [, episode] of EPISODES.slice(2, 7)) {
      const node = onlineLab(all, 5);
      node.receive(packet(0x90, "0100", "00", "02"));
      order(node, Do.message("a", "unsent", 1));
      node.sent();
      node.board.receive(Buffer.from(packet(0x40, identifier(0)), "hex"));
      episode(node);
      const packets = node.packets();
      expect(packets.filter((each) => each.startsWith("e"))).toHaveLength(1);
      expect(packets.at(-1)?.slice(0, 2)).toBe("e0");
      expect(node.linked).toBe(false);
    }
  });

  test("[MQTT-3.14.4-1] is nothing at all once the broker has said DISCONNECT", () => {
    const node = onlineLab(all, 5);
    node.receive(
      packet(0x90, "0100", "00", "02"),
      packet(0x32, str("a"), "0001", "00", raw("x")),
      "e0018b",
      packet(0x32, str("a"), "0002", "00"),
    );
    expect({ sent: node.packets().filter((each) => each !== "40020001"), linked: node.linked }).toEqual({
      sent: [],
      linked: false,
    });
  });
});

describe("MQTT 5.0: AUTH", () => {
  test("[MQTT-3.15.2-2] [MQTT-3.15.2-3] has a method and data, and neither a reason string nor a user property", async () => {
    const { loadApp } = await import("../../../unit/harness/modules.ts");
    const { TestNode } = await import("../../../unit/harness/node.ts");
    const module = await loadApp("tests/conformance/modules/out-auth.ts", [
      "NODE_MQTT=5",
      "NODE_AUTH=1",
      "NODE_MESSAGES=1",
    ]);
    const node = new TestNode(module, { config: { interval: "86400000" } }).dial();
    const ask = packet(0xf0, "18", "0c", "15", str("shared"), "16", str(""));
    node.receive(ask);
    expect(node.packets()).toEqual([packet(0xf0, "18", "12", "15", str("shared"), "16", str("secret"))]);
    node.receive(packet(0x20, "0000", "09", "15", str("shared")));
    node.sent();
    node.board.setConfig("again", "1");
    node.step();
    expect(node.packets()).toEqual([packet(0xf0, "19", "12", "15", str("shared"), "16", str("secret"))]);
    expect(publish("a", "")).toBe("3003000161");
    expect(connack(4)).toBe("20020000");
  });
});
