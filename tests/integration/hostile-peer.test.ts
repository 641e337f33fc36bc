import { describe, expect } from "vitest";
import { labTest } from "./lab.ts";
import { type Example, TARGETS } from "./nodes.ts";

interface Hostility {
  readonly what: string;
  readonly bytes: string;
}

/** Sent instead of CONNACK. */
const INSTEAD_OF_CONNACK: readonly Hostility[] = [
  { what: "PUBLISH before CONNACK [MQTT-3.2.0-1]", bytes: "30 05 00 01 61 68 69" },
  { what: "PINGRESP before CONNACK", bytes: "d0 00" },
  { what: "CONNACK with reserved flags [MQTT-3.2.2-1]", bytes: "20 02 02 00" },
  { what: "CONNACK with a return code that there is not", bytes: "20 02 00 06" },
  { what: "CONNACK that refuses and has a session [MQTT-3.2.2-4]", bytes: "20 02 01 02" },
  { what: "CONNACK with flags in its first byte", bytes: "21 02 00 00" },
  { what: "CONNACK that is too long", bytes: "20 03 00 00 00" },
  { what: "CONNACK whose length takes more bytes than it needs", bytes: "20 82 00 00 00" },
  { what: "CONNECT", bytes: "10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00" },
  { what: "a web server's answer", bytes: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n").toString("hex") },
];

/** Sent after a good CONNACK. */
const TO_ALL: readonly Hostility[] = [
  { what: "a second CONNACK", bytes: "20 02 00 00" },
  { what: "reserved packet type 0", bytes: "00 00" },
  { what: "reserved packet type 15", bytes: "f0 00" },
  { what: "PINGRESP that nobody asked for", bytes: "d0 00" },
  { what: "PINGRESP with a body", bytes: "d0 01 00" },
  { what: "PUBACK for nothing in flight", bytes: "40 02 12 34" },
  { what: "PUBACK with flags [MQTT-2.2.2-1]", bytes: "41 02 80 00" },
  { what: "PUBACK that is too long", bytes: "40 03 80 00 00" },
  { what: "SUBSCRIBE", bytes: "82 06 00 01 00 01 61 00" },
  { what: "PINGREQ", bytes: "c0 00" },
  { what: "DISCONNECT", bytes: "e0 00" },
  { what: "a Remaining Length of five bytes", bytes: "d0 ff ff ff ff 01" },
];

/** Sent after a good CONNACK to nodes that receive messages. */
const TO_RECEIVERS: readonly Hostility[] = [
  { what: "PUBLISH of QoS 2, which was not granted", bytes: "34 07 00 01 61 00 01 68 69" },
  { what: "PUBLISH with both QoS bits [MQTT-3.3.1-4]", bytes: "36 07 00 01 61 00 01 68 69" },
  { what: "PUBLISH of QoS 0 with DUP [MQTT-3.3.1-2]", bytes: "38 05 00 01 61 68 69" },
  { what: "PUBLISH with identifier 0 [MQTT-2.3.1-1]", bytes: "32 07 00 01 61 00 00 68 69" },
  { what: "PUBLISH with a wildcard in its topic [MQTT-3.3.2-2]", bytes: "30 05 00 01 2b 68 69" },
  { what: "PUBLISH without a topic [MQTT-4.7.3-1]", bytes: "30 04 00 00 68 69" },
  { what: "PUBLISH with U+0000 in its topic [MQTT-1.5.3-2]", bytes: "30 06 00 02 61 00 68 69" },
  { what: "PUBLISH with half a character in its topic [MQTT-1.5.3-1]", bytes: "30 06 00 02 61 c3 68 69" },
  { what: "PUBLISH with a surrogate in its topic [MQTT-1.5.3-1]", bytes: "30 07 00 03 ed a0 80 68 69" },
  { what: "PUBLISH whose topic is longer than the packet", bytes: "30 04 00 09 61 62" },
  { what: "PUBLISH that ends in its identifier", bytes: "32 04 00 01 61 00" },
  { what: "PUBLISH that is empty", bytes: "30 00" },
  { what: "PUBLISH that is huge and has a wildcard in its topic", bytes: "30 ff ff ff 7f 00 01 2b" },
  { what: "SUBACK that nobody asked for", bytes: "90 03 00 07 01" },
  { what: "SUBACK that grants QoS 2", bytes: "90 03 00 01 02" },
  { what: "SUBACK with two return codes", bytes: "90 04 00 01 01 01" },
  { what: "UNSUBACK that nobody asked for", bytes: "b0 02 00 21" },
];

const NODES: readonly { readonly module: Example; readonly afterConnack: readonly Hostility[] }[] = [
  {
    module: "temperature",
    afterConnack: [...TO_ALL, { what: "PUBLISH to a node without subscriptions", bytes: "30 05 00 01 61 68 69" }],
  },
  { module: "commands", afterConnack: [...TO_ALL, ...TO_RECEIVERS] },
];

describe.each(TARGETS)("MQTT 3.1.1: a node under $name", (target) => {
  const test = labTest(target);

  for (const { module, afterConnack } of NODES) {
    const cases = [
      ...INSTEAD_OF_CONNACK.map((each) => ({ ...each, accepts: false })),
      ...afterConnack.map((each) => ({ ...each, accepts: true })),
    ];

    test(`[MQTT-4.8.0-1] with the ${module} module closes the link to a server that breaks the standard, and tries again`, async (lab) => {
      const broker = await lab.fakeBroker(({ client, connection, packet }, link) => {
        if (connection > 0) return link.behave(packet);
        if (packet.cmd !== "connect") return;
        const { bytes, accepts } = cases[Number(client)] as (typeof cases)[number];
        if (accepts) link.accept();
        link.sendBytes(Buffer.from(bytes.replaceAll(" ", ""), "hex"));
      });
      const check = async ({ what, bytes }: Hostility, index: number): Promise<void> => {
        const id = String(index);
        const node = await lab.node(broker, { module, id, seed: index + 1 });
        await broker.closed.first(`end of the link after ${what}`, ({ client }) => client === id);
        await node.says(`bad packet: ${Number.parseInt(bytes.slice(0, 2), 16)}`);
        await broker.received.first(`reading after ${what}`, ({ client, connection, packet }) => {
          return client === id && connection === 1 && packet.cmd === "publish" && packet.messageId !== undefined;
        });
        expect(node.said("link closed"), `the link ended for one reason, ${what}`).toBe(0);
      };
      // Each is a machine that starts: not all of them at once.
      const atOnce = target.engine === "rv32" ? 4 : cases.length;
      for (let from = 0; from < cases.length; from += atOnce) {
        const group = cases.slice(from, from + atOnce);
        await Promise.all(group.map((each, index) => check(each, from + index)));
      }
      expect(broker.closed.entries.filter(({ connection }) => connection > 0)).toEqual([]);
    });
  }

  test("[MQTT-3.2.2-1] has no session that a server could claim to have kept for a clean one", async (lab) => {
    const broker = await lab.fakeBroker(({ connection, packet }, link) => {
      if (connection > 0) link.behave(packet);
      else if (packet.cmd === "connect") link.send({ cmd: "connack", returnCode: 0, sessionPresent: true });
    });
    const node = await lab.node(broker);
    await node.says("bad packet: 32");
    await broker.received.first("next CONNECT", ({ connection }) => connection === 1);
  });

  test("takes a message in the same segment as CONNACK, and PUBACKs in any order", async (lab) => {
    const publish = {
      cmd: "publish",
      topic: "house/attic/alarm",
      payload: "on",
      qos: 0,
      dup: false,
      retain: false,
    } as const;
    const held: number[] = [];
    const broker = await lab.fakeBroker(({ packet }, link) => {
      if (packet.cmd === "connect") {
        link.accept();
        link.send(publish);
      } else if (packet.cmd === "publish" && packet.messageId) {
        held.push(packet.messageId);
        if (held.length < 3) return;
        for (const messageId of held.splice(0).reverse()) link.send({ cmd: "puback", messageId });
      }
    });
    const node = await lab.node(broker, { module: "commands", intervalMs: 100 });
    await node.says("actuator 0 = 1");
    await broker.received.all(12, "readings", ({ packet }) => packet.cmd === "publish" && Boolean(packet.messageId));
    expect(broker.closed.entries).toEqual([]);
    expect(node.said("bad packet")).toBe(0);
  });

  test("keeps at most eight readings in flight to a broker that acknowledges none", async (lab) => {
    const broker = await lab.fakeBroker(({ packet }, link) => {
      if (packet.cmd === "connect") link.accept();
    });
    const node = await lab.node(broker, { intervalMs: 100 });
    await node.says("readings dropped: 1", 0, 8_000);
    expect(broker.received.count(({ packet }) => packet.cmd === "publish" && Boolean(packet.messageId))).toBe(8);
  });
});
