/**
 * A broker that does what MQTT 3.1.1 and 5.0 ask of a server, and what a test asks of it besides. It is the world's, and
 * runs in virtual time. Enhanced authentication and shared subscriptions it has not.
 */

import type { IConnectPacket, IPublishPacket, Packet, QoS } from "mqtt-packet";
import { type Journal, JournalKind } from "../journal.ts";
import type { BrokerLink, Peer } from "../link.ts";
import type { Listener } from "../network.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import { ClientConnection } from "./client.ts";
import { type BrokerFaultCounts, type BrokerFaults, NO_FAULTS } from "./faults.ts";
import { BrokerMessage, type MessageParts, type Properties } from "./message.ts";
import { type Outgoing, Session, type Subscription } from "./session.ts";
import { matches } from "./topics.ts";

/** How a receiver under QoS 2 keeps from delivering twice: A keeps the message until PUBREL, B its identifier (4.3.3). */
export type Method = "A" | "B";

/** What the broker tells clients of MQTT 5.0 in CONNACK; what is left out is not said. */
export interface BrokerLimits {
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  readonly topicAliasMaximum?: number;
  /** Seconds. */
  readonly serverKeepAlive?: number;
}

export interface BrokerOptions {
  readonly method?: Method;
  readonly limits?: BrokerLimits;
  /** How many messages `messages` looks back on; 100,000 unless it is given. */
  readonly keepMessages?: number;
  /** Returns 0 for a client that may connect, or the return code (3.1.1) or reason code (5.0) that it is refused with. */
  readonly judge?: (connect: IConnectPacket) => number;
}

/** Told what the broker does. None of these may call the broker. */
export interface BrokerObserver {
  /** A packet has come from a client and is to be handled; nothing of it is done yet. */
  onPacket?(client: ClientConnection, packet: Packet): void;
  /** A packet goes to a client. */
  onSent?(client: ClientConnection, packet: Packet, bytes: Uint8Array): void;
  onAccepted?(client: ClientConnection, packet: IConnectPacket, sessionPresent: boolean): void;
  /** A message has come that is new to the session. */
  onHad?(client: ClientConnection, message: BrokerMessage, packet: IPublishPacket): void;
  /** A message goes on to subscribers. */
  onRouted?(message: BrokerMessage): void;
  /** A message is sent to a client, for the first time or again. */
  onDelivering?(client: ClientConnection, outgoing: Outgoing): void;
  /** The client has acknowledged a message: PUBACK or PUBREC. */
  onAcknowledged?(client: ClientConnection, outgoing: Outgoing): void;
  /** A session has ended, with all that it held. */
  onSessionLost?(session: Session): void;
  onEnded?(client: ClientConnection, isGoodBye: boolean): void;
  /** A client has broken the standard. */
  onComplaint?(client: ClientConnection, what: string): void;
}

export interface PublishOptions {
  readonly qos?: QoS;
  readonly retain?: boolean;
  /** Seconds until it expires (5.0). */
  readonly expiryS?: number;
  readonly properties?: Properties;
}

export interface RestartOptions {
  /** Sessions and retained messages are still there afterwards; true unless it is given. */
  readonly keepsState?: boolean;
  /** How long nothing listens, in milliseconds. */
  readonly downMs?: number;
  /** Its machine loses power: nobody is told, and what comes is not even refused until it is back. */
  readonly isSilent?: boolean;
}

const KEPT_MESSAGES = 100_000;
const NAME = "broker";
const SESSION_TAKEN_OVER = 0x8e;

