import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import {
  CONNACK,
  CONNACK_SESSION_PRESENT,
  DISCONNECT,
  hex,
  packet,
  puback,
  publish,
  raw,
  str,
} from "./harness/bytes.ts";
import { loadApp, loadCommands, loadTestApp } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let commands: LoadedModule;
let lab: LoadedModule;
beforeAll(async () => {
  commands = await loadCommands();
  lab = await loadTestApp("lab", "NODE_COMMANDS=1");
});

const STATUS = hex("31 17", str("sensor/7/status"), raw("online"));
const SUBSCRIBE_COMMANDS = hex("82 13", "0100", str("sensor/7/cmd/+"), "01");

/** Online, the SUBSCRIBE of this node's commands answered. The application has asked for nothing yet. */
function laboratory(): TestNode {
  const node = new TestNode(lab).online();
  return node.receive("9003010001");
}

/** Has the application do something; returns what was sent and the result. */
function tell(node: TestNode, payload: string): { packets: string[]; result: number | undefined } {
  node.receive(publish("x", payload));
  return { packets: node.packets(), result: node.actuations()[0] };
}

describe("MQTT 3.1.1: a node that takes commands", () => {
  test("[MQTT-3.8.1-1] [MQTT-3.8.3-3] [MQTT-3-8.3-4] [MQTT-2.3.1-1] subscribes to them, then to what the application asks for, under QoS 1, each with its own identifier", () => {
    const node = new TestNode(commands).sensorError(-1).dial();
    node.receive(CONNACK);
    expect(node.packets()).toEqual([STATUS, SUBSCRIBE_COMMANDS, hex("82 12", "0200", str("house/+/alarm"), "01")]);
  });

  test("subscribes to both with the longest id as well", () => {
    const id = "abcdefghijklmnopqrstuvw";
    const node = new TestNode(commands, { config: { id } }).sensorError(-1).dial();
    node.receive(CONNACK);
    expect(node.packets().slice(1)).toEqual([
      packet(0x82, "0100", str(`sensor/${id}/cmd/+`), "01"),
      packet(0x82, "0200", str("house/+/alarm"), "01"),
    ]);
  });

  test("[MQTT-3.2.2-2] does not subscribe again where the broker kept the session and the answers had come", () => {
    const node = new TestNode(commands).online();
    node.receive("9003010001", "9003020001", puback("0080")).sensorError(-1).close(-10).dial();
    node.receive(CONNACK_SESSION_PRESENT);
    expect(node.packets()).toEqual([STATUS]);
  });

  test("subscribes again where the link broke before the SUBACK, though the session is present", () => {
    const node = new TestNode(commands).online();
    node.receive(puback("0080")).sensorError(-1).close(-10).dial();
    node.receive(CONNACK_SESSION_PRESENT);
    const topics = node.packets().filter((each) => each.startsWith("82"));
    expect(topics.map((each) => each.slice(8))).toEqual([
      hex(str("sensor/7/cmd/+"), "01"),
      hex(str("house/+/alarm"), "01"),
    ]);
  });

  test("[MQTT-3.2.2-3] subscribes again where the session is new", () => {
    const node = new TestNode(commands).online();
    node.receive("9003010001", "9003020001", puback("0080")).sensorError(-1).close(-10).dial();
    node.receive(CONNACK);
    expect(node.packets()).toEqual([STATUS, SUBSCRIBE_COMMANDS, hex("82 12", "0200", str("house/+/alarm"), "01")]);
  });

  test("says nothing of subscriptions if it takes none", async () => {
    const node = new TestNode(await loadApp("examples/temperature/index.ts")).sensorError(-1).dial();
    node.receive(CONNACK);
    expect(node.packets()).toEqual([STATUS]);
  });
});

