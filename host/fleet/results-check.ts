/** Whether a text holds results: the file may be anybody's. */

import { WasmoteError } from "../errors.ts";
import { BUCKETS } from "./histogram.ts";
import { type FleetResults, RESULTS_FORMAT, RESULTS_VERSION } from "./results.ts";
import { FAULT_KINDS } from "./scenario.ts";
import { COUNT_NAMES } from "./tally.ts";

/** A day of a large fleet takes some 100 MB. */
const MAX_CHARACTERS = 400_000_000;

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isText: Check = (value) => typeof value === "string" && value.length <= 4_096;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

function entries(value: unknown): [string, unknown][] | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
}

/** An object with these members; others are passed over. */
function shape(members: Readonly<Record<string, Check>>): Check {
  return (value) => {
    const given = entries(value);
    if (given === undefined) return false;
    const found = new Map(given);
    return Object.entries(members).every(([name, check]) => check(found.get(name)));
  };
}

const isBucket = (name: string): boolean => /^\d{1,4}$/.test(name) && Number(name) < BUCKETS;

const isHistogram = shape({
  counts: (value) => entries(value)?.every(([bucket, count]) => isBucket(bucket) && isCount(count)) ?? false,
  count: isCount,
  sum: isCount,
  max: isCount,
});

/** Members that all have the same form. */
function each(names: readonly string[], check: Check): Record<string, Check> {
  return Object.fromEntries(names.map((name) => [name, check]));
}

const isRun = shape({
  ...each(["scenario", "module", "moduleSha256", "broker"], isText),
  ...each(["nodes", "shardCount", "seed", "startAtMs", "durationMs"], isCount),
});

const isCounters = shape({
  ...each(COUNT_NAMES, isCount),
  errors: (value) =>
    entries(value)?.every(([name, count]) => /^[a-z0-9:]{1,40}$/.test(name) && isCount(count)) ?? false,
});

const isSecond = shape({
  ...each(["connected", "publishes", "acknowledged", "inFlight", "errors", "overruns"], isCount),
  second: (value) => Number.isSafeInteger(value),
  latency: isHistogram,
});

const isObserved = shape(each(["messages", "unnumbered", "gaps", "duplicates", "reordered", "unseen"], isCount));

const isFault = shape({
  kind: (value) => FAULT_KINDS.some((kind) => kind === value),
  atMs: isCount,
  forMs: optional(isCount),
  nodes: isCount,
});

const isResults = shape({
  run: isRun,
  shards: listOf(isCount),
  nodes: isCount,
  counters: isCounters,
  latency: isHistogram,
  timeline: listOf(isSecond),
  observed: optional(isObserved),
  faults: listOf(isFault),
  cost: shape({ cpuMs: isNumber, peakRssBytes: isNumber, wallMs: isNumber }),
});

/** The results in a file's text. Throws `ERESULTS` for anything else. `name`: the file's, for what is said. */
export function checkResults(text: string, name: string): FleetResults {
  const value = text.length <= MAX_CHARACTERS ? parse(text) : undefined;
  const found = new Map(entries(value));
  if (found.get("format") !== RESULTS_FORMAT) throw refused(`${name} holds no results of a fleet`);
  if (found.get("version") !== RESULTS_VERSION) {
    throw refused(
      `${name} is of version ${JSON.stringify(found.get("version"))}, and this program knows ${RESULTS_VERSION}`,
    );
  }
  if (!isResults(value)) throw refused(`${name} is damaged: it has not the form of results`);
  return value as FleetResults;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(what: string): WasmoteError {
  return new WasmoteError("ERESULTS", "usage", what, {
    cure: "name files that `wasmote fleet run --results` has written",
  });
}
