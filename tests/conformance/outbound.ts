/** Tells tests/conformance/modules/out-lab.ts what to do, and takes apart what it sends. */

import mqttPacket, { type Packet } from "mqtt-packet";
import { hex, packet, raw, str, u16 } from "../unit/harness/bytes.ts";
import { loadApp } from "../unit/harness/modules.ts";
import { TestNode } from "../unit/harness/node.ts";

export type Version = 4 | 5;
export type Qos = 0 | 1 | 2;

/** The application that obeys, with options. */
export function loadLab(...options: string[]) {
  return loadApp("tests/conformance/modules/out-lab.ts", options, "tests/conformance/modules/out-lab.json");
}

/** One step: its letter and its operands, in hexadecimal. */
function step(letter: string, ...operands: string[]): string {
  return raw(letter) + operands.join("");
}

export function u32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

function byte(value: number): string {
  return (value & 0xff).toString(16).padStart(2, "0");
}

/** The steps of the application, by name. */
export const Do = {
  reading: (thousandths: number) => step("p", u32(thousandths)),
  measure: step("m"),
  dropped: step("d"),
  begin: (topic: string, qos: number, retain = false) => step("b", byte((qos << 1) | Number(retain)), str(topic)),
  /** The same with a topic in hexadecimal, whatever its bytes. */
  beginRaw: (topicHex: string, qos: number) => step("b", byte(qos << 1), u16(topicHex.length / 2), topicHex),
  beginOwn: (suffix: string, qos: number, retain = false) => step("o", byte((qos << 1) | Number(retain)), str(suffix)),
  text: (text: string) => step("t", str(text)),
  number: (value: number) => step("n", u32(value)),
  isText: step("f"),
  expiresAfter: (seconds: number) => step("e", u32(seconds)),
  contentType: (text: string) => step("c", str(text)),
  responseTopic: (topic: string) => step("r", str(topic)),
  correlation: (bytesHex: string) => step("k", u16(bytesHex.length / 2), bytesHex),
  userProperty: (name: string, value: string) => step("u", str(name), str(value)),
  /** A text property with bytes that need not be UTF-8; `letter` as in the application. */
  rawProperty: (letter: "c" | "r" | "u", ...bytesHex: string[]) =>
    step(letter, ...bytesHex.map((each) => u16(each.length / 2) + each)),
  send: step("S"),
  message: (topic: string, text: string, qos: number, retain = false) =>
    Do.begin(topic, qos, retain) + Do.text(text) + Do.send,
  respond: (qos: number) => step("R", byte(qos)),
  upload: (length: number) => step("U", u32(length)),
  isUploading: step("a"),
  will: (topic: string, qos: number, retain = false) => step("w", byte((qos << 1) | Number(retain)), str(topic)),
  setWill: step("W"),
  subscribe: (filter: string, options: number, identifier = 0) =>
    step("s", byte(options), u32(identifier), str(filter)),
  subscribeRaw: (filterHex: string, options: number) =>
    step("s", byte(options), u32(0), u16(filterHex.length / 2), filterHex),
  unsubscribe: (filter: string) => step("x", str(filter)),
  unsubscribeRaw: (filterHex: string) => step("x", u16(filterHex.length / 2), filterHex),
} as const;

/** Orders for `setup`, to go into a node's configuration. */
export function atSetup(...steps: string[]): { do: string } {
  return { do: `ff${steps.join("")}` };
}

const numbers = new WeakMap<TestNode, number>();

/** Has the application carry out steps in one step of the node, and returns what they told. */
export function order(node: TestNode, ...steps: string[]): number[] {
  const number = ((numbers.get(node) ?? 0) % 250) + 1;
  numbers.set(node, number);
  node.board.setConfig("do", byte(number) + steps.join(""));
  node.actuations();
  node.step();
  return node.actuations();
}

/** CONNACK of MQTT 5.0 that accepts, with properties in hexadecimal. */
export function connack5(properties = "", sessionPresent = false): string {
  return packet(0x20, sessionPresent ? "01" : "00", "00", varint(hex(properties).length / 2), properties);
}

export function connack(version: Version, sessionPresent = false): string {
  return version === 5 ? connack5("", sessionPresent) : sessionPresent ? "20020100" : "20020000";
}

