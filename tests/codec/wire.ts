/** Packets to bytes and back, by mqtt-packet and not by the project's own code. */

import mqttPacket, { type Packet } from "mqtt-packet";

export type Version = 4 | 5;

export function encode(packet: Packet, version: Version): Buffer {
  return mqttPacket.generate(packet, { protocolVersion: version });
}

/** Every packet in bytes that end with one. Throws what mqtt-packet says of bytes that it refuses. */
export function decode(bytes: Uint8Array, version: Version): Packet[] {
  const packets: Packet[] = [];
  const parser = mqttPacket.parser({ protocolVersion: version });
  parser.on("packet", (packet) => packets.push(packet));
  parser.on("error", (error) => {
    throw error;
  });
  const left = parser.parse(Buffer.from(bytes));
  if (left > 0) throw new Error(`${left} bytes are left behind the last packet`);
  return packets;
}

/** The same packet with as little as the standard lets it have: empty properties and a Reason Code of 0 are left out. */
export function encodeBriefly(packet: Packet, version: Version): Buffer {
  const bytes = encode(packet, version);
  // Behind the header of two bytes come the identifier, if there is one, the Reason Code and the length of the properties.
  const head = packet.messageId === undefined ? 2 : 4;
  if (version === 4 || bytes.length !== head + 2) return bytes;
  const end = bytes[head] === 0 ? head : head + 1;
  return Buffer.concat([bytes.subarray(0, 1), Buffer.from([end - 2]), bytes.subarray(2, end)]);
}

/** Whether mqtt-packet says that these bytes are no packets. */
export function isRefused(bytes: Uint8Array, version: Version): boolean {
  const parser = mqttPacket.parser({ protocolVersion: version });
  let refused = false;
  parser.on("error", () => {
    refused = true;
  });
  try {
    parser.parse(Buffer.from(bytes));
  } catch {
    // Where a packet ends too soon it may read past the end of its own buffer.
    refused = true;
  }
  return refused;
}
