/**
 * When a scenario's faults befall which nodes. All of it is pure: it follows from the scenario, the size of the whole
 * fleet, the seed, and the nodes' global indexes, so every shard comes to the same plan without asking another.
 */

import { mix32 } from "../hal/random.ts";
import { groupAssignment } from "./membership.ts";
import type { Fault, FaultKind, Scenario } from "./scenario.ts";

export interface FaultPlanOptions {
  readonly scenario: Scenario;
  /** Nodes of the whole fleet, of all shards. */
  readonly nodes: number;
  /** The run's, 32 bits. */
  readonly seed: number;
}

/** A fault begins, or ends, for some nodes. */
export interface FaultEvent {
  /** Milliseconds since the start of the run. */
  readonly atMs: number;
  readonly kind: FaultKind;
  /** True: it begins. A `reconnect-storm` begins and never ends. */
  readonly on: boolean;
  readonly fault: Fault;
  /** Global indexes of the nodes that it befalls, ascending; may be iterated any number of times. */
  readonly nodes: Iterable<number>;
}

/** What a node is under at one time: that of all faults which befall it then. */
export interface Condition {
  /** `cut`: its network is gone. */
  readonly cut: boolean;
  /** `broker-gone`: nothing listens at the broker's address. */
  readonly brokerGone: boolean;
  /** `dead-battery`: it does not run. */
  readonly dead: boolean;
  /** `failed-probe` has the better of `frozen-probe`. */
  readonly probe: "good" | "frozen" | "failed";
  /** How far its clock is ahead; below 0: behind. Skews add up. */
  readonly skewMs: number;
}

export interface FaultPlan {
  /**
   * What happens to these nodes, in order of time. At one time ends come before beginnings, and faults in the scenario's
   * order. A fault that befalls none of them is left out. `indexes`: global indexes, ascending.
   */
  timetable(indexes: Iterable<number>): readonly FaultEvent[];
  /** Whether the fault with that number in the scenario befalls the node at all. */
  befalls(fault: number, node: number): boolean;
  /** How many nodes of the whole fleet the fault befalls. */
  count(fault: number): number;
  /**
   * What a node is under at that time, which a fault's beginning is part of and its end is not. Faults may overlap, so
   * what an event's node is to do follows from this, not from the event alone.
   */
  condition(node: number, atMs: number): Condition;
}

/** Takes 32 bits of `options.nodes` for the time of the call at most; the plan itself keeps a few numbers for each fault. */
export function planFaults({ scenario, nodes, seed }: FaultPlanOptions): FaultPlan {
  const groupOf = groupAssignment(scenario.groups);
  const selections = scenario.faults.map((fault, index) => {
    const group = scenario.groups.findIndex(({ name }) => name === fault.group);
    const isCandidate = fault.group === undefined ? () => true : (node: number) => groupOf(node) === group;
    return select({ share: fault.share ?? 1, key: mix32(mix32(seed) ^ (index + 1)), nodes, isCandidate });
  });

  const befalls = (fault: number, node: number): boolean => selections[fault]?.has(node) ?? false;
  return {
    befalls,
    count: (fault) => selections[fault]?.count ?? 0,
    condition: (node, atMs) =>
      combined(scenario.faults.filter((fault, index) => isActive(fault, atMs) && befalls(index, node))),
    timetable(indexes) {
      const mine = Uint32Array.from(indexes);
      const events: FaultEvent[] = [];
      scenario.faults.forEach((fault, index) => {
        const befallen = mine.filter((node) => befalls(index, node));
        if (befallen.length === 0) return;
        const { kind, atMs, forMs } = fault;
        events.push({ atMs, kind, on: true, fault, nodes: befallen });
        if (forMs !== undefined) events.push({ atMs: atMs + forMs, kind, on: false, fault, nodes: befallen });
      });
      return events.sort((a, b) => a.atMs - b.atMs || Number(a.on) - Number(b.on));
    },
  };
}

/** Milliseconds from the start until the last fault has begun and, unless it is for good, ended; 0 without faults. */
export function scenarioLengthMs({ faults }: Pick<Scenario, "faults">): number {
  return faults.reduce((end, { atMs, forMs = 0 }) => Math.max(end, atMs + forMs), 0);
}

interface Selection {
  readonly count: number;
  has(node: number): boolean;
}

/**
 * The share of the candidates, to the nearest node but at least one, whose hashes are the lowest. `mix32` maps different
 * nodes to different hashes, so the highest hash that is in is all that there is to remember.
 */
function select({
  share,
  key,
  nodes,
  isCandidate,
}: {
  share: number;
  key: number;
  nodes: number;
  isCandidate: (node: number) => boolean;
}): Selection {
  if (share === 1) {
    let candidates = 0;
    for (let node = 0; node < nodes; node++) if (isCandidate(node)) candidates++;
    return { count: candidates, has: (node) => node < nodes && isCandidate(node) };
  }
  const hashes = new Uint32Array(nodes);
  let candidates = 0;
  for (let node = 0; node < nodes; node++) if (isCandidate(node)) hashes[candidates++] = mix32(node ^ key);
  const count = candidates === 0 ? 0 : Math.max(1, Math.round(share * candidates));
  const highest = hashes.subarray(0, candidates).sort()[count - 1] ?? -1;
  return { count, has: (node) => node < nodes && isCandidate(node) && mix32(node ^ key) <= highest };
}

function isActive({ kind, atMs, forMs }: Fault, nowMs: number): boolean {
  return kind !== "reconnect-storm" && nowMs >= atMs && (forMs === undefined || nowMs < atMs + forMs);
}

function combined(active: readonly Fault[]): Condition {
  const is = (kind: FaultKind): boolean => active.some((fault) => fault.kind === kind);
  return {
    cut: is("cut"),
    brokerGone: is("broker-gone"),
    dead: is("dead-battery"),
    probe: is("failed-probe") ? "failed" : is("frozen-probe") ? "frozen" : "good",
    skewMs: active.reduce((sum, { skewMs = 0 }) => sum + skewMs, 0),
  };
}
