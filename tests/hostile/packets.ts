/** Packets to throw at a node: right ones, right ones at the wrong time, broken ones and noise. */

import type { Chance } from "./chance.ts";
import type { Peer } from "./peer.ts";

export const TOPICS = [
  "sensor/7/cmd/interval",
  "sensor/7/cmd/led",
  "sensor/7/cmd/unknown",
  "sensor/7/cmd/",
  "sensor/7/temperature",
  "house/hall/alarm",
  "house//alarm",
  "$SYS/broker/uptime",
  "/",
  "a",
  "ä/€/𝄞",
  `sensor/7/cmd/${"x".repeat(80)}`,
  `house/${"y".repeat(230)}/alarm`,
  "z".repeat(250),
];
/** What the applications understand; those of tests/unit/modules/lab.ts begin with a sign. */
export const PAYLOADS = [
  "",
  "?house/#",
  "?+/#",
  "0a/+",
  "1#",
  "-#",
  `1${"f".repeat(122)}`,
  `*${"f".repeat(122)}`,
  "0",
  "1",
  "on",
  "off",
  "100",
  "99",
  "86400000",
  "86400001",
  "-1",
  "1e3",
  "999999999",
  "9".repeat(12),
];

/** The answer that the node awaits, if there is one. */
export function answer(chance: Chance, peer: Peer): Buffer | undefined {
  if (peer.connects > 0) {
    peer.connects--;
    return Buffer.from([0x20, 2, peer.resumable ? chance.below(2) : 0, 0]);
  }
  if (peer.pings > 0 && chance.onceIn(2)) {
    peer.pings--;
    return Buffer.from([0xd0, 0]);
  }
  if (peer.subscribes.length > 0 && chance.onceIn(2)) {
    const identifier = peer.subscribes.shift() as number;
    return Buffer.from([0x90, 3, identifier >> 8, identifier & 0xff, chance.pick([0, 1, 1, 1, 0x80])]);
  }
  if (peer.unsubscribes.length > 0 && chance.onceIn(2)) return identified(0xb0, peer.unsubscribes.shift() as number);
  if (peer.records.length > 0 && chance.onceIn(2)) return identified(0x62, peer.records.shift() as number);
  if (peer.releases.length > 0 && chance.onceIn(2)) return identified(0x70, peer.releases.shift() as number);
  if (peer.exchanges.length > 0 && chance.onceIn(2)) return identified(0x50, peer.exchanges.shift() as number);
  if (peer.readings.length > 0) {
    const [identifier] = peer.readings.splice(chance.onceIn(4) ? chance.below(peer.readings.length) : 0, 1);
    return identified(0x40, identifier as number);
  }
  return undefined;
}

/** A PUBLISH that keeps to the standard. It may be larger than the node's buffer. */
export function message(chance: Chance, maxQos: number): Buffer {
  const topic = Buffer.from(chance.pick(TOPICS));
  const payload = chance.onceIn(8) ? chance.bytes(chance.below(600)) : Buffer.from(chance.pick(PAYLOADS));
  const qos = chance.below(maxQos + 1);
  const identifier = qos > 0 ? u16(1 + chance.below(0xffff)) : Buffer.alloc(0);
  const first = 0x30 | (qos << 1) | chance.below(2) | (qos > 0 && chance.onceIn(4) ? 8 : 0);
  return framed(first, Buffer.concat([u16(topic.length), topic, identifier, payload]));
}

/** A packet that is right at another time, or from another side. */
export function misplaced(chance: Chance): Buffer {
  const first = chance.pick([0x10, 0x20, 0x40, 0x50, 0x62, 0x70, 0x82, 0x90, 0xa2, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0, 0x00]);
  if (first === 0x20) return Buffer.from([0x20, 2, chance.below(2), chance.below(2) * chance.below(7)]);
  if (first === 0x90) return Buffer.from([0x90, 3, 0, 1 + chance.below(4), chance.pick([0, 1, 2, 0x80])]);
  return first >= 0xc0 ? framed(first, Buffer.alloc(0)) : framed(first, chance.bytes(2));
}

/** A packet with one to four faults. */
export function mutated(chance: Chance, packet: Buffer): Buffer {
  let bytes = Buffer.from(packet);
  for (let faults = 1 + chance.below(4); faults > 0; faults--) {
    const at = chance.below(bytes.length + 1);
    switch (chance.below(7)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << chance.below(8));
        break;
      case 1:
        if (at < bytes.length) bytes[at] = chance.pick([0, 1, 0x23, 0x2b, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff]);
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), chance.bytes(1 + chance.below(4)), bytes.subarray(at)]);
        break;
      case 4:
        // The Remaining Length.
        if (bytes.length > 1) bytes[1] = chance.below(256);
        break;
      case 5:
        // The topic's length.
        if (bytes.length > 3) bytes.writeUInt16BE(chance.pick([0, 1, 0xff, 0x100, 0x7fff, 0xffff]), 2);
        break;
      default:
        bytes = Buffer.concat([bytes, bytes.subarray(at)]);
    }
  }
  return bytes;
}

/** No packet at all. */
export function noise(chance: Chance): Buffer {
  const bytes = chance.bytes(1 + chance.below(chance.onceIn(16) ? 2000 : 24));
  // A first byte that means something leads further in.
  if (chance.onceIn(2)) bytes[0] = chance.pick([0x20, 0x30, 0x31, 0x32, 0x33, 0x3a, 0x40, 0x90, 0xb0, 0xd0]);
  return bytes;
}

function identified(first: number, identifier: number): Buffer {
  return framed(first, u16(identifier));
}

/** Two bytes, the more significant first. */
export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** A packet of at most 16,383 bytes behind its header. */
export function framed(first: number, body: Buffer): Buffer {
  const { length } = body;
  return Buffer.concat([
    Buffer.from(length < 128 ? [first, length] : [first, (length & 0x7f) | 0x80, length >> 7]),
    body,
  ]);
}
