import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FaultEvent, type FaultPlanOptions, planFaults, scenarioLengthMs } from "../../host/fleet/faults.ts";
import { groupAssignment } from "../../host/fleet/membership.ts";
import { FAULT_KINDS, type Fault, type Group, type Scenario } from "../../host/fleet/scenario.ts";

const GROUPS: readonly Group[] = [
  { name: "near", share: 3 },
  { name: "far", share: 1 },
];

const fault: fc.Arbitrary<Fault> = fc
  .record({
    kind: fc.constantFrom(...FAULT_KINDS),
    // A small range, so that faults often begin and end together.
    atMs: fc.integer({ min: 0, max: 20 }),
    forMs: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    share: fc.option(fc.double({ min: 0.001, max: 1, noNaN: true }), { nil: undefined }),
    group: fc.option(fc.constantFrom("near", "far"), { nil: undefined }),
    skewMs: fc.integer({ min: -9_000, max: 9_000 }),
  })
  .map(({ kind, atMs, forMs, share, group, skewMs }) => ({
    kind,
    atMs,
    ...(share === undefined ? {} : { share }),
    ...(group === undefined ? {} : { group }),
    ...(kind === "clock-skew" ? { skewMs } : {}),
    ...(forMs === undefined || kind === "reconnect-storm" ? {} : { forMs }),
  }));

const plan: fc.Arbitrary<FaultPlanOptions> = fc.record({
  scenario: fc.array(fault, { maxLength: 8 }).map((faults): Scenario => ({ name: "any", groups: GROUPS, faults })),
  nodes: fc.integer({ min: 1, max: 400 }),
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
});

function indexes(nodes: number): number[] {
  return Array.from({ length: nodes }, (_, index) => index);
}

function withNodes({ nodes, ...event }: FaultEvent): object {
  return { ...event, nodes: [...nodes] };
}

describe("which nodes a fault befalls", () => {
  test("is its share of the nodes that it can befall, to the nearest node, and at least one", () => {
    fc.assert(
      fc.property(plan, (options) => {
        const { befalls, count } = planFaults(options);
        const groupOf = groupAssignment(GROUPS);
        options.scenario.faults.forEach(({ share = 1, group }, index) => {
          const candidates = indexes(options.nodes).filter(
            (node) => group === undefined || GROUPS[groupOf(node)]?.name === group,
          );
          const befallen = indexes(options.nodes).filter((node) => befalls(index, node));
          expect(befallen.every((node) => candidates.includes(node))).toBe(true);
          expect(befallen.length).toBe(count(index));
          const exact = share * candidates.length;
          if (exact < 1) expect(befallen.length).toBe(Math.min(1, candidates.length));
          else expect(Math.abs(befallen.length - exact)).toBeLessThanOrEqual(0.5);
        });
      }),
    );
  });

  test("is spread over the fleet, another part for each fault and each seed", () => {
    const cut: Fault = { kind: "cut", atMs: 0, share: 0.1 };
    const scenario: Scenario = { name: "two", groups: GROUPS, faults: [cut, cut] };
    const befallen = (seed: number, index: number): number[] => {
      const { befalls } = planFaults({ scenario, nodes: 10_000, seed });
      return indexes(10_000).filter((node) => befalls(index, node));
    };
    const first = befallen(1, 0);
    expect(first).toHaveLength(1_000);
    for (let start = 0; start < 10_000; start += 1_000) {
      const inside = first.filter((node) => node >= start && node < start + 1_000).length;
      expect(inside).toBeGreaterThan(60);
      expect(inside).toBeLessThan(140);
    }
    for (const other of [befallen(1, 1), befallen(2, 0)]) {
      const shared = other.filter((node) => first.includes(node)).length;
      expect(shared).toBeGreaterThan(50);
      expect(shared).toBeLessThan(150);
    }
    expect(befallen(1, 0)).toEqual(first);
  });
});

