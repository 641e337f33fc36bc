/** The packets of an MQTT 5.0 server, well-formed or not, as hexadecimal text. */

import { hex, packet, raw, str, u16 } from "../../../unit/harness/bytes.ts";

// Properties (2.2.2) --------------------------------------------------------------------------------------------------

/** One byte. */
export function u8(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** 32 bits, most significant byte first. */
export function u32(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** A Variable Byte Integer (1.5.5). */
export function varint(value: number): string {
  let bytes = "";
  let rest = value;
  do {
    const more = rest > 127;
    bytes += u8((rest % 128) | (more ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

/** Properties behind their length. */
export function properties(...each: readonly string[]): string {
  const all = hex(...each);
  return varint(all.length / 2) + all;
}

export const reasonString = (text: string): string => `1f${str(text)}`;
export const userProperty = (name: string, value: string): string => `26${str(name)}${str(value)}`;
export const topicAlias = (alias: number): string => `23${u16(alias)}`;
/** Authentication Method and Authentication Data. */
export const authentication = (method: string, data?: string): string =>
  `15${str(method)}${data === undefined ? "" : `16${str(data)}`}`;

// Packets -------------------------------------------------------------------------------------------------------------

export interface Connack {
  readonly sessionPresent?: boolean;
  readonly reason?: number;
  readonly properties?: readonly string[];
}

export function connack(options: Connack = {}): string {
  const { sessionPresent = false, reason = 0, properties: each = [] } = options;
  return packet(0x20, sessionPresent ? "01" : "00", u8(reason), properties(...each));
}

export const ACCEPTED = connack();
export const RESUMED = connack({ sessionPresent: true });

export interface Publish {
  readonly qos?: 0 | 1 | 2 | 3;
  readonly dup?: boolean;
  readonly retain?: boolean;
  /** Under QoS 1 and 2. */
  readonly identifier?: number;
  readonly properties?: readonly string[];
}

export function publish(topic: string, payload: string, options: Publish = {}): string {
  return publishBytes(str(topic), raw(payload), options);
}

/** The same with the topic and its length, and the payload, as they are. */
export function publishBytes(topic: string, payload: string, options: Publish = {}): string {
  const { qos = 0, dup = false, retain = false, identifier = 1, properties: each = [] } = options;
  const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  return packet(first, topic, qos > 0 ? u16(identifier) : "", properties(...each), payload);
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP, by their first byte; without a Reason Code unless it is given. */
export function acknowledgement(
  first: number,
  identifier: string,
  reason?: number,
  ...each: readonly string[]
): string {
  const end = reason === undefined ? "" : u8(reason) + (each.length === 0 ? "" : properties(...each));
  return packet(first, identifier, end);
}

/** SUBACK or UNSUBACK, by its first byte. */
export function answer(
  first: number,
  identifier: string,
  reasons: readonly number[],
  ...each: readonly string[]
): string {
  return packet(first, identifier, properties(...each), ...reasons.map(u8));
}

export function disconnect(reason: number, ...each: readonly string[]): string {
  return packet(0xe0, u8(reason), properties(...each));
}

export function auth(reason: number, ...each: readonly string[]): string {
  return packet(0xf0, u8(reason), properties(...each));
}

export const CONTINUE = 0x18;
export const PUBREL = 0x62;
export const SUBACK = 0x90;
export const UNSUBACK = 0xb0;

// What this client answers --------------------------------------------------------------------------------------------

/** DISCONNECT with the Reason Code by which a client tells what the server did wrong (4.13). */
export const MALFORMED = "e00181";
export const PROTOCOL_ERROR = "e00182";
export const RECEIVE_MAXIMUM_EXCEEDED = "e00193";
export const TOPIC_ALIAS_INVALID = "e00194";
export const PACKET_TOO_LARGE = "e00195";
