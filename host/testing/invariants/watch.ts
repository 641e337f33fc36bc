/** Watches a world: every node that has promised something is held to it, at every moment. */

import type { IPublishPacket, Packet } from "mqtt-packet";
import type { BrokerObserver } from "../broker/broker.ts";
import type { ClientConnection } from "../broker/client.ts";
import type { BrokerMessage } from "../broker/message.ts";
import type { Outgoing, Session } from "../broker/session.ts";
import type { SimNode } from "../sim-node.ts";
import type { World } from "../world.ts";
import { LifeRules } from "./life-rules.ts";
import { NoteLedger } from "./notes.ts";
import type { Promises } from "./promises.ts";
import { ReadingLedger } from "./readings.ts";
import { SpreadRule } from "./spread.ts";
import { InvariantError } from "./violation.ts";
import { WireRules } from "./wire-rules.ts";

export interface Watched {
  readonly node: SimNode;
  readonly promises: Promises;
  readonly readings: ReadingLedger;
  readonly notes: NoteLedger;
  readonly life: LifeRules;
}

/** What was taken later than so long before the end may still be on its way. */
export const UNDER_WAY_MS = 60_000;

export class Watch implements BrokerObserver {
  readonly spread: SpreadRule;
  readonly #world: World;
  readonly #watched = new Map<string, Watched>();

  constructor(world: World) {
    this.#world = world;
    this.spread = new SpreadRule(world);
    world.broker.observers.push(this);
  }

  /**
   * Holds a node to its promises from now on; it must not be running yet. Its sensor is replaced by one whose readings tell
   * themselves apart.
   */
  add(node: SimNode, promises: Promises): Watched {
    const { broker } = this.#world;
    const now = (): number => this.#world.nowMs;
    const readings = new ReadingLedger(node, promises, now);
    const notes = new NoteLedger(node, promises, now);
    const life = new LifeRules(node, broker, promises, now);
    node.sensor.set(() => readings.nextValue());
    node.observers.push(readings, notes, life, new WireRules(node, broker, promises, now), {
      onPoint: (name) => {
        if (name === "net_open") this.spread.onOpen(node.id);
      },
    });
    const watched = { node, promises, readings, notes, life };
    this.#watched.set(node.id, watched);
    return watched;
  }

  get nodes(): readonly Watched[] {
    return [...this.#watched.values()];
  }

  of(nodeId: string): Watched | undefined {
    return this.#watched.get(nodeId);
  }

  /** All faults have ended, and every node has had time to get over them: nothing may be missing. */
  settle(): void {
    const nowMs = this.#world.nowMs;
    for (const { readings, notes, life, promises } of this.#watched.values()) {
      life.settle();
      readings.settle(nowMs - UNDER_WAY_MS - (promises.sleeps ? promises.intervalMs : 0));
      notes.settle(nowMs - UNDER_WAY_MS - (promises.sleeps ? promises.intervalMs : 0));
    }
  }

  // From the broker ------------------------------------------------------------------------------------------------------

  onPacket(client: ClientConnection, packet: Packet): void {
    const watched = this.#watched.get(client.origin);
    if (watched === undefined) return;
    if (packet.cmd === "connect") watched.life.onConnect(packet);
    else if (packet.cmd === "disconnect") watched.life.onDisconnect(packet);
    else if (packet.cmd === "publish" && packet.qos === 2) this.#lookForMistake(watched, client, packet);
  }

  onHad(client: ClientConnection, message: BrokerMessage): void {
    const watched = this.#watched.get(client.origin);
    if (watched !== undefined && message.topic === `sensor/${client.origin}/temperature`) {
      watched.readings.onHad(message.text);
    }
  }

  onAcknowledged(client: ClientConnection, outgoing: Outgoing): void {
    this.#watched.get(client.origin)?.notes.onAcknowledged(outgoing);
  }

  onSessionLost(session: Session): void {
    const watched = this.#watched.get(session.clientId);
    watched?.readings.onSessionLost();
    watched?.notes.onSessionLost(session);
  }

  onComplaint(client: ClientConnection, what: string): void {
    throw new InvariantError("legal-packets", client.origin, this.#world.nowMs, what);
  }

  /** A broker takes a message whose identifier it knows for the one that it had before. */
  #lookForMistake(watched: Watched, client: ClientConnection, packet: IPublishPacket): void {
    const known = client.session?.incoming.get(packet.messageId ?? 0);
    if (known === undefined) return;
    const text = packet.payload.toString();
    if (known.message.text === text) return;
    if (!watched.readings.isOfOtherImage()) {
      throw new InvariantError(
        "identifier-in-use",
        client.origin,
        this.#world.nowMs,
        `sends ${text} with the packet identifier ${packet.messageId}, which ${known.message.text} has`,
      );
    }
    watched.readings.onMistaken(text);
  }
}
