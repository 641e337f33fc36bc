/**
 * The standard's grammar of what a broker may send, written down once more: from the text of the standard, and neither from
 * the node's code nor from mqtt-packet's. It knows nothing of what came before a packet.
 */

import type { Version } from "./wire.ts";

/** Of what a stream of bytes turned out to be. */
export type Verdict =
  | { readonly is: "valid" }
  /** Right as far as it goes; the last packet has not ended. */
  | { readonly is: "unfinished" }
  | { readonly is: "invalid"; readonly why: string };

export interface Receiver {
  readonly version: Version;
  /** Bytes of the largest packet that it takes: under MQTT 5.0 its Maximum Packet Size. */
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
}

class Invalid extends Error {}

function invalid(why: string): never {
  throw new Invalid(why);
}

/** Judges packet after packet. Under MQTT 3.1.1 a packet above the receiver's size is valid, whatever is in it. */
export function judge(stream: Uint8Array, receiver: Receiver): Verdict {
  try {
    let at = 0;
    while (at < stream.length) {
      const end = endOfPacket(stream, at);
      if (end === undefined) return { is: "unfinished" };
      if (end > stream.length) return { is: "unfinished" };
      const isTooLarge = end - at > receiver.maximumPacketSize;
      if (isTooLarge && receiver.version === 5) invalid("too large");
      if (!isTooLarge) judgePacket(stream.subarray(at, end), receiver);
      at = end;
    }
    return { is: "valid" };
  } catch (error) {
    if (error instanceof Invalid) return { is: "invalid", why: error.message };
    throw error;
  }
}

/** Where the packet ends that begins at `start`, or undefined if its header is not complete. */
function endOfPacket(stream: Uint8Array, start: number): number | undefined {
  let length = 0;
  for (let count = 1; count <= 4; count++) {
    const byte = stream[start + count];
    if (byte === undefined) return undefined;
    length += (byte % 128) * 128 ** (count - 1);
    if (byte < 128) {
      if (byte === 0 && count > 1) invalid("a Remaining Length that is longer than it need be");
      return start + 1 + count + length;
    }
  }
  return invalid("a Remaining Length of more than four bytes");
}

/** The bytes of a packet, or a part of them, read from front to back. */
class Bytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) invalid("the packet ends too soon");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(size: 1 | 2 | 4): number {
    return this.take(size).readUIntBE(0, size);
  }

  variable(): number {
    let value = 0;
    for (let count = 0; count < 4; count++) {
      const byte = this.number(1);
      value += (byte % 128) * 128 ** count;
      if (byte >= 128) continue;
      if (byte === 0 && count > 0) invalid("a number that is longer than it need be");
      return value;
    }
    return invalid("a number of more than four bytes");
  }

  binary(): Buffer {
    return this.take(this.number(2));
  }

  text(): string {
    const bytes = this.binary();
    const text = bytes.toString("utf-8");
    // What is not well-formed is decoded to U+FFFD, which is encoded to other bytes.
    if (!Buffer.from(text).equals(bytes)) invalid("a text that is not UTF-8");
    if (text.includes("\0")) invalid("a text with U+0000");
    return text;
  }

  end(): void {
    if (this.left > 0) invalid("bytes behind the packet's last field");
  }
}

function judgePacket(packet: Uint8Array, receiver: Receiver): void {
  const first = packet[0] ?? 0;
  const bytes = new Bytes(packet.subarray(1));
  bytes.variable();
  const type = first >> 4;
  const flags = first & 15;
  if (type === 3) {
    judgePublish(bytes, flags, receiver);
    return;
  }
  const judgeType = (receiver.version === 5 ? TYPES_5 : TYPES_4)[type] ?? invalid("a packet that no broker sends");
  if (flags !== (type === 6 ? 2 : 0)) invalid("reserved flags");
  judgeType(bytes);
  bytes.end();
}