export class Broker implements Listener {
  readonly method: Method;
  limits: BrokerLimits;
  /** How it misbehaves at present. */
  faults: BrokerFaults = NO_FAULTS;
  readonly faultCounts: BrokerFaultCounts = { late: 0, twice: 0, never: 0, silent: 0, unavailable: 0 };
  readonly observers: BrokerObserver[] = [];
  readonly random: Random;
  readonly judge: (connect: IConnectPacket) => number;
  readonly #scheduler: Scheduler;
  readonly #journal: Journal;
  readonly #keepMessages: number;
  readonly #messages: BrokerMessage[] = [];
  readonly #retained = new Map<string, BrokerMessage>();
  readonly #sessions = new Map<string, Session>();
  /** Those that have a subscription: most nodes of a fleet have none. */
  readonly #subscribed = new Set<Session>();
  readonly #online = new Map<string, ClientConnection>();
  readonly #connections = new Set<ClientConnection>();
  #mode: "accept" | "refuse" | "ignore" = "accept";
  #lives = 0;
  #assigned = 0;

  constructor(scheduler: Scheduler, random: Random, journal: Journal, options: BrokerOptions = {}) {
    this.#scheduler = scheduler;
    this.#journal = journal;
    this.random = random;
    this.method = options.method ?? "B";
    this.limits = options.limits ?? {};
    this.judge = options.judge ?? (() => 0);
    this.#keepMessages = options.keepMessages ?? KEPT_MESSAGES;
  }

  // For tests ----------------------------------------------------------------------------------------------------------

  /** What it has passed on to subscribers, oldest first: of the topics that a filter matches, or all of it. */
  messages(filter?: string): readonly BrokerMessage[] {
    return filter === undefined ? this.#messages : this.#messages.filter(({ topic }) => matches(filter, topic));
  }

  /** The retained message of a topic. */
  retained(topic: string): BrokerMessage | undefined {
    const message = this.#retained.get(topic);
    return message !== undefined && this.#isFresh(message) ? message : undefined;
  }

