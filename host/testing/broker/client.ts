/** One connection of a client: its packets, in both directions. */

import mqttPacket, {
  type IConnackPacket,
  type IConnectPacket,
  type IDisconnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet,
  type QoS,
} from "mqtt-packet";
import type { BrokerLink, Peer } from "../link.ts";
import { BrokerAliases, ClientAliases } from "./aliases.ts";
import type { Broker } from "./broker.ts";
import { acknowledgementTimes } from "./faults.ts";
import { type BrokerMessage, forwarded } from "./message.ts";
import type { Outgoing, Session, Subscription } from "./session.ts";

export type Version = 4 | 5;

/** Reason codes and return codes that this broker uses. */
const Code = {
  unavailable: { 4: 3, 5: 0x88 },
  identifier: { 4: 2, 5: 0x85 },
  takenOver: 0x8e,
  protocolError: 0x82,
  malformed: 0x81,
  keepAlive: 0x8d,
  withWill: 0x04,
  notFound: 0x92,
} as const;

const CONNECT_MS = 10_000;
/** What a client of MQTT 3.1.1 is sent at a time; one of 5.0 says it itself. */
const WINDOW_V4 = 20;
const MOST_PACKET = 268_435_460;

export interface Will {
  readonly message: BrokerMessage;
  readonly delayS: number;
}

export class ClientConnection implements Peer {
  /** Where it comes from: the node's name in the world. */
  readonly origin: string;
  /** Set by CONNECT. */
  version: Version = 4;
  session: Session | undefined;
  will: Will | undefined;
  /** CONNACK has accepted it. */
  isAccepted = false;
  /** Seconds; 0: none. */
  keepAliveS = 0;
  readonly #broker: Broker;
  readonly #link: BrokerLink;
  readonly #settings: { protocolVersion?: number } = {};
  readonly #parser = mqttPacket.parser(this.#settings);
  readonly #clientAliases = new ClientAliases();
  readonly #brokerAliases = new BrokerAliases();
  #receiveMaximum = WINDOW_V4;
  #packetSize = MOST_PACKET;
  #isOver = false;
  #lastMs: number;

