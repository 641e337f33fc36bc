import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mergeResults, missingShards, type NamedResults, readResults, writeResults } from "../../host/fleet/merge.ts";
import type { FleetResults } from "../../host/fleet/results.ts";
import { checkResults } from "../../host/fleet/results-check.ts";
import { addCounters, addSeconds, NO_COUNTERS, Tally } from "../../host/fleet/tally.ts";
import { wasmote } from "../device/command.ts";
import { resultsOf, secondOf } from "./values.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmote-merge-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function named(all: readonly FleetResults[]): NamedResults[] {
  return all.map((results, index) => ({ name: `${index}.json`, results }));
}

/** What happens to a node at one time. */
const happening = fc.record({
  node: fc.nat(7),
  second: fc.nat(5),
  what: fc.constantFrom("publish", "ack", "error", "overrun", "seen") as fc.Arbitrary<
    "publish" | "ack" | "error" | "overrun" | "seen"
  >,
  us: fc.nat(5_000_000),
  reason: fc.constantFrom("9", "10", "mqtt:5"),
});
type Happening = { node: number; second: number; what: string; us: number; reason: string };

/** Counts as a worker of the shard would. */
function observe(happenings: readonly Happening[], shard: number, count: number): FleetResults {
  const mine = happenings.filter(({ node }) => node % count === shard);
  const tally = new Tally();
  const timeline = [0, 1, 2, 3, 4, 5].flatMap((second) => {
    const now = mine.filter((each) => each.second === second);
    for (const { what, us, reason } of now) {
      if (what === "publish") tally.counts.publishes++;
      else if (what === "error") tally.error(reason);
      else if (what === "overrun") tally.counts.overruns++;
      else if (what === "ack") {
        tally.counts.acknowledged++;
        tally.latency.record(us);
      }
    }
    const told = tally.endSecond(second, now.length, 0);
    return now.length === 0 ? [] : [told];
  });
  const messages = mine.filter(({ what }) => what === "seen").length;
  return resultsOf(
    {
      shards: Array.from({ length: count === 1 ? 4 : 1 }, (_, index) => (count === 1 ? index : shard)),
      nodes: 8 / count,
      counters: tally.counters(),
      latency: mergeLatency(timeline),
      timeline,
      observed: { messages, unnumbered: 0, gaps: messages % 2, duplicates: 0, reordered: 0, unseen: 0 },
      faults: [{ kind: "cut", atMs: 1_000, nodes: mine.length }],
    },
    {},
  );
}

function mergeLatency(timeline: FleetResults["timeline"]) {
  return addSeconds(0, timeline).latency;
}