  /** Publishes a message to whoever has subscribed, as another client would. */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions = {}): BrokerMessage {
    const message = this.message({
      topic,
      payload: Buffer.from(payload),
      qos: options.qos ?? 0,
      retain: options.retain ?? false,
      from: undefined,
      isWill: false,
      expiryS: options.expiryS,
      properties: options.properties,
    });
    this.route(message);
    return message;
  }

  /** Client identifiers that are connected. */
  get clients(): string[] {
    return [...this.#online.keys()];
  }

  /** The session of a client identifier, if the broker has one. */
  session(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  /** Ends a client's connection, under MQTT 5.0 with a DISCONNECT of that reason code. */
  disconnect(clientId: string, reasonCode?: number): void {
    this.#online.get(clientId)?.end(reasonCode);
  }

  /** Another client comes with a client's identifier, and is gone again at once; `isClean`: it throws the session away. */
  intrude(clientId: string, isClean: boolean): void {
    this.#tell(`is visited by another ${clientId}`);
    this.takeOver(clientId, SESSION_TAKEN_OVER);
    const session = this.#sessions.get(clientId);
    if (isClean && session !== undefined) this.#lose(session);
  }

  /** Stops listening and ends all connections, as `restart` describes it, until `start`. */
  stop(options: Omit<RestartOptions, "downMs"> = {}): void {
    const { keepsState = true, isSilent = false } = options;
    this.#lives++;
    this.#tell(`stops${keepsState ? "" : " and loses its state"}${isSilent ? ", without a word" : ""}`);
    this.#mode = isSilent ? "ignore" : "refuse";
    for (const client of [...this.#connections]) {
      // A broker that dies sends no will.
      client.will = undefined;
      if (isSilent) client.end(undefined, true);
      else client.reset();
    }
    if (keepsState) return;
    this.#retained.clear();
    for (const session of [...this.#sessions.values()]) this.#lose(session);
  }

  /** Listens again. */
  start(): void {
    this.#lives++;
    this.#tell("listens");
    this.#mode = "accept";
  }

  /** Goes down and comes back. */
  restart(options: RestartOptions = {}): void {
    this.stop(options);
    const life = this.#lives;
    this.#scheduler.after(options.downMs ?? 0, () => {
      if (life === this.#lives) this.start();
    });
  }

  /** Takes no connection requests, and does not refuse them either, until `start`; connections go on. */
  stopAnswering(): void {
    this.#tell("does not answer connection requests");
    this.#mode = "ignore";
  }

  // For links ------------------------------------------------------------------------------------------------------------

  answer(): "accept" | "refuse" | "ignore" {
    return this.#mode;
  }

  accept(link: BrokerLink, origin: string): Peer {
    const client = new ClientConnection(this, link, origin);
    this.#connections.add(client);
    return client;
  }

  // For connections ------------------------------------------------------------------------------------------------------

  get nowMs(): number {
    return this.#scheduler.nowMs;
  }

  after(delayMs: number, run: () => void): void {
    this.#scheduler.after(delayMs, run);
  }

  /** Whether a fault of that kind befalls this time; it is counted. */
  draw(kind: "silent" | "unavailable"): boolean {
    if (!this.random.chance(this.faults[kind])) return false;
    this.faultCounts[kind]++;
    return true;
  }

  newClientId(): string {
    return `assigned-${++this.#assigned}`;
  }

  message(parts: MessageParts): BrokerMessage {
    const expiresMs = parts.expiryS === undefined ? undefined : this.nowMs + parts.expiryS * 1_000;
    return new BrokerMessage(this.nowMs, parts, expiresMs);
  }

  /** Another connection has come for the client identifier: the earlier one ends [MQTT-3.1.4-2]. */
  takeOver(clientId: string, reasonCode: number): void {
    const earlier = this.#online.get(clientId);
    if (earlier === undefined) return;
    this.#tell(`ends the connection of ${clientId}, which another takes over`);
    earlier.end(reasonCode);
  }

  /** The session of a client that connects, and whether it was there. */
  openSession(clientId: string, isClean: boolean): [Session, boolean] {
    const known = this.#sessions.get(clientId);
    if (known !== undefined && !isClean) return [known, true];
    if (known !== undefined) this.#lose(known);
    const session = new Session(clientId);
    this.#sessions.set(clientId, session);
    return [session, false];
  }

  accepted(client: ClientConnection, packet: IConnectPacket, sessionPresent: boolean): void {
    const { clientId } = client.session as Session;
    this.#online.set(clientId, client);
    this.#tell(`accepts ${clientId}${sessionPresent ? " with its session" : ""}`);
    for (const each of this.observers) each.onAccepted?.(client, packet, sessionPresent);
  }

  connectionEnded(client: ClientConnection, isGoodBye: boolean): void {
    this.#connections.delete(client);
    for (const each of this.observers) each.onEnded?.(client, isGoodBye);
    const { session, will } = client;
    if (session === undefined) return;
    if (this.#online.get(session.clientId) === client) this.#online.delete(session.clientId);
    this.#tell(`has lost ${session.clientId}${isGoodBye ? ", which said good-bye" : ""}`);
    if (will !== undefined && !isGoodBye) this.#planWill(session, will.message, will.delayS);
    this.#planExpiry(session);
  }

  had(client: ClientConnection, message: BrokerMessage, packet: IPublishPacket): void {
    for (const each of this.observers) each.onHad?.(client, message, packet);
  }

  /** Passes a message on to all who have subscribed, and retains it if that is wanted (3.3.1.3). */
  route(message: BrokerMessage): void {
    if (this.#keepMessages > 0) {
      this.#messages.push(message);
      if (this.#messages.length > this.#keepMessages) this.#messages.shift();
    }
    for (const each of this.observers) each.onRouted?.(message);
    if (message.retain) {
      if (message.payload.length === 0) this.#retained.delete(message.topic);
      else this.#retained.set(message.topic, message);
    }
    for (const session of this.#subscribed) this.#offer(session, message);
  }

  /** The subscriptions of a session have changed. */
  subscribed(session: Session): void {
    if (session.subscriptions.size > 0) this.#subscribed.add(session);
    else this.#subscribed.delete(session);
  }

  sendRetained(session: Session, subscription: Subscription): void {
    for (const message of this.#retained.values()) {
      if (!matches(subscription.topic, message.topic) || !this.#isFresh(message)) continue;
      this.#enqueue(session, message, subscription.qos, true, [subscription]);
    }
  }

  delivering(client: ClientConnection, outgoing: Outgoing): void {
    for (const each of this.observers) each.onDelivering?.(client, outgoing);
  }

  acknowledged(client: ClientConnection, outgoing: Outgoing): void {
    for (const each of this.observers) each.onAcknowledged?.(client, outgoing);
  }

  noteReceived(client: ClientConnection, packet: Packet): void {
    for (const each of this.observers) each.onPacket?.(client, packet);
  }

  noteSent(client: ClientConnection, packet: Packet, bytes: Uint8Array): void {
    this.#journal.note(JournalKind.broker, -1, this.nowMs, bytes.length, bytes);
    for (const each of this.observers) each.onSent?.(client, packet, bytes);
  }

  complain(client: ClientConnection, what: string): void {
    this.#tell(`${client.session?.clientId ?? client.origin} ${what}`);
    for (const each of this.observers) each.onComplaint?.(client, what);
  }

  // Sessions and wills -----------------------------------------------------------------------------------------------------

  #offer(session: Session, message: BrokerMessage): void {
    const wanted = [...session.subscriptions.values()].filter(
      ({ topic, nl }) => matches(topic, message.topic) && !(nl && message.from === session.clientId),
    );
    const qos = wanted.reduce<QoS>((most, each) => (each.qos > most ? each.qos : most), 0);
    if (wanted.length === 0) return;
    const retain = message.retain && wanted.some(({ rap }) => rap);
    this.#enqueue(session, message, qos, retain, wanted);
    this.#online.get(session.clientId)?.drain();
  }

  #enqueue(session: Session, message: BrokerMessage, most: QoS, retain: boolean, by: readonly Subscription[]): void {
    const qos = Math.min(most, message.qos) as QoS;
    // Nobody keeps what is worth nothing to whoever is away.
    if (qos === 0 && !this.#online.has(session.clientId)) return;
    const identifiers = by.flatMap(({ identifier }) => (identifier === undefined ? [] : [identifier]));
    session.enqueue({ message, qos, retain, identifiers, id: 0, wasSent: false, isReleased: false });
  }

  /** The will is due once its delay has passed or the session has ended, unless the client is back [MQTT-3.1.3-9]. */
  #planWill(session: Session, message: BrokerMessage, delayS: number): void {
    const waitS = Math.min(delayS, session.expiryS ?? Number.POSITIVE_INFINITY);
    const publish = (): void => this.route(message.at(this.nowMs));
    if (waitS === 0) {
      publish();
      return;
    }
    const connections = session.connections;
    this.after(waitS * 1_000, () => {
      const isBack = this.#sessions.get(session.clientId) === session && session.connections !== connections;
      if (!isBack) publish();
    });
  }

  #planExpiry(session: Session): void {
    if (session.expiryS === undefined || this.#sessions.get(session.clientId) !== session) return;
    if (session.expiryS === 0) {
      this.#lose(session);
      return;
    }
    const { connections } = session;
    this.after(session.expiryS * 1_000, () => {
      const isSame = this.#sessions.get(session.clientId) === session && session.connections === connections;
      if (isSame && !this.#online.has(session.clientId)) this.#lose(session);
    });
  }

  #lose(session: Session): void {
    this.#sessions.delete(session.clientId);
    this.#subscribed.delete(session);
    for (const each of this.observers) each.onSessionLost?.(session);
  }

  #isFresh({ expiresMs }: BrokerMessage): boolean {
    return expiresMs === undefined || expiresMs > this.nowMs;
  }

  #tell(what: string): void {
    this.#journal.tell(JournalKind.broker, -1, NAME, this.nowMs, what);
  }
}
