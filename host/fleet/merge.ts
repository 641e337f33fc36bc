/** Adds up the results of shards: that of all of them is what the run in one piece would have had. */

import { readFile, rename, writeFile } from "node:fs/promises";
import { systemCode, WasmoteError } from "../errors.ts";
import { mergeHistograms } from "./histogram.ts";
import {
  type FleetResults,
  type Observed,
  RESULTS_FORMAT,
  RESULTS_VERSION,
  type RunDescription,
  type Second,
} from "./results.ts";
import { checkResults } from "./results-check.ts";
import { addCounters, addSeconds } from "./tally.ts";
import { addFaults } from "./worker-pool.ts";

/** What two results must have in common to be of one run. */
const IDENTITY: readonly (readonly [keyof RunDescription, string])[] = [
  ["scenario", "scenario"],
  ["nodes", "number of nodes"],
  ["shardCount", "number of shards"],
  ["moduleSha256", "module"],
  ["broker", "broker"],
  ["seed", "seed"],
  ["startAtMs", "agreed start (--start-at)"],
  ["durationMs", "duration"],
];

/** Results with where they come from, for what is said of them. */
export interface NamedResults {
  readonly name: string;
  readonly results: FleetResults;
}

/** Throws `ERESULTS` for results of different runs, and for a shard that is there twice. `all`: at least one. */
export function mergeResults(all: readonly NamedResults[]): FleetResults {
  const [first, ...others] = all;
  if (first === undefined) throw refused("there are no results to merge", "name at least one file");
  for (const other of others) checkSameRun(first, other);
  checkShards(all);
  const results = all.map((each) => each.results);
  const seconds = new Map<number, Second[]>();
  for (const { timeline } of results) {
    for (const second of timeline) seconds.set(second.second, [...(seconds.get(second.second) ?? []), second]);
  }
  const observed = results.flatMap((each) => each.observed ?? []);
  const total = (of: (each: FleetResults) => number): number => results.reduce((sum, each) => sum + of(each), 0);
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    run: first.results.run,
    shards: results.flatMap((each) => each.shards).sort((a, b) => a - b),
    nodes: total((each) => each.nodes),
    counters: addCounters(results.map((each) => each.counters)),
    latency: mergeHistograms(results.map((each) => each.latency)),
    timeline: [...seconds].sort(([a], [b]) => a - b).map(([second, parts]) => addSeconds(second, parts)),
    ...(observed.length === 0 ? {} : { observed: addObserved(observed) }),
    faults: addFaults(results.map((each) => each.faults)),
    cost: {
      cpuMs: total((each) => each.cost.cpuMs),
      peakRssBytes: total((each) => each.cost.peakRssBytes),
      wallMs: total((each) => each.cost.wallMs),
    },
  };
}

/** The shards of the run that are not in its results. */
export function missingShards({ run, shards }: FleetResults): number[] {
  const there = new Set(shards);
  return Array.from({ length: run.shardCount }, (_, shard) => shard).filter((shard) => !there.has(shard));
}

/** Throws `ERESULTS` if the file can't be read or holds no results. */
export async function readResults(path: string): Promise<NamedResults> {
  let text: string;
  try {
    text = await readFile(path, "utf-8");
  } catch (cause) {
    throw refused(`can't read ${path}: ${systemCode(cause) ?? cause}`, "name a file that --results has written");
  }
  return { name: path, results: checkResults(text, path) };
}

/** Whoever reads the file meanwhile finds the old one or all of the new one. Throws `ERESULTS` if it can't be written. */
export async function writeResults(path: string, results: FleetResults): Promise<void> {
  try {
    const part = `${path}.part`;
    await writeFile(part, formatResults(results));
    await rename(part, path);
  } catch (cause) {
    throw new WasmoteError("ERESULTS", "resource", `can't write ${path}: ${systemCode(cause) ?? cause}`, {
      cure: "give --results a file in a folder that exists and may be written",
    });
  }
}

export function formatResults(results: FleetResults): string {
  return `${JSON.stringify(results)}\n`;
}

function checkSameRun(first: NamedResults, other: NamedResults): void {
  for (const [key, what] of IDENTITY) {
    const [a, b] = [first.results.run[key], other.results.run[key]];
    if (a === b) continue;
    throw refused(
      `${first.name} and ${other.name} are not of one run: their ${what} is ${a} and ${b}`,
      "merge results of shards that were started with the same options and the same --start-at",
    );
  }
}

function checkShards(all: readonly NamedResults[]): void {
  const owner = new Map<number, string>();
  for (const { name, results } of all) {
    for (const shard of results.shards) {
      const before = owner.get(shard);
      if (before !== undefined) {
        throw refused(`shard ${shard} is in ${before} and in ${name}`, "name each shard's results once");
      }
      owner.set(shard, name);
    }
  }
}

function addObserved(all: readonly Observed[]): Observed {
  const total = (of: (each: Observed) => number): number => all.reduce((sum, each) => sum + of(each), 0);
  return {
    messages: total((each) => each.messages),
    unnumbered: total((each) => each.unnumbered),
    gaps: total((each) => each.gaps),
    duplicates: total((each) => each.duplicates),
    reordered: total((each) => each.reordered),
    unseen: total((each) => each.unseen),
  };
}

function refused(what: string, cure: string): WasmoteError {
  return new WasmoteError("ERESULTS", "usage", what, { cure });
}