function judgePublish(bytes: Bytes, flags: number, { version, topicAliasMaximum }: Receiver): void {
  const qos = (flags >> 1) & 3;
  if (qos === 3) invalid("QoS 3");
  if (qos === 0 && flags & 8) invalid("DUP under QoS 0");
  const topic = bytes.text();
  if (/[+#]/.test(topic)) invalid("a wildcard in a topic name");
  if (qos > 0) judgeIdentifier(bytes);
  if (topic === "" && version === 4) invalid("an empty topic name");
  if (version === 4) return;
  const properties = readProperties(bytes, PUBLISH);
  const alias = properties.get(0x23)?.[0];
  if (topic === "" && alias === undefined) invalid("an empty topic name without an alias");
  if (alias !== undefined && (alias === 0 || Number(alias) > topicAliasMaximum)) invalid("a topic alias out of range");
  if (properties.get(0x0b)?.includes(0)) invalid("a subscription identifier of 0");
  const response = properties.get(0x08)?.[0];
  if (typeof response === "string" && (response === "" || /[+#]/.test(response))) invalid("a response topic");
}

function judgeIdentifier(bytes: Bytes): void {
  if (bytes.number(2) === 0) invalid("a packet identifier of 0");
}

/** Judges a Reason Code. */
function judgeReason(bytes: Bytes, allowed: readonly number[]): void {
  if (!allowed.includes(bytes.number(1))) invalid("a Reason Code of another packet");
}

type Judge = (bytes: Bytes) => void;

const TYPES_4: Readonly<Record<number, Judge>> = {
  2: (bytes) => {
    const flags = bytes.number(1);
    const code = bytes.number(1);
    if (flags > 1) invalid("reserved flags");
    if (code > 5) invalid("an unknown return code");
    if (flags === 1 && code !== 0) invalid("a session of a connection that is refused");
  },
  4: judgeIdentifier,
  5: judgeIdentifier,
  6: judgeIdentifier,
  7: judgeIdentifier,
  9: (bytes) => {
    judgeIdentifier(bytes);
    do judgeReason(bytes, [0, 1, 2, 0x80]);
    while (bytes.left > 0);
  },
  11: judgeIdentifier,
  13: () => {},
};

const PUBLISHED = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const RELEASED = [0x00, 0x92];
const GRANTED = [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
const UNSUBSCRIBED = [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91];
// 2.4 lists 0x8c for DISCONNECT, 3.14.2.1 does not.
const ENDED = [
  0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
  0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];
const CONNECTED = [
  0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b,
  0x9c, 0x9d, 0x9f,
];

const PUBLISH = [0x01, 0x02, 0x03, 0x08, 0x09, 0x0b, 0x23, 0x26];
const PROBLEM = [0x1f, 0x26];
/** Response Information, 1a, is for those who ask for it. */
const CONNACK = [0x11, 0x12, 0x13, 0x15, 0x16, 0x1c, 0x1f, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a];

const TYPES_5: Readonly<Record<number, Judge>> = {
  2: (bytes) => {
    const flags = bytes.number(1);
    const code = bytes.number(1);
    // A broker of MQTT 3.1.1 refuses a version that it does not know in its own words.
    if (flags === 0 && code === 1 && bytes.left === 0) return;
    if (flags > 1) invalid("reserved flags");
    if (!CONNECTED.includes(code)) invalid("a Reason Code of another packet");
    if (flags === 1 && code !== 0) invalid("a session of a connection that is refused");
    const properties = readProperties(bytes, CONNACK);
    for (const id of [0x21, 0x27]) if (properties.get(id)?.[0] === 0) invalid("a limit of 0");
    if (properties.has(0x16) && !properties.has(0x15)) invalid("authentication data without a method");
  },
  4: (bytes) => judgeAcknowledgement(bytes, PUBLISHED),
  5: (bytes) => judgeAcknowledgement(bytes, PUBLISHED),
  6: (bytes) => judgeAcknowledgement(bytes, RELEASED),
  7: (bytes) => judgeAcknowledgement(bytes, RELEASED),
  9: (bytes) => judgeGranted(bytes, GRANTED),
  11: (bytes) => judgeGranted(bytes, UNSUBSCRIBED),
  13: () => {},
  14: (bytes) => {
    if (bytes.left === 0) return;
    judgeReason(bytes, ENDED);
    if (bytes.left > 0) readProperties(bytes, [0x1c, ...PROBLEM]);
  },
  15: (bytes) => {
    if (bytes.left === 0) return;
    // 19 is for a client.
    judgeReason(bytes, [0x00, 0x18]);
    const properties = readProperties(bytes, [0x15, 0x16, ...PROBLEM]);
    if (!properties.has(0x15)) invalid("AUTH without a method");
  },
};

function judgeAcknowledgement(bytes: Bytes, reasons: readonly number[]): void {
  judgeIdentifier(bytes);
  if (bytes.left > 0) judgeReason(bytes, reasons);
  if (bytes.left > 0) readProperties(bytes, PROBLEM);
}

function judgeGranted(bytes: Bytes, reasons: readonly number[]): void {
  judgeIdentifier(bytes);
  readProperties(bytes, PROBLEM);
  do judgeReason(bytes, reasons);
  while (bytes.left > 0);
}

type Value = number | string | Buffer;

/** How each property that a broker sends is written (2.2.2.2). */
const PROPERTIES: Readonly<Record<number, (bytes: Bytes) => Value>> = {
  1: flag,
  2: (bytes) => bytes.number(4),
  3: (bytes) => bytes.text(),
  8: (bytes) => bytes.text(),
  9: (bytes) => bytes.binary(),
  11: (bytes) => bytes.variable(),
  17: (bytes) => bytes.number(4),
  18: (bytes) => bytes.text(),
  19: (bytes) => bytes.number(2),
  21: (bytes) => bytes.text(),
  22: (bytes) => bytes.binary(),
  28: (bytes) => bytes.text(),
  31: (bytes) => bytes.text(),
  33: (bytes) => bytes.number(2),
  34: (bytes) => bytes.number(2),
  35: (bytes) => bytes.number(2),
  36: flag,
  37: flag,
  38: (bytes) => bytes.text() + bytes.text(),
  39: (bytes) => bytes.number(4),
  40: flag,
  41: flag,
  42: flag,
};

function flag(bytes: Bytes): number {
  const value = bytes.number(1);
  if (value > 1) invalid("a flag that is neither 0 nor 1");
  return value;
}

/** What may come more than once: subscription identifier and user property. */
const REPEATABLE = [0x0b, 0x26];

function readProperties(bytes: Bytes, allowed: readonly number[]): Map<number, Value[]> {
  const properties = new Map<number, Value[]>();
  const inside = new Bytes(bytes.take(bytes.variable()));
  while (inside.left > 0) {
    const id = inside.number(1);
    const read = PROPERTIES[id];
    if (!read || !allowed.includes(id)) invalid("a property of another packet");
    const earlier = properties.get(id) ?? [];
    if (earlier.length > 0 && !REPEATABLE.includes(id)) invalid("a property that is repeated");
    properties.set(id, [...earlier, read(inside)]);
  }
  return properties;
}
