import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupAssignment } from "../../host/fleet/membership.ts";
import {
  checkIdPrefix,
  indexOfId,
  nodeId,
  nodeSeed,
  parseShard,
  shardIndexes,
  shardSize,
  startOffsetMs,
} from "../../host/fleet/plan.ts";
import { parseSourceAddresses, sourceAddressesFor } from "../../host/fleet/source-addresses.ts";
import { parseEndpoint } from "../../host/hal/endpoint.ts";

const fleets = fc.record({ nodes: fc.integer({ min: 1, max: 2_000 }), count: fc.integer({ min: 1, max: 60 }) });
const groups = [{ share: 3 }, { share: 1 }, { share: 0.5 }];

/** All that a node is, as the shards of one count make it. */
function everybody(nodes: number, count: number): Map<string, string> {
  const groupOf = groupAssignment(groups);
  const all = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    for (const node of shardIndexes(nodes, { index, count })) {
      const id = nodeId("n", node);
      if (all.has(id)) throw new Error(`two shards of ${count} have ${id}`);
      all.set(id, JSON.stringify([nodeSeed(7, node), groupOf(node), startOffsetMs(node, 500)]));
    }
  }
  return all;
}

describe("the plan of a fleet", () => {
  test("gives every node the same id, seed, group and time of start, however the fleet is divided", () => {
    fc.assert(
      fc.property(fleets, ({ nodes, count }) => {
        const whole = everybody(nodes, 1);
        expect(whole.size).toBe(nodes);
        expect(everybody(nodes, count)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test("divides the fleet into shards that differ by one node at most", () => {
    fc.assert(
      fc.property(fleets, ({ nodes, count }) => {
        const sizes = Array.from({ length: count }, (_, index) => shardSize(nodes, { index, count }));
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(nodes);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        sizes.forEach((size, index) => {
          expect(shardIndexes(nodes, { index, count })).toHaveLength(size);
        });
      }),
    );
  });

  test("gives different nodes different seeds, and other ones with another seed of the run", () => {
    const seeds = Array.from({ length: 100_000 }, (_, index) => nodeSeed(1, index));
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(nodeSeed(2, 0)).not.toBe(nodeSeed(1, 0));
  });

  test("knows a node by its id, and nobody else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), fc.stringMatching(/^[\w-]{0,15}$/), (index, prefix) => {
        expect(indexOfId(nodeId(prefix, index), prefix)).toBe(index);
      }),
    );
    for (const id of ["n", "n01", "m1", "n1x", "n-1", "1", "", "n123456789"]) expect(indexOfId(id, "n")).toBe(-1);
  });

  test("refuses a prefix that makes an id too long, or none", () => {
    const long = "a".repeat(20);
    checkIdPrefix(long, 1_000);
    for (const [prefix, nodes] of [
      [long, 1_001],
      ["a b", 1],
      ["ä", 1],
      ["a/", 1],
    ] as const) {
      expect(() => checkIdPrefix(prefix, nodes)).toThrow(expect.objectContaining({ code: "EUSAGE" }));
    }
  });

  test.each(["1", "2/2", "-1/2", "0/0", "1/2/3", "a/b", "0.5/2", ""])("refuses %j as a shard", (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: "EUSAGE" }));
  });
});

describe("source addresses", () => {
  const loopback = parseEndpoint("mqtt://127.0.0.1");

  test("are the system's choice for a fleet that fits one address, and as many as a larger one needs on the loopback", () => {
    expect(sourceAddressesFor(loopback, 1_000)).toEqual([]);
    const many = sourceAddressesFor(loopback, 100_000);
    expect(many.length).toBeGreaterThanOrEqual(2);
    expect(new Set(many).size).toBe(many.length);
    expect(sourceAddressesFor(parseEndpoint("mqtt://192.0.2.7"), 100_000)).toEqual([]);
    expect(sourceAddressesFor(loopback, 100_000, ["127.0.0.9"])).toEqual(["127.0.0.9"]);
  });

  test("are given one by one or as a range", () => {
    expect(parseSourceAddresses("192.0.2.7,127.0.0.1-127.0.0.3")).toEqual([
      "192.0.2.7",
      "127.0.0.1",
      "127.0.0.2",
      "127.0.0.3",
    ]);
    for (const text of ["", "x", "127.0.0.1-127.0.1.2", "127.0.0.3-127.0.0.1", "::1", "1.2.3.4-1.2.3.5-1.2.3.6"]) {
      expect(() => parseSourceAddresses(text)).toThrow(expect.objectContaining({ code: "EUSAGE" }));
    }
  });
});
