/** A node's conduct besides its packets: its will, its good-byes, its complaints, its memory, and that it gets on. */

import type { IConnectPacket, IDisconnectPacket } from "mqtt-packet";
import type { WasmoteError } from "../../errors.ts";
import type { Broker } from "../broker/broker.ts";
import type { NodeObserver } from "../node-types.ts";
import type { SimNode } from "../sim-node.ts";
import type { Promises } from "./promises.ts";
import { InvariantError, type InvariantName } from "./violation.ts";

const WITH_WILL = 0x04;
const FIRST_FAILURE = 0x80;

export class LifeRules implements NodeObserver {
  readonly #node: SimNode;
  readonly #broker: Broker;
  readonly #promises: Promises;
  readonly #now: () => number;
  #isStopping = false;
  /** The connection is there to have the broker forget an earlier image's session, which no later one may ask for. */
  #isClearing = false;
  #hasCleared = false;
  /** Counts its boots: a good-bye may arrive when the node that said it has lost its power. */
  #lives = 0;
  #connectedIn = 0;
  /** The broker was made to break the standard: the node may complain, and end connections for it. */
  #isBrokerBad = false;

  constructor(node: SimNode, broker: Broker, promises: Promises, now: () => number) {
    this.#node = node;
    this.#broker = broker;
    this.#promises = promises;
    this.#now = now;
  }

  /** The node is asked to stop: it may say good-bye. */
  expectGoodBye(): void {
    this.#isStopping = true;
  }

  onLog(_level: number, text: string): void {
    if (this.#broker.faultCounts.twice > 0) this.#isBrokerBad = true;
    if (text.startsWith("bad packet: ") && !this.#isBrokerBad) {
      this.#fail("no-complaint", `says "${text}" of a broker that keeps to the standard`);
    }
  }

  onBoot(): void {
    this.#lives++;
    this.#hasCleared = false;
  }

  onFault(error: WasmoteError, isInjected: boolean): void {
    if (error.code === "ECANARY") this.#fail("memory-in-image", error.message);
    if (!isInjected) this.#fail("no-trap", error.message);
  }

  /** CONNECT has come to the broker: it carries the will that the node is to have. */
  onConnect(packet: IConnectPacket): void {
    const { will } = packet;
    const { isPersistent, qos, sendsQos2 = qos === 2, version } = this.#promises;
    this.#connectedIn = this.#lives;
    this.#isClearing = version === 4 && isPersistent && packet.clean === true;
    if (this.#isClearing && (!sendsQos2 || this.#hasCleared)) {
      this.#fail("session-kept", "asks for a clean session, and throws away the one that it has");
    }
    if (!this.#promises.hasStatus) {
      if (will !== undefined) this.#fail("will", "connects with a will that nobody chose");
      return;
    }
    const topic = `sensor/${this.#node.id}/status`;
    const isRight =
      will?.topic === topic && will.payload.toString() === "offline" && will.qos === 1 && will.retain === true;
    if (!isRight) this.#fail("will", `connects without its will, "offline" on ${topic}`);
  }

  /** DISCONNECT takes the will back: only a node that was asked to stop, or sleeps, or comes back at once may say so. */
  onDisconnect({ reasonCode = 0 }: IDisconnectPacket): void {
    if (this.#isClearing) {
      this.#hasCleared = this.#connectedIn === this.#lives;
      return;
    }
    if (this.#isStopping || this.#promises.sleeps || reasonCode === WITH_WILL || reasonCode >= FIRST_FAILURE) return;
    this.#fail("will", "says good-bye, which takes its will back, though nobody asked it to stop");
  }

  /** All faults have ended, and time enough has passed. */
  settle(): void {
    if (this.#promises.sleeps) return;
    const { phase, id } = this.#node;
    if (phase !== "running" || !this.#broker.clients.includes(id)) {
      this.#fail("progress", `is not connected long after all faults have ended; it is ${phase}`);
    }
    const status = this.#broker.retained(`sensor/${id}/status`)?.text;
    if (this.#promises.hasStatus && status !== "online") {
      this.#fail("will", `is connected, and its status says ${status ?? "nothing"}`);
    }
  }

  #fail(invariant: InvariantName, what: string): never {
    throw new InvariantError(invariant, this.#node.id, this.#now(), what);
  }
}
