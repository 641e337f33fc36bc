/** A random timetable of faults, from a seed: what befalls which node when. All of them end before the time that is given. */

import { Errno } from "../abi.ts";
import { NO_FAULTS } from "./broker/faults.ts";
import { GOOD_LINK } from "./pipe.ts";
import type { Random } from "./random.ts";
import type { SimNode } from "./sim-node.ts";
import { minutes, seconds } from "./time.ts";
import type { World } from "./world.ts";

/** What befalls one node. */
export const NODE_FAULTS = [
  "cut",
  "cut-up",
  "cut-down",
  "network-down",
  "reset",
  "bad-link",
  "slow-peer",
  "power-cut",
  "power-cut-in-call",
  "torn-write",
  "trap",
  "sensor-fails",
  "sensor-frozen",
  "clock-step",
  "clock-unset",
  "taken-over",
  "storage-full",
  "storage-rot",
] as const;
export type NodeFault = (typeof NODE_FAULTS)[number];

/** What befalls the broker, and so all nodes. */
export const BROKER_FAULTS = [
  "restart",
  "restart-without-state",
  "power-cut-of-broker",
  "late-acks",
  "double-acks",
  "no-acks",
  "silent-connects",
  "unavailable",
  "no-answer",
] as const;
export type BrokerFault = (typeof BROKER_FAULTS)[number];
export type FaultKind = NodeFault | BrokerFault;

export interface FaultPlan {
  /** When the faults end, in virtual time: the last ones are cut short. */
  readonly untilMs: number;
  /** Mean time from one fault of a node to its next, in milliseconds. */
  readonly nodeMeanMs: number;
  /** Mean time from one fault of the broker to its next, in milliseconds. */
  readonly brokerMeanMs: number;
  /** Kinds that are left out. */
  readonly without?: readonly FaultKind[];
}

/** Told before a fault comes. */
export interface FaultListener {
  onFault(kind: FaultKind, node: SimNode | undefined): void;
}

const LONGEST_MS = minutes(30);
const LONGEST_WAITING_MS = seconds(90);
/** A power cut in a call comes at one of so many next host calls. */
const NEXT_POINTS = 400;

export class Faults {
  /** How many of each kind there were. */
  readonly counts: Partial<Record<FaultKind, number>> = {};
  readonly #world: World;
  readonly #plan: FaultPlan;
  readonly #listener: FaultListener;

  /** Plans the first fault of each node and of the broker; each brings the next. */
  constructor(world: World, plan: FaultPlan, listener: FaultListener) {
    this.#world = world;
    this.#plan = plan;
    this.#listener = listener;
    for (const node of world.nodes) {
      const random = world.random(`faults/${node.id}`);
      this.#repeat(random, plan.nodeMeanMs, () => this.#befallNode(node, random));
    }
    world.scheduler.at(plan.untilMs, () => {
      for (const node of world.nodes) node.power.cutAt(undefined);
    });
    const random = world.random("faults/broker");
    this.#repeat(random, plan.brokerMeanMs, () => this.#befallBroker(random));
  }