describe("a timetable", () => {
  test("of all shards together is that of the fleet in one piece", () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 7 }), (options, shards) => {
        const { timetable } = planFaults(options);
        const whole = timetable(indexes(options.nodes));
        const parts = Array.from({ length: shards }, (_, shard) =>
          // Each shard makes a plan of its own, as each process does.
          planFaults(options).timetable(indexes(options.nodes).filter((node) => node % shards === shard)),
        );
        for (const { fault, on, nodes } of whole) {
          const found = parts.flatMap((events) =>
            events.filter((each) => each.fault === fault && each.on === on).flatMap((each) => [...each.nodes]),
          );
          expect(found.toSorted((a, b) => a - b)).toEqual([...nodes]);
        }
        expect(new Set(parts.flat().map(({ fault, on }) => JSON.stringify([fault, on])))).toEqual(
          new Set(whole.map(({ fault, on }) => JSON.stringify([fault, on]))),
        );
      }),
    );
  });

  test("is in order of time, ends before beginnings", () => {
    fc.assert(
      fc.property(plan, (options) => {
        const events = planFaults(options).timetable(indexes(options.nodes));
        events.slice(1).forEach((event, index) => {
          const before = events[index];
          expect(before?.atMs).toBeLessThanOrEqual(event.atMs);
          if (before?.atMs === event.atMs) expect(Number(before.on)).toBeLessThanOrEqual(Number(event.on));
        });
      }),
    );
  });

  test("has an end for every beginning, for the same nodes, unless it is for good or a storm", () => {
    fc.assert(
      fc.property(plan, (options) => {
        const { scenario, nodes } = options;
        const events = planFaults(options).timetable(indexes(nodes));
        for (const fault of scenario.faults) {
          const [on, off, ...more] = events.filter((event) => event.fault === fault);
          expect(more).toEqual([]);
          if (on === undefined) continue;
          expect(on).toMatchObject({ atMs: fault.atMs, on: true });
          expect(off && withNodes(off)).toEqual(
            fault.forMs === undefined ? undefined : { ...withNodes(on), atMs: fault.atMs + fault.forMs, on: false },
          );
        }
      }),
    );
  });
});

describe("a node's condition", () => {
  test("changes only at events that name it, and follows from those that have begun and not ended", () => {
    fc.assert(
      fc.property(plan, (options) => {
        const { timetable, condition } = planFaults(options);
        const node = options.nodes - 1;
        const active = new Set<Fault>();
        const events = timetable([node]);
        const times = [...new Set(events.map(({ atMs }) => atMs))];
        for (const atMs of times) {
          for (const event of events.filter((each) => each.atMs === atMs)) {
            if (event.on && event.kind !== "reconnect-storm") active.add(event.fault);
            else active.delete(event.fault);
          }
          const kinds = [...active].map(({ kind }) => kind);
          const next = times[times.indexOf(atMs) + 1] ?? atMs + 100;
          for (const now of [atMs, next - 1]) {
            expect(condition(node, now)).toEqual({
              cut: kinds.includes("cut"),
              brokerGone: kinds.includes("broker-gone"),
              dead: kinds.includes("dead-battery"),
              probe: kinds.includes("failed-probe") ? "failed" : kinds.includes("frozen-probe") ? "frozen" : "good",
              skewMs: [...active].reduce((sum, { skewMs = 0 }) => sum + skewMs, 0),
            });
          }
        }
      }),
    );
  });
});

describe("groups", () => {
  test("have their shares in every run of consecutive nodes", () => {
    const shares = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(shares, fc.nat(90_000), fc.integer({ min: 100, max: 3_000 }), (given, start, length) => {
        const groupOf = groupAssignment(given.map((share) => ({ share })));
        const total = given.reduce((sum, share) => sum + share, 0);
        const counts = given.map(() => 0);
        for (let node = start; node < start + length; node++) counts[groupOf(node)] = (counts[groupOf(node)] ?? 0) + 1;
        counts.forEach((count, group) => {
          expect(Math.abs(count - (length * (given[group] ?? 0)) / total)).toBeLessThan(6);
        });
      }),
    );
  });
});

test("a scenario is over when its last fault has ended, or begun if that is for good", () => {
  expect(scenarioLengthMs({ faults: [] })).toBe(0);
  expect(
    scenarioLengthMs({
      faults: [
        { kind: "cut", atMs: 10, forMs: 50 },
        { kind: "dead-battery", atMs: 40 },
      ],
    }),
  ).toBe(60);
});
