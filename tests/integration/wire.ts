/** A stream of bytes as the MQTT packets in it, by mqtt-packet and not by the project's own code. */

import mqttPacket, { type IConnectPacket, type IPublishPacket, type ISubscribePacket, type Packet } from "mqtt-packet";

/** Longest header: type and four bytes of Remaining Length. */
const MAX_HEADER_BYTES = 5;

/** Cuts a stream into packets, wherever its pieces begin and end. */
export class Framer {
  #pending = Buffer.alloc(0);

  /** Returns the packets that these bytes complete. */
  push(bytes: Uint8Array): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const packets: Buffer[] = [];
    for (let size = sizeOf(this.#pending); size <= this.#pending.length; size = sizeOf(this.#pending)) {
      packets.push(this.#pending.subarray(0, size));
      this.#pending = this.#pending.subarray(size);
    }
    return packets;
  }
}

/** Bytes of the packet that begins here; infinite while its length is not known. */
function sizeOf(bytes: Buffer): number {
  let remaining = 0;
  for (let at = 1; at < Math.min(bytes.length, MAX_HEADER_BYTES); at++) {
    const byte = bytes[at] as number;
    remaining += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return at + 1 + remaining;
  }
  return Number.POSITIVE_INFINITY;
}

/** Parses one whole packet of 3.1.1 (4) or 5.0 (5). Throws if it breaks the standard. */
export function parsePacket(bytes: Buffer, protocolVersion: number): Packet {
  const parser = mqttPacket.parser({ protocolVersion });
  let parsed: Packet | undefined;
  parser.on("packet", (packet) => {
    parsed = packet;
  });
  parser.on("error", (error) => {
    throw error;
  });
  parser.parse(bytes);
  if (parsed === undefined) throw new Error(`no packet: ${bytes.toString("hex")}`);
  return parsed;
}

export function isPublish(packet: Packet): packet is IPublishPacket {
  return packet.cmd === "publish";
}

export function isConnect(packet: Packet): packet is IConnectPacket {
  return packet.cmd === "connect";
}

export function isSubscribe(packet: Packet): packet is ISubscribePacket {
  return packet.cmd === "subscribe";
}

/** A packet in a few words. */
export function describePacket(packet: Packet): string {
  const number = packet.messageId === undefined ? "" : ` ${packet.messageId}`;
  if (!isPublish(packet)) return `${packet.cmd.toUpperCase()}${number}`;
  const { dup, retain, qos, topic, payload } = packet;
  const flags = `${dup ? " DUP" : ""}${retain ? " RETAIN" : ""} QoS ${qos}`;
  return `PUBLISH${number}${flags} ${topic} ${payload.toString("utf-8").slice(0, 80)}`;
}
