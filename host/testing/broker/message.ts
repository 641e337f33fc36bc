/** Messages as the broker has them. */

import type { IPublishPacket, QoS } from "mqtt-packet";

export type Properties = NonNullable<IPublishPacket["properties"]>;

/** What makes a message. */
export interface MessageParts {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** The client identifier of its publisher; undefined: the test. */
  readonly from: string | undefined;
  readonly isWill: boolean;
  /** Seconds until it expires (5.0). */
  readonly expiryS: number | undefined;
  /** What goes along under MQTT 5.0, expiry and alias left out. */
  readonly properties: Properties | undefined;
}

export class BrokerMessage {
  /** Virtual time at which the broker had it, in milliseconds. */
  readonly atMs: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** The client identifier of its publisher; undefined: the test. */
  readonly from: string | undefined;
  /** It is a will. */
  readonly isWill: boolean;
  /** When it expires, in virtual time (5.0). */
  readonly expiresMs: number | undefined;
  /** What goes along under MQTT 5.0, expiry and alias left out. */
  readonly properties: Properties | undefined;

  constructor(atMs: number, parts: Omit<MessageParts, "expiryS">, expiresMs: number | undefined) {
    this.atMs = atMs;
    this.topic = parts.topic;
    this.payload = parts.payload;
    this.qos = parts.qos;
    this.retain = parts.retain;
    this.from = parts.from;
    this.isWill = parts.isWill;
    this.expiresMs = expiresMs;
    this.properties = parts.properties;
  }

  /** The payload as UTF-8. */
  get text(): string {
    const { buffer, byteOffset, length } = this.payload;
    return Buffer.from(buffer, byteOffset, length).toString("utf-8");
  }

  /** The same message at another time. */
  at(atMs: number): BrokerMessage {
    return new BrokerMessage(atMs, this, this.expiresMs);
  }
}

const FORWARDED = [
  "payloadFormatIndicator",
  "responseTopic",
  "correlationData",
  "userProperties",
  "contentType",
] as const;

/** The properties that go on to subscribers unchanged (3.3.2.3). */
export function forwarded(properties: Properties | undefined): Properties | undefined {
  if (properties === undefined) return undefined;
  const kept: Record<string, unknown> = {};
  for (const name of FORWARDED) if (properties[name] !== undefined) kept[name] = properties[name];
  return Object.keys(kept).length === 0 ? undefined : (kept as Properties);
}
