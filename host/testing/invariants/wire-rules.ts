/** What a client may send, and when: checked at the node, which knows exactly what it has sent and received. */

import type { Broker } from "../broker/broker.ts";
import type { NodeObserver } from "../node-types.ts";
import type { PointName } from "../sim-board.ts";
import type { SimNode } from "../sim-node.ts";
import { identifierOf, PacketStream, PacketType, reasonOf, type SeenPacket } from "./packets.ts";
import type { Promises } from "./promises.ts";
import { InvariantError, type InvariantName } from "./violation.ts";

/** PUBREL follows PUBREC in the same step, or in the next one if a checkpoint comes between them. */
const PUBREL_MS = 5_000;
/** More attempts to connect in a minute than any draw of the back-off gives. */
const MOST_OPENS = 40;
const OPENS_MS = 60_000;
const DUP = 0x08;
const QOS = 0x06;
const FIRST_FAILURE = 0x80;

export class WireRules implements NodeObserver {
  readonly #node: SimNode;
  readonly #broker: Broker;
  readonly #promises: Promises;
  readonly #now: () => number;
  readonly #sent = new PacketStream();
  readonly #received = new PacketStream();
  /** Identifiers of PUBLISH on this connection that the node awaits an answer for, and whether it is PUBREC or PUBACK. */
  readonly #inFlight = new Map<number, "answer" | "released">();
  /** Identifiers of PUBLISH that went out in this session. */
  readonly #everSent = new Set<number>();
  /** Those of them that were not acknowledged: a second time they carry DUP. */
  readonly #unacknowledged = new Set<number>();
  /** Identifiers that PUBREC has come for in this session and PUBCOMP has not: their PUBLISH is over. */
  readonly #released = new Set<number>();
  /** PUBRECs that are to be answered, and when they came. */
  readonly #owed = new Map<number, number>();
  readonly #opens: number[] = [];
  #isAccepted = false;
  #hasSaidConnect = false;
  #lastSentMs = 0;
  #isStuck = false;
  /** When the link last took less than it was offered: packets may have begun before that. */
  #stuckMs = 0;
  /** The image was restored, and knows less than this: it may say DUP of what it never sent, and the other way round. */
  #isLenient = true;
  #isLeaving = false;
  /** A packet was begun that the link never took whole: for the node it was sent. */
  #hasBroken = false;

  constructor(node: SimNode, broker: Broker, promises: Promises, now: () => number) {
    this.#node = node;
    this.#broker = broker;
    this.#promises = promises;
    this.#now = now;
  }

  onPoint(name: PointName): void {
    if (name === "net_open") this.#open();
    else if (name === "net_close") this.#close();
  }

  onBoot(): void {
    this.#isLenient = true;
    this.#isLeaving = false;
    this.#released.clear();
    this.#forgetConnection();
  }

  onPowerCut(): void {
    this.#forgetConnection();
  }

  onFault(): void {
    this.#forgetConnection();
  }

