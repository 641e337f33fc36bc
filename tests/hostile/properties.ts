/** Properties of MQTT 5.0: right ones, and now and then one that belongs elsewhere, comes twice, or holds what it must not. */

import type { Chance } from "./chance.ts";

const FLAGS = [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a];
const TWO_BYTES = [0x13, 0x21, 0x22, 0x23];
const FOUR_BYTES = [0x02, 0x11, 0x18, 0x27];
const SUBSCRIPTION_IDENTIFIER = 0x0b;
const USER_PROPERTY = 0x26;
const NUMBERS = [1, 1, 2, 3, 8, 20, 60, 100, 300, 0xffff];
const TEXTS = ["", "a", "sensor/7/answer", "ä/€/𝄞", "text/plain", "x".repeat(60), "y".repeat(130)];
/** What no text may hold. */
const BAD_TEXTS = ["c080", "eda080", "ff", "f4908080", "00", "e282"].map((hex) => Buffer.from(hex, "hex"));

/** Those that may be in each packet of a broker, but for those that must be where they are awaited. */
export const Allowed = {
  CONNACK: [0x11, 0x13, 0x1c, 0x1f, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a],
  PUBLISH: [0x01, 0x02, 0x03, 0x08, 0x09, 0x0b, 0x23, 0x26],
  PROBLEM: [0x1f, 0x26],
  DISCONNECT: [0x1c, 0x1f, 0x26],
  AUTH: [0x16, 0x1f, 0x26],
} as const;

/** Properties with their length, of which some come always. */
export function properties(chance: Chance, allowed: readonly number[], always: Uint8Array = Buffer.alloc(0)): Buffer {
  const parts: Uint8Array[] = [always];
  const seen = new Set<number>();
  for (let count = chance.below(4); count > 0; count--) {
    const isWrong = chance.onceIn(120);
    const id = isWrong ? chance.below(0x30) : chance.pick(allowed);
    if (seen.has(id) && id !== USER_PROPERTY && !isWrong) continue;
    seen.add(id);
    parts.push(property(chance, id));
  }
  const all = Buffer.concat(parts);
  const length = Math.max(0, all.length + (chance.onceIn(150) ? chance.below(5) - 2 : 0));
  return Buffer.concat([Buffer.from(length < 128 ? [length] : [(length & 127) | 128, length >> 7]), all]);
}

/** A property that is text or bytes. */
export function textProperty(id: number, text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([id, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function property(chance: Chance, id: number): Buffer {
  const isWrong = chance.onceIn(120);
  if (FLAGS.includes(id)) return Buffer.from([id, isWrong ? chance.below(256) : chance.below(2)]);
  if (TWO_BYTES.includes(id) || FOUR_BYTES.includes(id)) {
    const bytes = Buffer.alloc(TWO_BYTES.includes(id) ? 3 : 5);
    bytes[0] = id;
    const value = isWrong ? 0 : chance.pick(NUMBERS);
    bytes.writeUIntBE(value, 1, bytes.length - 1);
    return bytes;
  }
  if (id === SUBSCRIPTION_IDENTIFIER) {
    const right = [[1], [127], [0x80, 1], [0xff, 0xff, 0xff, 0x7f]];
    const wrong = [[0], [0x80, 0], [0xff, 0xff, 0xff, 0xff], [0x80]];
    return Buffer.from([id, ...chance.pick(isWrong ? wrong : right)]);
  }
  const first = textProperty(id, isWrong ? chance.pick(BAD_TEXTS) : chance.pick(TEXTS));
  return id === USER_PROPERTY ? Buffer.concat([first, textProperty(0, chance.pick(TEXTS)).subarray(1)]) : first;
}