describe("results of shards", () => {
  test("add up to those of the run in one piece", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), fc.constantFrom([0, 1, 2, 3], [3, 1, 0, 2]), (all, order) => {
        const {
          cost: _a,
          observed: observedMerged,
          ...merged
        } = mergeResults(named(order.map((shard) => observe(all, shard, 4))));
        const { cost: _b, observed, ...whole } = observe(all, 0, 1);
        expect(merged).toEqual(whole);
        expect(observedMerged?.messages).toBe(observed?.messages);
      }),
    );
  });

  test("add up in steps as at once", () => {
    const parts = [0, 1, 2, 3].map((shard) =>
      resultsOf({
        shards: [shard],
        counters: { ...NO_COUNTERS, publishes: shard, errors: { 9: 1 } },
        timeline: [secondOf(shard)],
      }),
    );
    const [a, b, c, d] = named(parts) as [NamedResults, NamedResults, NamedResults, NamedResults];
    const half = { name: "half.json", results: mergeResults([d, b]) };
    expect(mergeResults([half, a, c])).toEqual(mergeResults([a, b, c, d]));
  });

  test("say which shards are missing", () => {
    const merged = mergeResults(named([resultsOf({ shards: [2] }), resultsOf({ shards: [0] })]));
    expect(merged.shards).toEqual([0, 2]);
    expect(missingShards(merged)).toEqual([1, 3]);
  });

  test("of different runs, or of one shard twice, are refused", () => {
    const first = resultsOf();
    for (const run of [
      { seed: 2 },
      { nodes: 9 },
      { startAtMs: 5 },
      { moduleSha256: "cd" },
      { shardCount: 5 },
      { scenario: "x" },
    ]) {
      expect(() => mergeResults(named([first, resultsOf({ shards: [1] }, run)]))).toThrow(/not of one run/);
    }
    expect(() => mergeResults(named([first, first]))).toThrow("shard 0 is in 0.json and in 1.json");
    expect(() => mergeResults([])).toThrow(expect.objectContaining({ code: "ERESULTS" }));
  });

  test("keep two faults that are alike apart", () => {
    const fault = { kind: "cut", atMs: 5, nodes: 1 } as const;
    const both = [0, 1].map((shard) => resultsOf({ shards: [shard], faults: [fault, { ...fault, nodes: 3 }] }));
    expect(mergeResults(named(both)).faults.map(({ nodes }) => nodes)).toEqual([2, 6]);
  });

  test("are written whole, and read as they were written", async () => {
    const path = join(folder, "r.json");
    const results = resultsOf({ timeline: [secondOf(0, { publishes: 3 })] });
    await writeResults(path, results);
    expect((await readResults(path)).results).toEqual(results);
    expect(readdirSync(folder)).toEqual(["r.json"]);
    await expect(writeResults(join(folder, "none", "r.json"), results)).rejects.toMatchObject({ code: "ERESULTS" });
    await expect(readResults(join(folder, "none.json"))).rejects.toMatchObject({ code: "ERESULTS" });
  });

  test("with anything else in them are refused in one line", () => {
    const good = JSON.stringify(resultsOf());
    expect(checkResults(good, "r.json")).toEqual(resultsOf());
    const bad = [
      "",
      "null",
      "[]",
      "{}",
      good.slice(0, -2),
      good.replace('"version":1', '"version":2'),
      good.replace('"nodes":2', '"nodes":-1'),
      good.replace('"nodes":2', '"nodes":1e999'),
      good.replace('"errors":{}', '"errors":{"<script>":1}'),
      good.replace('"counts":{}', '"counts":{"99999":1}'),
      good.replace('"counts":{}', '"counts":{"__proto__":1}'),
      good.replace('"timeline":[]', '"timeline":[1]'),
      good.replace('"faults":[]', '"faults":[{"kind":"fire","atMs":1,"nodes":1}]'),
    ];
    for (const text of bad) expect(() => checkResults(text, "r.json"), text).toThrow(/^r\.json /);
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        expect(() => checkResults(text, "r.json")).toThrow(expect.objectContaining({ code: "ERESULTS" }));
      }),
    );
  });
});

describe("wasmote fleet merge", () => {
  test("prints what the shards come to, says which is missing, and writes it", async () => {
    const paths = [0, 1, 3].map((shard) => join(folder, `${shard}.json`));
    for (const [index, path] of paths.entries()) {
      const results = resultsOf({ shards: [[0, 1, 3][index] ?? 0], counters: { ...NO_COUNTERS, publishes: 5 } });
      await writeResults(path, results);
    }
    const all = join(folder, "all.json");
    const { code, stdout, stderr } = await wasmote(["fleet", "merge", ...paths, "--results", all]);
    expect([code, stderr]).toEqual([0, "1 shard of 4 missing: 2\n"]);
    expect(stdout).toContain("3 of 4, with 6 of 8 nodes; MISSING: 2");
    expect(stdout).toMatch(/publishes +15,/);
    const json = await wasmote(["fleet", "merge", ...paths, "--json"]);
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(readFileSync(all, "utf-8")));
  });

  test("refuses what is no results with one line and exit code 2", async () => {
    const path = join(folder, "r.json");
    writeFileSync(path, '{"format":"wasmote-fleet-results","version":1}');
    const { code, stdout, stderr } = await wasmote(["fleet", "merge", path]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error ERESULTS: .*r\.json is damaged.* — .+\n$/);
  });
});

test("counters of nobody are nothing", () => {
  expect(addCounters([])).toEqual(NO_COUNTERS);
});