  onSend(bytes: Uint8Array, offered: number, taken: number): void {
    if (taken > 0) this.#checkSilence();
    this.#isStuck = taken < offered;
    if (this.#isStuck) this.#stuckMs = this.#now();
    if (taken > 0) this.#lastSentMs = this.#now();
    const packets = this.#sent.take(bytes);
    if (!this.#isAccepted && this.#hasSaidConnect && bytes.length > 0) {
      this.#fail("connect-first", "sends more than CONNECT before CONNACK has come");
    }
    for (const packet of packets) this.#takeSent(packet);
  }

  onReceive(bytes: Uint8Array): void {
    for (const packet of this.#received.take(bytes)) this.#takeReceived(packet);
  }

  #open(): void {
    const now = this.#now();
    this.#forgetConnection();
    this.#opens.push(now);
    while ((this.#opens[0] ?? now) < now - OPENS_MS) this.#opens.shift();
    if (this.#opens.length > MOST_OPENS)
      this.#fail("back-off", `tries to connect ${this.#opens.length} times a minute`);
  }

  #close(): void {
    this.#checkSilence();
    this.#forgetConnection();
  }

  #forgetConnection(): void {
    if (this.#isAccepted && (this.#sent.isPartial || this.#isStuck)) this.#hasBroken = true;
    this.#sent.reset();
    this.#received.reset();
    this.#inFlight.clear();
    // What it has not answered it may not have come to handle.
    for (const id of this.#owed.keys()) this.#released.delete(id);
    this.#owed.clear();
    this.#isAccepted = false;
    this.#hasSaidConnect = false;
    this.#isStuck = false;
    this.#isLeaving = false;
  }

  /** [MQTT-3.1.2-23]: something is sent within each Keep Alive, if the link takes it. */
  #checkSilence(): void {
    const keepAliveS =
      (this.#promises.version === 5 ? this.#broker.limits.serverKeepAlive : undefined) ?? this.#promises.keepAliveS;
    const silentMs = this.#now() - this.#lastSentMs;
    if (!this.#isAccepted || this.#isStuck || keepAliveS === 0 || silentMs <= keepAliveS * 1_000) return;
    this.#fail("keep-alive", `sent nothing for ${silentMs} ms, with a Keep Alive of ${keepAliveS} s`);
  }

  #takeSent(packet: SeenPacket): void {
    if (!this.#isAccepted && packet.type !== PacketType.connect) {
      this.#fail("connect-first", "sends another packet than CONNECT before CONNACK has come");
    }
    if (this.#isLeaving) this.#fail("legal-packets", "sends a packet after DISCONNECT");
    const limits = this.#promises.version === 5 ? this.#broker.limits : {};
    if (packet.type !== PacketType.connect && packet.bytes.length > (limits.maximumPacketSize ?? Infinity)) {
      this.#fail("limits", `sends a packet of ${packet.bytes.length} bytes, more than the broker takes`);
    }
    if (packet.type === PacketType.connect) this.#hasSaidConnect = true;
    else if (packet.type === PacketType.publish && (packet.flags & QOS) !== 0) this.#takePublish(packet);
    else if (packet.type === PacketType.pubrel) this.#owed.delete(identifierOf(packet));
    else if (packet.type === PacketType.disconnect) this.#isLeaving = true;
  }

  #takePublish(packet: SeenPacket): void {
    const now = this.#now();
    const id = identifierOf(packet);
    const isDup = (packet.flags & DUP) !== 0;
    if (id === 0) this.#fail("legal-packets", "sends PUBLISH with the packet identifier 0");
    if (this.#inFlight.has(id)) {
      this.#fail("identifier-in-use", `sends PUBLISH with the packet identifier ${id}, which is in flight`);
    }
    if (this.#released.has(id)) {
      this.#fail("pubrel", `sends PUBLISH ${id} again, which has had its PUBREC [MQTT-4.3.3-6]`);
    }
    for (const [owed, atMs] of this.#owed) {
      if (now - Math.max(atMs, this.#stuckMs) > PUBREL_MS)
        this.#fail("pubrel", `has sent no PUBREL for PUBREC ${owed}`);
    }
    if (!this.#isLenient) {
      // A node that wakes can't tell its image from a checkpoint's.
      if (isDup && !this.#everSent.has(id) && !this.#hasBroken && !this.#promises.sleeps) {
        this.#fail("dup-flag", `sends PUBLISH ${id} with DUP for the first time`);
      }
      if (isDup && !this.#everSent.has(id)) this.#hasBroken = false;
      if (!isDup && this.#unacknowledged.has(id)) this.#fail("dup-flag", `sends PUBLISH ${id} again without DUP`);
    }
    this.#inFlight.set(id, "answer");
    this.#everSent.add(id);
    this.#unacknowledged.add(id);
    const most = Math.min(this.#promises.window, this.#receiveMaximum());
    if (this.#inFlight.size > most) this.#fail("limits", `has ${this.#inFlight.size} messages in flight, of ${most}`);
  }

  #receiveMaximum(): number {
    return (this.#promises.version === 5 ? this.#broker.limits.receiveMaximum : undefined) ?? 0xffff;
  }

  #takeReceived(packet: SeenPacket): void {
    if (packet.type === PacketType.connack) {
      this.#takeConnack(packet);
      return;
    }
    const id = packet.type === PacketType.publish ? 0 : identifierOf(packet);
    if (packet.type === PacketType.puback || packet.type === PacketType.pubcomp) {
      this.#inFlight.delete(id);
      this.#unacknowledged.delete(id);
      this.#released.delete(id);
    } else if (packet.type === PacketType.pubrec && this.#inFlight.has(id)) {
      this.#unacknowledged.delete(id);
      if (reasonOf(packet) >= FIRST_FAILURE) {
        this.#inFlight.delete(id);
        return;
      }
      this.#inFlight.set(id, "released");
      this.#released.add(id);
      if (!this.#owed.has(id)) this.#owed.set(id, this.#now());
    }
  }

  #takeConnack(packet: SeenPacket): void {
    this.#isAccepted = (packet.bytes[packet.bodyAt + 1] ?? 0) === 0;
    this.#lastSentMs = this.#now();
    const isPresent = (packet.bytes[packet.bodyAt] ?? 0) === 1;
    if (!this.#isAccepted || isPresent) return;
    this.#everSent.clear();
    this.#hasBroken = false;
    this.#unacknowledged.clear();
    this.#released.clear();
    this.#isLenient = false;
  }

  #fail(invariant: InvariantName, what: string): never {
    throw new InvariantError(invariant, this.#node.id, this.#now(), what);
  }
}
