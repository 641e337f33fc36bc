/**
 * What becomes of a node's readings, seen from outside: at its sensor, and in the packets that it exchanges with its broker.
 *
 * One image has one of these, however many links it opens: what is sent again has the same packet identifier.
 */

import type { LinkObserver } from "../hal/link-observer.ts";
import { type Packet, PacketReader } from "../mqtt/packet-reader.ts";

/** Types of packets, in the upper half of their first byte [MQTT-2.2.1]. */
const CONNECT = 1;
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const PUBREC = 5;
const PUBCOMP = 7;
const SUBSCRIBE = 8;

const VERSION_5 = 5;
/** Where CONNECT has its version: behind the name "MQTT" with its length. */
const VERSION_OFFSET = 6;
/** From here on a reason code is a refusal. */
const REFUSAL = 0x80;

const READING = Buffer.from("/temperature");
const COMMANDS = Buffer.from("/cmd/+");

export interface DeliveryEvents {
  /** The broker has accepted the connection. */
  accepted(): void;
  /** Something has changed that is counted here. */
  changed(): void;
}

export class Delivery {
  readonly #events: DeliveryEvents;
  /** Identifiers of readings that were sent and not yet settled. */
  readonly #inFlight = new Set<number>();
  #isVersion5 = false;
  /** Readings that the sensor gave. */
  taken = 0;
  /** Readings that need no further sending: acknowledged, or sent at QoS 0. */
  settled = 0;
  /** Of the settled ones, those that the broker refused for good. */
  refused = 0;
  sentBytes = 0;
  receivedBytes = 0;
  /** The node has subscribed to its commands. */
  takesCommands = false;

  constructor(events: DeliveryEvents) {
    this.#events = events;
  }

  /** Watches one link. `closed`: called when it has ended. */
  watch(closed: () => void): LinkObserver {
    const out = new PacketReader((packet) => this.#sent(packet));
    const inwards = new PacketReader((packet) => this.#received(packet));
    return {
      sent: (bytes) => {
        this.sentBytes += bytes.length;
        out.take(bytes);
      },
      received: (bytes) => {
        this.receivedBytes += bytes.length;
        inwards.take(bytes);
      },
      closed,
    };
  }

  #sent({ first, body }: Packet): void {
    const type = first >> 4;
    if (type === CONNECT) {
      this.#isVersion5 = body[VERSION_OFFSET] === VERSION_5;
    } else if (type === PUBLISH) {
      this.#published((first >> 1) & 3, body);
    } else if (type === SUBSCRIBE && Buffer.from(body).includes(COMMANDS)) {
      this.takesCommands = true;
      this.#events.changed();
    }
  }

  #published(qos: number, body: Uint8Array): void {
    const topicBytes = uint16(body, 0);
    const topic = body.subarray(2, 2 + topicBytes);
    // A node gives an alias to no topic but that of its readings: docs/behaviour.md#topic-aliases.
    const isReading = topicBytes === 0 || Buffer.from(topic.subarray(-READING.length)).equals(READING);
    if (!isReading) return;
    if (qos === 0) this.#settle();
    else this.#inFlight.add(uint16(body, 2 + topicBytes));
  }

  #received({ first, body }: Packet): void {
    switch (first >> 4) {
      case CONNACK:
        if (body[1] === 0) this.#events.accepted();
        break;
      case PUBACK:
      case PUBCOMP:
        this.#answered(body);
        break;
      case PUBREC:
        if (this.#isRefusal(body)) this.#answered(body);
        break;
    }
  }

  #answered(body: Uint8Array): void {
    if (!this.#inFlight.delete(uint16(body, 0))) return;
    if (this.#isRefusal(body)) this.refused++;
    this.#settle();
  }

  #settle(): void {
    this.settled++;
    this.#events.changed();
  }

  /** Only MQTT 5.0 can refuse a message, by a byte that 3.1.1 does not have. */
  #isRefusal(body: Uint8Array): boolean {
    return this.#isVersion5 && (body[2] ?? 0) >= REFUSAL;
  }
}

function uint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