export function varint(value: number): string {
  let digits = "";
  let rest = value;
  do {
    digits += byte((rest % 128) | (rest > 127 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return digits;
}

/** What a CONNACK may set, as properties. */
export const Limit = {
  receiveMaximum: (count: number) => `21${u16(count)}`,
  packetSize: (bytes: number) => `27${u32(bytes)}`,
  topicAliasMaximum: (count: number) => `22${u16(count)}`,
  keepAlive: (seconds: number) => `13${u16(seconds)}`,
  maximumQos: (qos: 0 | 1) => `240${qos}`,
  noRetain: "2500",
  noWildcards: "2800",
  noIdentifiers: "2900",
  noShared: "2a00",
  assignedId: (id: string) => `12${str(id)}`,
} as const;

/** A packet as mqtt-packet, which is not ours, reads it. */
export function read(packetHex: string, version: Version): Packet {
  const parser = mqttPacket.parser({ protocolVersion: version });
  let result: Packet | undefined;
  let fault: Error | undefined;
  parser.on("packet", (each: Packet) => {
    result = each;
  });
  parser.on("error", (error: Error) => {
    fault = error;
  });
  parser.parse(Buffer.from(packetHex, "hex"));
  if (fault !== undefined) throw fault;
  if (result === undefined) throw new Error(`no whole packet: ${packetHex}`);
  return result;
}

/** A reading of that many degrees as it is sent under either version; `identifier` as in the packet. */
export function reading(version: Version, degrees: string, qos: Qos, identifier = "", dup = false): string {
  return packet(
    0x30 | (qos << 1) | (dup ? 8 : 0),
    str("sensor/7/temperature"),
    qos > 0 ? identifier : "",
    version === 5 ? "00" : "",
    raw(`{"msg":"${degrees}"}`),
  );
}

/** A message of the application; `properties` under MQTT 5.0 alone. */
export function message(
  version: Version,
  topic: string,
  text: string,
  {
    qos = 0,
    identifier = "",
    dup = false,
    retain = false,
    properties = "",
  }: {
    qos?: Qos;
    identifier?: string;
    dup?: boolean;
    retain?: boolean;
    properties?: string;
  } = {},
): string {
  return packet(
    0x30 | (qos << 1) | (dup ? 8 : 0) | Number(retain),
    str(topic),
    qos > 0 ? identifier : "",
    version === 5 ? varint(hex(properties).length / 2) + hex(properties) : "",
    raw(text),
  );
}

/** The identifier of entry number `n` of the queue, as it stands in the packet. */
export function identifier(n: number): string {
  return byte(n) + byte(0x80 | ((n >> 8) & 0x7f));
}

export function puback(n: number): string {
  return `4002${identifier(n)}`;
}
export function pubrec(n: number): string {
  return `5002${identifier(n)}`;
}
export function pubrel(n: number): string {
  return `6202${identifier(n)}`;
}
export function pubcomp(n: number): string {
  return `7002${identifier(n)}`;
}

/** A node with the obeying application, online, its good morning thrown away. */
export function onlineLab(
  module: ConstructorParameters<typeof TestNode>[0],
  version: Version,
  { limits = "", config = {} }: { limits?: string; config?: Readonly<Record<string, string>> } = {},
): TestNode {
  const settings = { mqtt: version === 5 ? "5" : "3.1.1", interval: "86400000", ...config };
  return new TestNode(module, { config: settings }).online(version === 5 ? connack5(limits) : "20020000");
}

/** The connection ends, and the next one is accepted. What that sent is returned, but for CONNECT. */
export function reconnect(node: TestNode, version: Version, sessionPresent: boolean, limits = ""): string[] {
  if (node.linked) node.close(-10);
  node.sent();
  node.dial().receive(version === 5 ? connack5(limits, sessionPresent) : connack(4, sessionPresent));
  return node.packets();
}

/** Both versions, with the title that each test's suite begins with. */
export const VERSIONS = [
  ["MQTT 3.1.1", 4],
  ["MQTT 5.0", 5],
] as const;

/** The ids of a test that proves statements of both versions, which number them differently. */
export function by(version: Version, v4: string, v5: string): string {
  return version === 4 ? v4 : v5;
}