  constructor(broker: Broker, link: BrokerLink, origin: string) {
    this.#broker = broker;
    this.#link = link;
    this.origin = origin;
    this.#lastMs = broker.nowMs;
    this.#parser.on("packet", (packet) => this.#handle(packet));
    this.#parser.on("error", (error: Error) => {
      this.#broker.complain(this, `sends what is no packet: ${error.message}`);
      this.end(Code.malformed);
    });
    broker.after(CONNECT_MS, () => {
      if (this.session === undefined) this.end();
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  // From the link ----------------------------------------------------------------------------------------------------

  onBytes(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#lastMs = this.#broker.nowMs;
    this.#parser.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  onClosed(): void {
    this.#over(false);
  }

  /** Ends the connection; under MQTT 5.0 with DISCONNECT and a Reason Code, if one is given. */
  end(reasonCode?: number, isSilent = false): void {
    if (this.#isOver) return;
    if (reasonCode !== undefined && this.version === 5 && this.isAccepted) {
      this.#send({ cmd: "disconnect", reasonCode });
    }
    if (isSilent) this.#link.abandon();
    else this.#link.close();
    this.#over(false);
  }

  /** Breaks the link in the middle of whatever is under way. */
  reset(): void {
    this.#link.reset();
    this.#over(false);
  }

  #over(isGoodBye: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#broker.connectionEnded(this, isGoodBye);
  }

  #send(packet: Packet): void {
    if (this.#isOver) return;
    const bytes = mqttPacket.generate(packet, { protocolVersion: this.version });
    // What is larger than the client takes is dropped, as if it had been sent [MQTT-3.1.2-25].
    if (bytes.length > this.#packetSize) return;
    this.#broker.noteSent(this, packet, bytes);
    this.#link.send(bytes);
  }

  #handle(packet: Packet): void {
    if (this.#isOver) return;
    this.#broker.noteReceived(this, packet);
    if (this.#isOver) return;
    if (packet.cmd === "connect") {
      if (this.session !== undefined) this.#fail("sends CONNECT a second time");
      else this.#connect(packet);
      return;
    }
    const session = this.session;
    if (session === undefined || !this.isAccepted) {
      this.#fail(`sends ${packet.cmd.toUpperCase()} before it is accepted`);
      return;
    }
    switch (packet.cmd) {
      case "publish":
        this.#takePublish(session, packet);
        break;
      case "puback":
      case "pubrec":
      case "pubcomp":
        this.#takeAcknowledgement(session, packet.cmd, packet.messageId ?? 0, packet.reasonCode ?? 0);
        break;
      case "pubrel":
        this.#takePubrel(session, packet.messageId ?? 0);
        break;
      case "subscribe":
        this.#subscribe(session, packet);
        break;
      case "unsubscribe":
        this.#unsubscribe(session, packet);
        break;
      case "pingreq":
        this.#send({ cmd: "pingresp" });
        break;
      case "disconnect":
        this.#disconnect(session, packet);
        break;
      default:
        this.#fail(`sends ${packet.cmd.toUpperCase()}, which is not a client's to send`);
        break;
    }
  }

  #fail(what: string): void {
    this.#broker.complain(this, what);
    this.end(Code.protocolError);
  }

  // CONNECT ------------------------------------------------------------------------------------------------------------

  #connect(packet: IConnectPacket): void {
    const broker = this.#broker;
    this.version = packet.protocolVersion === 5 ? 5 : 4;
    this.#settings.protocolVersion = this.version;
    if (broker.draw("silent")) return;
    if (broker.draw("unavailable")) {
      this.#refuse(Code.unavailable[this.version]);
      return;
    }
    const refusal = broker.judge(packet);
    if (refusal !== 0) {
      this.#refuse(refusal);
      return;
    }
    let clientId = packet.clientId;
    const isAssigned = clientId === "";
    const isClean = packet.clean !== false;
    if (isAssigned) {
      if (this.version === 4 && !isClean) {
        this.#refuse(Code.identifier[4]);
        return;
      }
      clientId = broker.newClientId();
    }
    const { properties = {}, will } = packet;
    broker.takeOver(clientId, Code.takenOver);
    const [session, isPresent] = broker.openSession(clientId, isClean);
    this.session = session;
    session.connections++;
    session.expiryS = this.version === 5 ? expiryOf(properties.sessionExpiryInterval) : isClean ? 0 : undefined;
    this.#receiveMaximum = this.version === 5 ? (properties.receiveMaximum ?? 0xffff) : WINDOW_V4;
    this.#packetSize = properties.maximumPacketSize ?? MOST_PACKET;
    this.#brokerAliases.maximum = properties.topicAliasMaximum ?? 0;
    if (will !== undefined) {
      const payload = Buffer.from(will.payload);
      const expiryS = will.properties?.messageExpiryInterval;
      this.will = {
        delayS: will.properties?.willDelayInterval ?? 0,
        message: broker.message({
          topic: will.topic,
          payload,
          qos: will.qos ?? 0,
          retain: will.retain ?? false,
          from: clientId,
          isWill: true,
          expiryS,
          properties: forwarded(will.properties),
        }),
      };
    }
    const { limits } = broker;
    this.keepAliveS = (this.version === 5 ? limits.serverKeepAlive : undefined) ?? packet.keepalive ?? 0;
    this.isAccepted = true;
    const connack: IConnackPacket = { cmd: "connack", sessionPresent: isPresent, returnCode: 0, reasonCode: 0 };
    if (this.version === 5) {
      connack.properties = {
        ...(limits.receiveMaximum !== undefined && { receiveMaximum: limits.receiveMaximum }),
        ...(limits.maximumPacketSize !== undefined && { maximumPacketSize: limits.maximumPacketSize }),
        ...(limits.topicAliasMaximum !== undefined && { topicAliasMaximum: limits.topicAliasMaximum }),
        ...(limits.serverKeepAlive !== undefined && { serverKeepAlive: limits.serverKeepAlive }),
        ...(isAssigned && { assignedClientIdentifier: clientId }),
      };
    }
    broker.accepted(this, packet, isPresent);
    this.#send(connack);
    this.#watch();
    // What the client has not acknowledged is sent again, in its order [MQTT-4.4.0-1].
    for (const each of session.outgoing) {
      if (!each.wasSent) break;
      if (each.isReleased) this.#send({ cmd: "pubrel", messageId: each.id });
      else this.#sendPublish(each, true);
    }
    this.drain();
  }

  #refuse(code: number): void {
    this.#send({ cmd: "connack", sessionPresent: false, returnCode: code, reasonCode: code });
    this.end();
  }

  /** One and a half times the Keep Alive without a packet, and the connection is over [MQTT-3.1.2-22] [MQTT-3.1.2-24]. */
  #watch(): void {
    if (this.keepAliveS === 0) return;
    const limitMs = this.keepAliveS * 1_500;
    this.#broker.after(this.#lastMs + limitMs - this.#broker.nowMs, () => {
      if (this.#isOver) return;
      if (this.#broker.nowMs - this.#lastMs >= limitMs) this.end(Code.keepAlive);
      else this.#watch();
    });
  }

  #disconnect(session: Session, packet: IDisconnectPacket): void {
    const expiry = packet.properties?.sessionExpiryInterval;
    if (expiry !== undefined) session.expiryS = expiryOf(expiry);
    const isGoodBye = packet.reasonCode !== Code.withWill && (packet.reasonCode ?? 0) < 0x80;
    this.#link.close();
    this.#over(isGoodBye);
  }

  // From the client ------------------------------------------------------------------------------------------------------

  #takePublish(session: Session, packet: IPublishPacket): void {
    const topic = this.#clientAliases.topicOf(packet, this.#broker.limits.topicAliasMaximum ?? 0);
    if (topic === undefined) {
      this.#fail("sends PUBLISH with a topic alias that stands for nothing");
      return;
    }
    const id = packet.messageId ?? 0;
    const broker = this.#broker;
    const known = packet.qos === 2 ? session.incoming.get(id) : undefined;
    if (known === undefined) {
      const message = broker.message({
        topic,
        payload: Buffer.from(packet.payload),
        qos: packet.qos,
        retain: packet.retain,
        from: session.clientId,
        isWill: false,
        expiryS: packet.properties?.messageExpiryInterval,
        properties: forwarded(packet.properties),
      });
      broker.had(this, message, packet);
      const isKept = packet.qos === 2 && broker.method === "A";
      if (packet.qos === 2) session.incoming.set(id, { message, wasRouted: !isKept });
      if (!isKept) broker.route(message);
    }
    if (packet.qos === 1) this.#acknowledge("puback", id);
    else if (packet.qos === 2) this.#acknowledge("pubrec", id);
  }

  #takePubrel(session: Session, id: number): void {
    const incoming = session.incoming.get(id);
    session.incoming.delete(id);
    if (incoming !== undefined && !incoming.wasRouted) this.#broker.route(incoming.message);
    this.#acknowledge("pubcomp", id, incoming === undefined ? Code.notFound : 0);
  }

  #takeAcknowledgement(session: Session, cmd: "puback" | "pubrec" | "pubcomp", id: number, reason: number): void {
    const outgoing = session.inFlight(id);
    const isRefused = reason >= 0x80;
    if (cmd === "pubrec") {
      if (outgoing !== undefined && !isRefused) outgoing.isReleased = true;
      if (outgoing !== undefined) this.#broker.acknowledged(this, outgoing);
      if (outgoing !== undefined && isRefused) session.finish(outgoing);
      else this.#acknowledge("pubrel", id, outgoing === undefined ? Code.notFound : 0);
    } else if (outgoing !== undefined && outgoing.isReleased === (cmd === "pubcomp")) {
      if (cmd === "puback") this.#broker.acknowledged(this, outgoing);
      session.finish(outgoing);
    }
    this.drain();
  }

  #acknowledge(cmd: "puback" | "pubrec" | "pubrel" | "pubcomp", messageId: number, reasonCode = 0): void {
    const broker = this.#broker;
    for (const delayMs of acknowledgementTimes(broker.faults, broker.faultCounts, broker.random)) {
      const send = (): void => this.#send({ cmd, messageId, reasonCode });
      if (delayMs === 0) send();
      else broker.after(delayMs, send);
    }
  }

  #subscribe(session: Session, packet: ISubscribePacket): void {
    const granted: number[] = [];
    const identifier = packet.properties?.subscriptionIdentifier;
    const added: [Subscription, boolean][] = [];
    for (const each of packet.subscriptions) {
      const subscription: Subscription = { ...each, identifier };
      added.push([subscription, session.subscriptions.has(each.topic)]);
      session.subscriptions.set(each.topic, subscription);
      granted.push(each.qos);
    }
    this.#broker.subscribed(session);
    this.#send({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
    for (const [subscription, wasThere] of added) {
      if (subscription.rh === 2 || (subscription.rh === 1 && wasThere)) continue;
      this.#broker.sendRetained(session, subscription);
    }
    this.drain();
  }

  #unsubscribe(session: Session, packet: IUnsubscribePacket): void {
    const granted = packet.unsubscriptions.map((filter) => (session.subscriptions.delete(filter) ? 0 : 0x11));
    this.#broker.subscribed(session);
    this.#send({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted });
  }

  // To the client ----------------------------------------------------------------------------------------------------------

  /** Sends what waits, as far as the client's Receive Maximum allows it [MQTT-3.3.4-9]. */
  drain(): void {
    const session = this.session;
    if (session === undefined || !this.isAccepted || this.#isOver) return;
    let inFlight = session.outgoing.reduce((sum, each) => sum + (each.wasSent && each.qos > 0 ? 1 : 0), 0);
    for (const each of [...session.outgoing]) {
      if (each.wasSent) continue;
      const { expiresMs } = each.message;
      if (expiresMs !== undefined && expiresMs <= this.#broker.nowMs) {
        session.finish(each);
        continue;
      }
      if (each.qos === 0) {
        session.finish(each);
        this.#sendPublish(each, false);
        continue;
      }
      if (inFlight >= this.#receiveMaximum) break;
      inFlight++;
      each.id = session.newIdentifier();
      each.wasSent = true;
      this.#sendPublish(each, false);
    }
  }

  #sendPublish(outgoing: Outgoing, dup: boolean): void {
    const { message, qos, retain, identifiers, id } = outgoing;
    const packet: IPublishPacket = {
      cmd: "publish",
      topic: message.topic,
      payload: Buffer.from(message.payload),
      qos: qos as QoS,
      dup,
      retain,
      messageId: id,
    };
    if (this.version === 5) {
      const alias = this.#brokerAliases.aliasOf(message.topic);
      if (alias?.isKnown) packet.topic = "";
      const leftMs = message.expiresMs === undefined ? undefined : message.expiresMs - this.#broker.nowMs;
      packet.properties = {
        ...message.properties,
        ...(leftMs !== undefined && { messageExpiryInterval: Math.max(0, Math.ceil(leftMs / 1_000)) }),
        ...(identifiers.length > 0 && { subscriptionIdentifier: [...identifiers] }),
        ...(alias !== undefined && { topicAlias: alias.alias }),
      };
    }
    this.#broker.delivering(this, outgoing);
    this.#send(packet);
  }
}

/** All ones: it never expires (3.1.2.11.2). */
function expiryOf(interval: number | undefined): number | undefined {
  return interval === 0xffff_ffff ? undefined : (interval ?? 0);
}
