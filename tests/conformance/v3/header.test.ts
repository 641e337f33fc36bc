import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { CONNACK, identifierOf, PINGREQ, PINGRESP, puback, publish } from "../../unit/harness/bytes.ts";
import { loadTemperature, loadTestApp } from "../../unit/harness/modules.ts";
import { TestNode } from "../../unit/harness/node.ts";

/** The first byte of every packet that this client sends, with the reserved flags of table 2.2. PUBLISH has no reserved ones. */
const FIRST_BYTES: Readonly<Record<string, number>> = {
  CONNECT: 0x10,
  PUBACK: 0x40,
  SUBSCRIBE: 0x82,
  UNSUBSCRIBE: 0xa2,
  PINGREQ: 0xc0,
  DISCONNECT: 0xe0,
};
const PUBLISH_TYPE = 3;

let module: LoadedModule;
let temperature: LoadedModule;
beforeAll(async () => {
  temperature = await loadTemperature();
  module = await loadTestApp("lab", "NODE_COMMANDS=1");
});

/** Online, with a SUBSCRIBE and an UNSUBSCRIBE that the server owes an answer. */
function owed(): TestNode {
  const node = new TestNode(module).online().receive("9003010001");
  node.receive(publish("x", "1a"), publish("x", "-a"));
  expect(node.packets()).toEqual(["8206010000016101", "a2052100000161"]);
  return node;
}

describe("MQTT 3.1.1: the first byte of a packet", () => {
  test("[MQTT-2.2.2-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] has the reserved flags as tabled, in each packet of a node's life", () => {
    const node = new TestNode(module).step().open();
    const packets = node.packets();
    packets.push(...node.receive(CONNACK).packets());
    packets.push(...node.receive("9003010001").packets());
    for (const payload of ["1a/+", "-a/+", "0b"]) {
      packets.push(...node.receive(publish("x", payload, { qos: 1 })).packets());
    }
    packets.push(...node.receive("9003010001", "9003020000", "b0022100").packets());
    for (let n = 0; n < 100; n++) {
      const sent = node.run(1_000).packets();
      packets.push(...sent);
      for (const packet of sent) node.receive(packet === PINGREQ ? PINGRESP : puback(identifierOf(packet)));
    }
    node.stop().step();
    packets.push(...node.packets());

    const seen = new Set(packets.map((packet) => Number.parseInt(packet.slice(0, 2), 16)));
    const reserved = [...seen].filter((byte) => byte >> 4 !== PUBLISH_TYPE).toSorted((a, b) => a - b);
    expect(reserved).toEqual(Object.values(FIRST_BYTES).toSorted((a, b) => a - b));
  });
});

describe("MQTT 3.1.1: [MQTT-2.2.2-2] reserved flags that are not as tabled close the link", () => {
  const SITUATIONS: readonly [packet: string, bytes: string, prepare: () => TestNode][] = [
    ["CONNACK", "20020000", () => new TestNode(module).dial()],
    ["PUBACK", "40020080", () => new TestNode(temperature).online()],
    ["SUBACK", "9003010001", owed],
    ["UNSUBACK", "b0022100", owed],
    ["PINGRESP", PINGRESP, () => new TestNode(module).online().receive("9003010001").run(45_000)],
  ];

  test.each(SITUATIONS)("in %s", (_, bytes, prepare) => {
    expect(prepare().receive(bytes).linked, "with the right flags").toBe(true);
    for (let flags = 1; flags < 16; flags++) {
      const first = (Number.parseInt(bytes.slice(0, 2), 16) | flags).toString(16);
      const node = prepare().receive(first + bytes.slice(2));
      expect({ linked: node.linked, logs: node.logs() }).toEqual({
        linked: false,
        logs: [`2 bad packet: ${Number.parseInt(first, 16)}`],
      });
    }
  });
});
