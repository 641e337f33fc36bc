/** What the broker keeps for a client identifier: it outlives the connection if the client wants that (3.1.2.4, 4.1). */

import type { ISubscription, QoS } from "mqtt-packet";
import type { BrokerMessage } from "./message.ts";

export interface Subscription extends ISubscription {
  readonly identifier: number | undefined;
}

/** A message on its way to the client. */
export interface Outgoing {
  readonly message: BrokerMessage;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly identifiers: readonly number[];
  /** Its packet identifier, once it was sent; 0 before. */
  id: number;
  /** It went out before: on the next connection it carries DUP. */
  wasSent: boolean;
  /** PUBREC has come: PUBREL is owed. */
  isReleased: boolean;
}

/** A message that came under QoS 2 and is not released yet. */
export interface Incoming {
  readonly message: BrokerMessage;
  /** By method B it went on to subscribers at once (4.3.3). */
  readonly wasRouted: boolean;
}

const MOST_QUEUED = 1_000;
const LAST_IDENTIFIER = 0xffff;

export class Session {
  readonly clientId: string;
  readonly subscriptions = new Map<string, Subscription>();
  /** Messages under QoS 2 from the client, by packet identifier. */
  readonly incoming = new Map<number, Incoming>();
  /** Messages to the client that it has not acknowledged, in their order; those that were sent come first. */
  outgoing: Outgoing[] = [];
  /** How long it outlives its connection, in seconds; undefined: for ever. */
  expiryS: number | undefined = 0;
  /** Counts its connections, so that what was planned for an earlier one can tell. */
  connections = 0;
  #lastId = 0;

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  /** Queues a message; the oldest that was not sent goes if there are too many. */
  enqueue(outgoing: Outgoing): void {
    if (this.outgoing.length >= MOST_QUEUED) {
      const unsent = this.outgoing.findIndex((each) => !each.wasSent);
      if (unsent >= 0) this.outgoing.splice(unsent, 1);
    }
    this.outgoing.push(outgoing);
  }

  /** A packet identifier that no message in flight has [MQTT-2.2.1-3]. */
  newIdentifier(): number {
    do {
      this.#lastId = (this.#lastId % LAST_IDENTIFIER) + 1;
    } while (this.outgoing.some((each) => each.id === this.#lastId));
    return this.#lastId;
  }

  inFlight(id: number): Outgoing | undefined {
    return this.outgoing.find((each) => each.id === id);
  }

  finish(outgoing: Outgoing): void {
    this.outgoing.splice(this.outgoing.indexOf(outgoing), 1);
  }
}
