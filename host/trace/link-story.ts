/** The MQTT packets in what goes over one link, in words. */

import mqttPacket, { type Packet, type Parser } from "mqtt-packet";
import { printable } from "../node/log.ts";

const MAX_TEXT = 80;
const HIDDEN = "***";
const HEX_BYTES = 32;

type Direction = "out" | "in";

export class LinkStory {
  #version = 4;
  #parsers = new Map<Direction, Parser>();
  readonly #broken = new Set<Direction>();

  /** The packets that these bytes complete; bytes that are no packets, in hex. */
  packets(direction: Direction, bytes: Uint8Array): string[] {
    if (bytes.length === 0) return [];
    if (this.#broken.has(direction)) return [hex(bytes)];
    const lines: string[] = [];
    const parser = this.#parser(direction);
    const onPacket = (packet: Packet): void => {
      if (packet.cmd === "connect") this.#version = packet.protocolVersion ?? this.#version;
      lines.push(describePacket(packet));
    };
    parser.on("packet", onPacket);
    // It keeps what it is given, which the next host call writes over.
    parser.parse(Buffer.from(bytes));
    parser.off("packet", onPacket);
    return this.#broken.has(direction) ? [...lines, hex(bytes)] : lines;
  }

  #parser(direction: Direction): Parser {
    let parser = this.#parsers.get(direction);
    if (parser === undefined) {
      parser = mqttPacket.parser({ protocolVersion: this.#version });
      parser.on("error", () => this.#broken.add(direction));
      this.#parsers.set(direction, parser);
    }
    return parser;
  }
}

function describePacket(packet: Packet): string {
  const { cmd } = packet;
  const name = cmd.toUpperCase();
  switch (packet.cmd) {
    case "connect": {
      const { clientId, keepalive, clean, username, password, will, protocolVersion } = packet;
      return words(
        name,
        protocolVersion === 5 ? "5.0" : "3.1.1",
        `client ${text(clientId)}`,
        `keep alive ${keepalive} s`,
        clean ? "clean" : "not clean",
        username !== undefined && `user ${text(username)}`,
        password !== undefined && `password ${HIDDEN}`,
        will && `will ${text(will.topic)}`,
      );
    }
    case "connack":
      return words(name, packet.sessionPresent && "session present", `code ${packet.reasonCode ?? packet.returnCode}`);
    case "publish": {
      const { topic, qos, messageId, retain, dup, payload } = packet;
      return words(
        name,
        topic === "" ? "by alias" : text(topic),
        `QoS ${qos}`,
        messageId !== undefined && `id ${messageId}`,
        retain && "retained",
        dup && "again",
        text(payload.toString()),
      );
    }
    case "subscribe":
      return words(
        name,
        `id ${packet.messageId}`,
        ...packet.subscriptions.map(({ topic, qos }) => `${text(topic)} QoS ${qos}`),
      );
    case "suback":
      return words(name, `id ${packet.messageId}`, `codes ${packet.granted.join(" ")}`);
    default: {
      const reason = "reasonCode" in packet ? packet.reasonCode : undefined;
      return words(name, packet.messageId !== undefined && `id ${packet.messageId}`, !!reason && `code ${reason}`);
    }
  }
}

function words(...all: readonly (string | false | undefined)[]): string {
  return all
    .filter((word) => word)
    .join(", ")
    .replace(",", "");
}

/** Of the packets, which come from the trace. */
function text(value: string): string {
  const shown = printable(value);
  return JSON.stringify(shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT)}…` : shown);
}

function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, HEX_BYTES));
  return `${bytes.length} bytes: ${shown.toString("hex")}${bytes.length > HEX_BYTES ? "…" : ""}`;
}
