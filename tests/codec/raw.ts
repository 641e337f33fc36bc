/** Packets of MQTT 5.0 byte by byte: with properties that belong elsewhere, come twice, or hold what they must not. */

import fc, { type Arbitrary } from "fast-check";
import { hex, packet, raw, str, u16 } from "../unit/harness/bytes.ts";

const FLAGS = [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a];
const TWO_BYTES = [0x13, 0x21, 0x22, 0x23];
const FOUR_BYTES = [0x02, 0x11, 0x18, 0x27];
const BINARY = [0x09, 0x16];
const TEXTS = [0x03, 0x08, 0x12, 0x15, 0x1a, 0x1c, 0x1f];
const SUBSCRIPTION_IDENTIFIER = 0x0b;
const USER_PROPERTY = 0x26;

/** What a text may be, and on the last lines what it may not: two bytes for one, a surrogate, a byte alone, U+0000. */
const TEXT_BYTES = [raw(""), raw("a"), raw("ä€𝄞"), raw("a/+"), raw("#"), "c080", "eda080", "ff", "f4908080", "00"];

const textBytes = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(raw(""), raw("a"), raw("t/x")) },
  fc.constantFrom(...TEXT_BYTES),
);
const text = textBytes.map((bytes) => u16(bytes.length / 2) + bytes);
const u8 = (value: number): string => value.toString(16).padStart(2, "0");

function property(id: number): Arbitrary<string> {
  const value = (): Arbitrary<string> => {
    if (FLAGS.includes(id)) return fc.constantFrom("00", "01", "01", "02", "ff");
    if (TWO_BYTES.includes(id)) return fc.constantFrom("0000", "0001", "0002", "0003", "ffff");
    if (FOUR_BYTES.includes(id)) return fc.constantFrom("00000000", "00000001", "00001000", "ffffffff");
    if (BINARY.includes(id)) return fc.constantFrom("0000", "000100", "0002ffff");
    if (id === SUBSCRIPTION_IDENTIFIER)
      return fc.constantFrom("00", "01", "7f", "8001", "8000", "ffffff7f", "ffffffff01");
    if (id === USER_PROPERTY) return fc.tuple(text, text).map(([name, given]) => name + given);
    return text;
  };
  return value().map((bytes) => u8(id) + bytes);
}

const ALL = [...FLAGS, ...TWO_BYTES, ...FOUR_BYTES, ...BINARY, ...TEXTS, SUBSCRIPTION_IDENTIFIER, USER_PROPERTY];
const anyProperty = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...ALL).chain(property) },
  fc.constantFrom("00", "04", "2b", "7f", "80", "a6"),
);

/** Properties, of which the given identifiers come more often than others; their length is right more often than not. */
function properties(belonging: readonly number[]): Arbitrary<string> {
  const one = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...belonging).chain(property) }, anyProperty);
  const list = fc.array(one, { maxLength: 4 });
  const error = fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1, 2));
  return fc.tuple(list, error).map(([each, by]) => {
    const bytes = hex(...each);
    const length = Math.max(0, bytes.length / 2 + by);
    return (length < 128 ? u8(length) : u8((length % 128) | 128) + u8(length >> 7)) + bytes;
  });
}

const PROBLEM = [0x1f, 0x26];
const code = (...likely: readonly number[]): Arbitrary<string> =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...likely) }, fc.integer({ min: 0, max: 255 })).map(u8);
const method = (name: string): string => `15${str(name)}`;

/** The body behind a first byte, for a node that waits for these identifiers. */
export function rawPacket(identifiers: readonly number[], name: string): Arbitrary<Buffer> {
  const identifier = fc
    .oneof({ weight: 8, arbitrary: fc.constantFrom(...identifiers) }, fc.constantFrom(0, 1, 0xffff))
    .map(u16);
  const acknowledgement = fc
    .tuple(fc.constantFrom(0x40, 0x50, 0x62, 0x70), identifier, code(0, 0x10, 0x80, 0x92), properties(PROBLEM))
    .map(([first, id, reason, more]) => packet(first, id, reason, more));
  const request = fc
    .tuple(
      fc.constantFrom(0x90, 0xb0),
      identifier,
      properties(PROBLEM),
      code(0, 1, 0x11, 0x80),
      fc.constantFrom("", "", "00"),
    )
    .map(([first, id, more, reason, second]) => packet(first, id, more, reason, second));
  const publish = fc
    .tuple(fc.constantFrom(0, 2, 4), text, identifier, properties([0x01, 0x02, 0x03, 0x08, 0x09, 0x0b, 0x23, 0x26]))
    .map(([qos, topic, id, more]) => packet(0x30 | qos, topic, qos > 0 ? id : "", more, raw("x")));
  const disconnect = fc
    .tuple(code(0, 0x8b, 0x9d), properties([0x1c, ...PROBLEM]))
    .map(([reason, more]) => packet(0xe0, reason, more));
  const auth = fc
    .tuple(code(0, 0x18, 0x19), properties([0x16, ...PROBLEM]), fc.boolean())
    .map(([reason, more, hasMethod]) => packet(0xf0, reason, hasMethod ? withProperty(more, method(name)) : more));
  const connack = fc
    .tuple(fc.constantFrom("00", "01", "02"), code(0, 0x80), properties(CONNACK), fc.boolean())
    .map(([flags, reason, more, hasMethod]) =>
      packet(0x20, flags, reason, hasMethod ? withProperty(more, method(name)) : more),
    );
  return fc
    .oneof(acknowledgement, request, publish, disconnect, auth, { weight: 2, arbitrary: connack })
    .map((bytes) => Buffer.from(bytes, "hex"));
}

const CONNACK = [0x11, 0x12, 0x13, 0x16, 0x1c, 0x1f, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a];

/** Properties of less than 128 bytes with another in front, if their length is less than that. */
function withProperty(all: string, more: string): string {
  const length = Number.parseInt(all.slice(0, 2), 16) + more.length / 2;
  return length < 128 ? u8(length) + more + all.slice(2) : all;
}