  #repeat(random: Random, meanMs: number, befall: () => number): void {
    const next = (fromMs: number): void => {
      const atMs = fromMs + random.span(meanMs);
      if (atMs >= this.#plan.untilMs) return;
      this.#world.scheduler.at(atMs, () => next(befall()));
    };
    next(this.#world.nowMs);
  }

  /** How long a fault lasts: mostly seconds, sometimes half an hour, never past the end. */
  #length(random: Random): number {
    const length = random.chance(0.2) ? random.between(minutes(1), LONGEST_MS) : random.between(1, seconds(90));
    return Math.max(1, Math.min(length, this.#plan.untilMs - this.#world.nowMs));
  }

  #count(kind: FaultKind, node?: SimNode): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    this.#listener.onFault(kind, node);
  }

  #pick<Kind extends FaultKind>(random: Random, kinds: readonly Kind[]): Kind {
    return random.pick(kinds.filter((kind) => !this.#plan.without?.includes(kind)));
  }

  /** Returns when it is over. */
  #befallNode(node: SimNode, random: Random): number {
    const { scheduler, nowMs } = this.#world;
    const kind = this.#pick(random, NODE_FAULTS);
    const forMs = this.#length(random);
    // What waits for its moment may begin late.
    const offMs = Math.min(forMs, LONGEST_WAITING_MS);
    this.#count(kind, node);
    const end = (undo: () => void): number => {
      scheduler.after(forMs, undo);
      return nowMs + forMs;
    };
    switch (kind) {
      case "cut":
      case "cut-up":
      case "cut-down":
        node.network.cut(kind === "cut" ? undefined : kind === "cut-up" ? "up" : "down");
        return end(() => node.network.restore());
      case "network-down":
        node.network.down();
        return end(() => node.network.restore());
      case "reset":
        node.network.reset();
        return nowMs;
      case "bad-link": {
        const before = node.network.quality;
        node.network.quality = {
          splits: random.below(100) / 100,
          loss: random.below(30) / 100,
          duplicates: random.below(30) / 100,
          latencyMs: [1, random.between(1, 2_000)],
          sendBuffer: random.pick([1, 7, 60, 200, GOOD_LINK.sendBuffer]),
        };
        return end(() => {
          node.network.quality = before;
        });
      }
      case "slow-peer": {
        const before = node.network.quality;
        node.network.quality = { latencyMs: [500, 4_000], sendBuffer: random.between(1, 64) };
        return end(() => {
          node.network.quality = before;
        });
      }
      case "power-cut":
        node.power.cut(forMs);
        return nowMs + forMs;
      case "power-cut-in-call":
        node.power.cutAt({ point: node.power.points() + random.between(1, NEXT_POINTS), forMs: offMs });
        return nowMs + forMs;
      case "torn-write":
        node.storage.rest = random.pick(["erased", "old"]);
        node.power.cutAt({ atNextWrite: true, afterBytes: random.below(node.image.length + 33), forMs: offMs });
        return end(() => undefined);
      case "trap":
        node.trap();
        return nowMs;
      case "sensor-fails":
        node.sensor.fail(random.pick([Errno.EIO, Errno.ENOENT]));
        return end(() => node.sensor.mend());
      case "sensor-frozen":
        node.sensor.freeze();
        return end(() => node.sensor.mend());
      case "clock-step":
        node.clock.step(random.pick([-1, 1]) * random.between(1, 100 * 24 * minutes(60)));
        return nowMs;
      case "clock-unset":
        node.clock.setKnown(false);
        return end(() => node.clock.setKnown(true));
      case "taken-over":
        this.#world.broker.intrude(node.id, random.chance(0.5));
        return nowMs;
      case "storage-full":
        node.storage.isBroken = true;
        return end(() => {
          node.storage.isBroken = false;
        });
      case "storage-rot":
        node.storage.flip(random.below(2), random.u32());
        return nowMs;
    }
  }

  /** Returns when it is over. */
  #befallBroker(random: Random): number {
    const { broker, scheduler, nowMs } = this.#world;
    const kind = this.#pick(random, BROKER_FAULTS);
    const forMs = this.#length(random);
    this.#count(kind);
    const end = (undo: () => void): number => {
      scheduler.after(forMs, undo);
      return nowMs + forMs;
    };
    const mend = (): void => {
      broker.faults = NO_FAULTS;
    };
    switch (kind) {
      case "restart":
      case "restart-without-state":
      case "power-cut-of-broker":
        broker.restart({
          keepsState: kind !== "restart-without-state",
          isSilent: kind === "power-cut-of-broker",
          downMs: forMs,
        });
        return nowMs + forMs;
      case "late-acks":
        broker.faults = { ...NO_FAULTS, late: 0.5, latestMs: random.between(10, seconds(9)) };
        return end(mend);
      case "double-acks":
        broker.faults = { ...NO_FAULTS, twice: 0.2 };
        return end(mend);
      case "no-acks":
        broker.faults = { ...NO_FAULTS, never: random.pick([0.05, 0.5, 1]) };
        return end(mend);
      case "silent-connects":
        broker.faults = { ...NO_FAULTS, silent: 1 };
        return end(mend);
      case "unavailable":
        broker.faults = { ...NO_FAULTS, unavailable: 1 };
        return end(mend);
      case "no-answer":
        broker.stopAnswering();
        return end(() => broker.start());
    }
  }
}
