/**
 * A broker that is nothing but its sessions: what the standard asks of a server under QoS 1 and 2 (4.3, 4.4), by either of
 * its two methods, over a link that can be cut after any byte. mqtt-packet, which is not ours, reads and writes its packets.
 */

import mqttPacket, { type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet";
import type { TestNode } from "../unit/harness/node.ts";
import type { Version } from "./outbound.ts";

/** How a receiver under QoS 2 keeps from delivering twice: A keeps the message until PUBREL, B its identifier (4.3.3). */
export type Method = "A" | "B";

/** Where links are cut: after that many bytes in all, of either direction. */
export interface Cuts {
  readonly sent?: readonly number[];
  readonly received?: readonly number[];
  /** The node's power is cut after so many bytes that it sent, in the middle of its step. */
  readonly power?: number;
}

/** Thrown through the node's step, which thereby never ends. */
export class PowerCut extends Error {}

interface Outgoing {
  readonly id: number;
  readonly payload: string;
  /** PUBREC has come: PUBREL is owed. */
  released: boolean;
}

const ECONNRESET = -10;

export class ModelBroker {
  /** Payloads that went on to subscribers, in their order. */
  readonly delivered: string[] = [];
  /** Bytes that came from the node, and that went to it. */
  sent = 0;
  received = 0;
  /** What the node did that no client may. */
  readonly faults: string[] = [];
  /** Called when the node's first PUBLISH has come. */
  onFirstPublish: (() => void) | undefined;

  readonly #node: TestNode;
  readonly #version: Version;
  readonly #method: Method;
  readonly #cuts: { sent: number[]; received: number[] };
  #powerCutAt: number;
  #parser = mqttPacket.parser();
  #alive = false;
  #hasSession = false;
  /** The connection is there to clear the session: nothing but DISCONNECT is to follow. */
  #isClean = false;
  /** Under QoS 2, from the node: identifier and, by method A, message. */
  readonly #incoming = new Map<number, string>();
  #outgoing: Outgoing[] = [];
  #nextId = 1;

  constructor(node: TestNode, version: Version, method: Method, cuts: Cuts = {}) {
    this.#node = node;
    this.#version = version;
    this.#method = method;
    this.#cuts = { sent: [...(cuts.sent ?? [])], received: [...(cuts.received ?? [])] };
    this.#powerCutAt = cuts.power ?? Number.POSITIVE_INFINITY;
    node.board.onSend = (bytes) => this.#take(bytes);
  }

  /** Whether nothing is under way to the node any more. */
  get isIdle(): boolean {
    return this.#outgoing.length === 0 && this.#incoming.size === 0;
  }

  /** The node's link is open. */
  open(): void {
    this.#parser = mqttPacket.parser({ protocolVersion: this.#version });
    this.#parser.on("packet", (packet) => {
      if (this.#alive) this.#handle(packet);
    });
    this.#parser.on("error", (error) => this.faults.push(error.message));
    this.#alive = true;
  }

  /** Publishes to the node under QoS 2. */
  publish(payload: string): void {
    const message = { id: this.#nextId++, payload, released: false };
    this.#outgoing.push(message);
    this.#sendPublish(message, false);
  }

  #take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (!this.#alive) return;
      if (this.#cuts.sent[0] === this.sent) {
        this.#cuts.sent.shift();
        this.#cut();
        return;
      }
      if (this.sent >= this.#powerCutAt) {
        this.#powerCutAt = Number.POSITIVE_INFINITY;
        this.powerCut();
        throw new PowerCut();
      }
      this.sent++;
      this.#parser.parse(Buffer.of(byte));
    }
  }

  /** The node's side of the link is gone, without a word. */
  powerCut(): void {
    this.#alive = false;
  }

  #cut(): void {
    this.#alive = false;
    this.#node.board.closeLink(ECONNRESET);
  }

  #send(packet: Packet): void {
    for (const byte of mqttPacket.generate(packet, { protocolVersion: this.#version })) {
      if (!this.#alive) return;
      if (this.#cuts.received[0] === this.received) {
        this.#cuts.received.shift();
        this.#cut();
        return;
      }
      this.received++;
      this.#node.board.receive(Buffer.of(byte));
    }
  }

  #handle(packet: Packet): void {
    const id = "messageId" in packet ? (packet.messageId ?? 0) : 0;
    if (packet.cmd === "connect") this.#connect(packet);
    else if (packet.cmd === "publish") this.#takePublish(packet);
    else if (packet.cmd === "pubrel") this.#takePubrel(id);
    else if (packet.cmd === "pubrec") this.#takePubrec(id);
    else if (packet.cmd === "pubcomp")
      this.#outgoing = this.#outgoing.filter((each) => !each.released || each.id !== id);
    else if (packet.cmd === "pingreq") this.#send({ cmd: "pingresp" });
    else if (packet.cmd === "disconnect" && this.#isClean) this.#alive = false;
    else this.faults.push(`${packet.cmd} is not expected`);
  }

  #connect({ clean }: IConnectPacket): void {
    const sessionPresent = this.#hasSession && clean === false;
    if (!sessionPresent) {
      this.#incoming.clear();
      this.#outgoing = [];
    }
    // CleanSession 1 of MQTT 3.1.1 lasts no longer than its connection (3.1.2.4).
    this.#isClean = this.#version === 4 && clean === true;
    this.#hasSession = !this.#isClean;
    const code = this.#version === 5 ? { reasonCode: 0 } : { returnCode: 0 };
    this.#send({ cmd: "connack", sessionPresent, ...code });
    for (const message of this.#outgoing) {
      if (message.released) this.#send({ cmd: "pubrel", messageId: message.id });
      else this.#sendPublish(message, true);
    }
  }

  #sendPublish({ id, payload }: Outgoing, dup: boolean): void {
    this.#send({ cmd: "publish", topic: "to/7", payload, qos: 2, dup, retain: false, messageId: id });
  }

  #takePublish(packet: IPublishPacket): void {
    const { qos, dup, messageId: id = 0 } = packet;
    const payload = packet.payload.toString();
    if (this.#isClean) this.faults.push(`${payload} is published in a session that does not last`);
    const first = this.onFirstPublish;
    this.onFirstPublish = undefined;
    if (qos < 2) this.delivered.push(payload);
    if (qos === 1) this.#send({ cmd: "puback", messageId: id });
    if (qos === 2) {
      const known = this.#incoming.get(id);
      if (known !== undefined && (known !== payload || !dup)) this.faults.push(`identifier ${id} is in use`);
      if (known === undefined && this.#method === "B") this.delivered.push(payload);
      this.#incoming.set(id, payload);
      this.#send({ cmd: "pubrec", messageId: id });
    }
    first?.();
  }

  #takePubrel(id: number): void {
    const payload = this.#incoming.get(id);
    if (payload !== undefined && this.#method === "A") this.delivered.push(payload);
    this.#incoming.delete(id);
    this.#send({ cmd: "pubcomp", messageId: id });
  }

  #takePubrec(id: number): void {
    const message = this.#outgoing.find((each) => each.id === id);
    if (message !== undefined) message.released = true;
    this.#send({ cmd: "pubrel", messageId: id });
  }
}
