/** Table 2-4 of the standard, as far as it binds a server. */

import { raw, str, u16 } from "../../../unit/harness/bytes.ts";
import { u8, u32 } from "./packets.ts";

export type Type = "byte" | "u16" | "u32" | "varint" | "string" | "binary" | "pair";

export interface Property {
  readonly id: number;
  readonly name: string;
  readonly type: Type;
  /** The server's packets that may carry it. */
  readonly packets: readonly string[];
}

const REPLIES = ["CONNACK", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBACK", "UNSUBACK", "DISCONNECT", "AUTH"];

const ROWS: readonly [id: number, name: string, type: Type, packets: readonly string[]][] = [
  [0x01, "Payload Format Indicator", "byte", ["PUBLISH"]],
  [0x02, "Message Expiry Interval", "u32", ["PUBLISH"]],
  [0x03, "Content Type", "string", ["PUBLISH"]],
  [0x08, "Response Topic", "string", ["PUBLISH"]],
  [0x09, "Correlation Data", "binary", ["PUBLISH"]],
  [0x0b, "Subscription Identifier", "varint", ["PUBLISH"]],
  [0x11, "Session Expiry Interval", "u32", ["CONNACK", "DISCONNECT"]],
  [0x12, "Assigned Client Identifier", "string", ["CONNACK"]],
  [0x13, "Server Keep Alive", "u16", ["CONNACK"]],
  [0x15, "Authentication Method", "string", ["CONNACK", "AUTH"]],
  [0x16, "Authentication Data", "binary", ["CONNACK", "AUTH"]],
  [0x17, "Request Problem Information", "byte", []],
  [0x18, "Will Delay Interval", "u32", []],
  [0x19, "Request Response Information", "byte", []],
  [0x1a, "Response Information", "string", ["CONNACK"]],
  [0x1c, "Server Reference", "string", ["CONNACK", "DISCONNECT"]],
  [0x1f, "Reason String", "string", REPLIES],
  [0x21, "Receive Maximum", "u16", ["CONNACK"]],
  [0x22, "Topic Alias Maximum", "u16", ["CONNACK"]],
  [0x23, "Topic Alias", "u16", ["PUBLISH"]],
  [0x24, "Maximum QoS", "byte", ["CONNACK"]],
  [0x25, "Retain Available", "byte", ["CONNACK"]],
  [0x26, "User Property", "pair", [...REPLIES, "PUBLISH"]],
  [0x27, "Maximum Packet Size", "u32", ["CONNACK"]],
  [0x28, "Wildcard Subscription Available", "byte", ["CONNACK"]],
  [0x29, "Subscription Identifiers Available", "byte", ["CONNACK"]],
  [0x2a, "Shared Subscription Available", "byte", ["CONNACK"]],
];

export const PROPERTIES: readonly Property[] = ROWS.map(([id, name, type, packets]) => ({ id, name, type, packets }));

/** In these zero is a Protocol Error, of its own kind in a Topic Alias. */
export const NEVER_ZERO = [0x0b, 0x21, 0x23, 0x27];

/** A number of the property's type, or a text with its length. */
export function encode({ type }: Property, value: number): string {
  if (type === "byte") return u8(value);
  if (type === "u16") return u16(value);
  if (type === "u32") return u32(value);
  if (type === "varint") return u8(value);
  return type === "pair" ? str("k") + str("v") : str("t");
}

/** The property with a good value: where that is a text, that text, in both halves of a pair. */
export function withText({ id, type }: Property, bytes: string): string {
  const text = u16(bytes.length / 2) + bytes;
  return u8(id) + text + (type === "pair" ? str("v") : "");
}

/** The property with a value that is good anywhere. */
export function good(property: Property): string {
  // The method is the one of CONNECT.
  if (property.name === "Authentication Method") return u8(property.id) + str("MIRROR");
  return u8(property.id) + encode(property, 1);
}

/** UTF-8 that is none, by sections 1.5.4 and 3.9 of Unicode. */
export const ILL_FORMED: readonly [what: string, bytes: string][] = [
  ["U+0000", "00"],
  ["U+0000 between others", `${raw("a")}00${raw("b")}`],
  ["U+0000 in two bytes", "c080"],
  ["an over-long form of /", "c0af"],
  ["an over-long form in three bytes", "e09fbf"],
  ["an over-long form in four bytes", "f08fbfbf"],
  ["the first surrogate", "eda080"],
  ["the last surrogate", "edbfbf"],
  ["a pair of surrogates", "eda080edb080"],
  ["a code point above U+10FFFF", "f4908080"],
  ["a first byte above those of U+10FFFF", "f5808080"],
  ["a first byte of five", "f888808080"],
  ["a first byte of over-long forms alone", "c1bf"],
  ["a byte that begins nothing", "ff"],
  ["a continuation alone", "80"],
  ["a sequence that is cut off", "e282"],
];

/** Unusual, and well-formed. */
export const WELL_FORMED: readonly string[] = [
  "efbbbf",
  "efbbbf61",
  "ed9fbf",
  "ee8080",
  "efbfbf",
  "f48fbfbf",
  "c280",
  "7f",
  "01",
];