describe("MQTT 3.1.1: SUBSCRIBE and UNSUBSCRIBE", () => {
  test("[MQTT-3.8.3-1] [MQTT-3.10.1-1] [MQTT-3.10.3-1] [MQTT-3.10.3-2] are one packet for each filter, at the QoS that was asked for", () => {
    const node = laboratory();
    expect(tell(node, "0a/+")).toEqual({ packets: [hex("82 08", "0100", str("a/+"), "00")], result: 1 });
    expect(tell(node, "1#")).toEqual({ packets: [hex("82 06", "0200", str("#"), "01")], result: 1 });
    expect(tell(node, "-ä/#")).toEqual({ packets: [hex("a2 08", "2100", str("ä/#"))], result: 1 });
  });

  test("[MQTT-2.3.1-2] [MQTT-2.3.1-3] use no identifier that is in use, and free it with the answer", () => {
    const node = laboratory();
    const identifiers = ["a", "b", "c", "d"].map((filter) => tell(node, `0${filter}`).packets[0]?.slice(4, 8));
    expect(new Set(identifiers).size).toBe(4);
    node.receive(`9003${identifiers[1]}00`);
    expect(tell(node, "0e").packets[0]?.slice(4, 8)).toBe(identifiers[1]);
    expect(identifiers).not.toContain(tell(node, "0f").packets[0]?.slice(4, 8));
  });

  test("wait for 32 answers each, and say so when there would be one more", () => {
    const node = laboratory();
    for (let n = 0; n < 32; n++) expect(tell(node, "0a").result).toBe(1);
    expect(tell(node, "0a")).toEqual({ packets: [], result: 0 });
    for (let n = 0; n < 32; n++) expect(tell(node, "-a").result).toBe(1);
    expect(tell(node, "-a")).toEqual({ packets: [], result: 0 });
    node.receive("9003010000");
    expect(tell(node, "0a").result).toBe(1);
  });

  test("[MQTT-4.7.3-3] take a filter of 122 bytes and refuse one of 123", () => {
    const node = laboratory();
    const filter = "f".repeat(122);
    expect(tell(node, `1${filter}`)).toEqual({ packets: [packet(0x82, "0100", str(filter), "01")], result: 1 });
    expect(tell(node, `-${filter}`)).toEqual({ packets: [packet(0xa2, "2100", str(filter))], result: 1 });
    expect(tell(node, `1${filter}f`)).toEqual({ packets: [], result: 0 });
    expect(tell(node, `-${filter}f`)).toEqual({ packets: [], result: 0 });
  });

  test("that fill the output leave room for the answer and the PUBACK of the command that asked for them", () => {
    const node = laboratory();
    const topic = `sensor/7/cmd/${"x".repeat(79)}`;
    const filter = "f".repeat(122);
    node.receive(publish(topic, `*${filter}`, { qos: 1, identifier: 9 }));
    const packets = node.packets();
    // The answer may be given up where there is no room for it. The acknowledgement may not.
    expect(packets.at(-1)).toBe("40020009");
    expect(packets[0]).toBe(packet(0x82, "0100", str(filter), "01"));
    for (const each of packets.slice(1, -1)) expect(each).toMatch(/^(82|30)/);
    expect(node.linked).toBe(true);
    node.stop().step();
    expect(node.packets().at(-1)).toBe(DISCONNECT);
  });
});

describe("MQTT 3.1.1: SUBACK", () => {
  test.each(["00", "01"])("grants QoS %s, which may be less than was asked for", (code) => {
    const node = laboratory();
    tell(node, "1a");
    node.receive(`90030100${code}`);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
  });

  test("[MQTT-3.8.4-5] that refuses is logged and keeps the link", () => {
    const node = laboratory();
    tell(node, "1a");
    node.receive("9003010080");
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: ["3 subscription refused"] });
  });

  test.each([
    ["[MQTT-3.9.3-2] with QoS 2, which was not asked for", "9003010002"],
    ["[MQTT-3.9.3-2] with a reserved code", "9003010003"],
    ["[MQTT-3.9.3-2] with another reserved code", "9003010081"],
    ["[MQTT-3.8.4-2] [MQTT-2.3.1-7] for an identifier that no SUBSCRIBE has", "9003020001"],
    ["for the identifier 0", "9003000001"],
    ["for a reading's identifier", "9003008001"],
    ["[MQTT-3.8.4-5] [MQTT-3.9.3-1] with two codes", "900401000101"],
    ["[MQTT-3.8.4-5] without a code", "90020100"],
    ["with reserved bits in its first byte", "9103010001"],
  ])("%s closes the link", (_, suback) => {
    const node = laboratory();
    tell(node, "1a");
    node.receive(suback);
    expect(node.linked).toBe(false);
    expect(node.logs()).toEqual([`2 bad packet: ${Number.parseInt(suback.slice(0, 2), 16)}`]);
  });

  test("that comes twice closes the link", () => {
    const node = laboratory();
    tell(node, "1a");
    expect(node.receive("9003010001").linked).toBe(true);
    expect(node.receive("9003010001").linked).toBe(false);
  });

  test("[MQTT-3.8.4-1] that never comes costs the broker this node", () => {
    const node = new TestNode(lab).online().run(20_000);
    expect(node.logs()).toContain("2 link closed: -12");
  });
});

describe("MQTT 3.1.1: UNSUBACK", () => {
  test("[MQTT-3.10.4-5] answers its UNSUBSCRIBE", () => {
    const node = laboratory();
    tell(node, "-a");
    node.receive("b0022100");
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
    node.run(40_000);
    expect(node.logs()).toEqual([]);
  });

  test.each([
    ["[MQTT-3.10.4-4] [MQTT-2.3.1-7] for an identifier that no UNSUBSCRIBE has", "b0022200"],
    ["for a SUBSCRIBE", "b0020100"],
    ["for the identifier 0", "b0020000"],
    ["with a code, as MQTT 5 has it", "b003210000"],
    ["with reserved bits in its first byte", "b2022100"],
  ])("%s closes the link", (_, unsuback) => {
    const node = laboratory();
    tell(node, "-a");
    tell(node, "1a");
    node.receive(unsuback);
    expect(node.linked).toBe(false);
  });

  test("[MQTT-3.10.4-5] that never comes costs the broker this node", () => {
    const node = laboratory();
    tell(node, "-a");
    expect(node.run(20_000).logs()).toContain("2 link closed: -12");
  });
});
