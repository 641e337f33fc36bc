/** Bytes on the wire, as hexadecimal text: what a test expects is what a protocol analyser shows. */

/** Joins hexadecimal text, without its spaces. */
export function hex(...parts: readonly string[]): string {
  return parts.join("").replaceAll(" ", "");
}

/** UTF-8 as it is. */
export function raw(text: string): string {
  return Buffer.from(text).toString("hex");
}

/** A text as MQTT carries it: two length bytes first. */
export function str(text: string): string {
  return u16(Buffer.byteLength(text)) + raw(text);
}

/** 16 bits, most significant byte first. */
export function u16(value: number): string {
  return value.toString(16).padStart(4, "0");
}

/** A packet: its first byte, the Remaining Length, the rest. */
export function packet(first: number, ...body: readonly string[]): string {
  const rest = hex(...body);
  let length = rest.length / 2;
  let header = "";
  do {
    const more = length > 127;
    header += ((length % 128) | (more ? 0x80 : 0)).toString(16).padStart(2, "0");
    length = Math.floor(length / 128);
  } while (length > 0);
  return first.toString(16).padStart(2, "0") + header + rest;
}

export interface Publish {
  readonly dup?: boolean;
  readonly qos?: 0 | 1 | 2 | 3;
  readonly retain?: boolean;
  /** Under QoS 1 and above. */
  readonly identifier?: number;
}

/** A PUBLISH, well-formed or not. */
export function publish(topic: string, payload: string, options: Publish = {}): string {
  const { dup = false, qos = 0, retain = false, identifier = 1 } = options;
  const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  return packet(first, str(topic), qos > 0 ? u16(identifier) : "", raw(payload));
}

export const CONNACK = "20020000";
export const CONNACK_SESSION_PRESENT = "20020100";
export const PINGREQ = "c000";
export const PINGRESP = "d000";
export const DISCONNECT = "e000";

/** `identifier` as four hexadecimal digits, as it stood in the PUBLISH. */
export function puback(identifier: string): string {
  return `4002${identifier}`;
}

/** Splits a byte stream into packets. One that ends in the middle of a packet throws, or leaves that packet out. */
export function split(stream: string, extent: "wholly" | "partly" = "wholly"): string[] {
  const bytes = Buffer.from(stream, "hex");
  const packets: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let length = 0;
    let end = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[end++];
      if (byte === undefined) return extent === "partly" ? packets : fail(stream);
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    end += length;
    if (end > bytes.length) return extent === "partly" ? packets : fail(stream);
    packets.push(bytes.subarray(at, end).toString("hex"));
    at = end;
  }
  return packets;
}

/** The packet identifier of a PUBLISH under QoS 1, four hexadecimal digits. */
export function identifierOf(publish: string): string {
  const topicLength = Number.parseInt(publish.slice(4, 8), 16);
  return publish.slice(8 + 2 * topicLength, 12 + 2 * topicLength);
}

/** The payload of a PUBLISH under QoS 1 of at most 127 bytes. */
export function payloadOf(publish: string): string {
  const qos = (Number.parseInt(publish.slice(0, 2), 16) >> 1) & 3;
  const topicLength = Number.parseInt(publish.slice(4, 8), 16);
  return Buffer.from(publish.slice(8 + 2 * topicLength + (qos > 0 ? 4 : 0)), "hex").toString();
}

function fail(stream: string): never {
  throw new Error(`the stream ends in the middle of a packet: ${stream}`);
}
