/** The commands that run many nodes. */

import { MAX_NODES, MAX_WORKERS, parseShard, type Shard } from "../../fleet/plan.ts";
import type { NodeTrace } from "../../fleet/recording.ts";
import { parseSourceAddresses } from "../../fleet/source-addresses.ts";
import { command, option, type Values } from "../command.ts";
import { parseDuration, parseInterval, parsePort, parseSeed, parseSetting, parseWhole, usage } from "../parse.ts";
import { CONNECTION_OPTIONS, parseBroker, sensor } from "./shared.ts";

const results = option<string | undefined>({
  flags: "--results <file>",
  description: "write the results there, as JSON, for `wasmote fleet merge`",
});

const report = option<string | undefined>({
  flags: "--report <file>",
  description: "write a report with charts there, one HTML file",
});

const FLEET_RUN_OPTIONS = {
  broker: option<string | undefined>({
    flags: "--broker <address>",
    description: "mqtt://host:port, mqtts://, ws:// or wss://; required",
    parse: parseBroker,
  }),
  nodes: option({
    flags: "--nodes <count>",
    description: "how many nodes, on all shards together",
    parse: (text) => parseWhole(text, { what: "number of nodes", min: 1, max: MAX_NODES }),
    default: 100,
  }),
  rate: option<number | undefined>({
    flags: "--rate <count>",
    description: "how many nodes start in a second, on all shards together (default: 500)",
    parse: (text) => parseWhole(text, { what: "rate", min: 1, max: 1_000_000 }),
  }),
  ramp: option<number | undefined>({
    flags: "--ramp <time>",
    description: "instead of --rate: start all nodes, evenly, in that time",
    parse: parseDuration,
  }),
  duration: option<number | undefined>({
    flags: "--duration <time>",
    description: "stop after 500ms, 5s, 2m, 1h (default: run until Ctrl-C)",
    parse: parseDuration,
  }),
  loiter: option<number | undefined>({
    flags: "--loiter <time>",
    description:
      "stay connected for that long after the last reading (default: until all are acknowledged, at most 10s)",
    parse: parseDuration,
  }),
  interval: option<number | undefined>({
    flags: "--interval <time>",
    description: "time between a node's readings, 100ms to 24h (default: the module's own)",
    parse: parseInterval,
  }),
  sensor,
  scenario: option<string | undefined>({
    flags: "--scenario <name>",
    description:
      "who is in the fleet and what befalls whom: a built-in one (`wasmote fleet list`), or a .json or .ts file",
  }),
  seed: option({
    flags: "--seed <number>",
    description: "each node's random numbers and sensor follow from it and the node's index",
    parse: parseSeed,
    default: 1,
  }),
  set: option<Readonly<Record<string, string>> | undefined>({
    flags: "--set <key=value>",
    description: "a configuration value for all nodes; may be repeated",
    parse: parseSetting,
  }),
  idPrefix: option({
    flags: "--id-prefix <text>",
    description: "what ids begin with; the node's index follows",
    default: "n",
  }),
  shard: option<Shard | undefined>({
    flags: "--shard <i/n>",
    description: "run only part i of n, 0/n to n-1/n; all parts together are the fleet",
    parse: parseShard,
  }),
  shardCount: option<number | undefined>({
    flags: "--shard-count <n>",
    description: "the same with i from the environment variable JOB_COMPLETION_INDEX",
    parse: (text) => parseWhole(text, { what: "number of shards", min: 1, max: 1_000_000 }),
  }),
  startAt: option<number | undefined>({
    flags: "--start-at <time>",
    description: "when to begin, for shards that are to begin together: 2026-11-26T12:00:00Z, or +30s from now",
    parse: parseStart,
  }),
  workers: option<number | undefined>({
    flags: "--workers <count>",
    description: "threads to run nodes in (default: one for each core, if there are nodes for it)",
    parse: (text) => parseWhole(text, { what: "number of workers", min: 1, max: MAX_WORKERS }),
  }),
  sourceAddresses: option<readonly string[] | undefined>({
    flags: "--source-addresses <list>",
    description: "connect from these addresses in turn: 192.0.2.7,192.0.2.8 or 127.0.0.1-127.0.0.9",
    parse: parseSourceAddresses,
  }),
  observer: option({
    flags: "--no-observer",
    description: "do not subscribe to the readings to look for gaps and duplicates",
    default: true,
  }),
  trace: option<NodeTrace | undefined>({
    flags: "--trace <id=file>",
    description: "record all that this one node does there, for `wasmote replay`",
    parse: parseNodeTrace,
  }),
  metrics: option<number | undefined>({
    flags: "--metrics <port>",
    description: "serve Prometheus' /metrics there",
    parse: parsePort,
  }),
  metricsHost: option({
    flags: "--metrics-host <address>",
    description: "address to serve /metrics on",
    default: "127.0.0.1",
  }),
  results,
  report,
  json: option<boolean | undefined>({ flags: "--json", description: "print the results as one JSON line" }),
  quiet: option<boolean | undefined>({ flags: "--quiet", description: "print the summary alone, no progress" }),
  ...CONNECTION_OPTIONS,
};

export type FleetRunValues = Values<typeof FLEET_RUN_OPTIONS>;

export const FLEET_RUN = command({
  name: "fleet run",
  group: "Fleets",
  summary: "runs up to a hundred thousand nodes against a broker, each with a connection of its own",
  arguments: [{ name: "<module>", description: "the .wasm file" }],
  options: FLEET_RUN_OPTIONS,
  notes: `Examples:
  wasmote fleet run --nodes 1000 --broker mqtt://127.0.0.1:1883 build/quickstart.wasm
  wasmote fleet run --nodes 20000 --rate 1000 --duration 5m --results run.json --broker mqtt://broker:1883 build/temperature.wasm
  wasmote fleet run --nodes 40000 --shard 0/2 --start-at 2026-11-26T12:00:00Z --results 0.json --broker mqtt://broker:1883 build/temperature.wasm`,
  run: async (module, options) => (await import("../commands/fleet-run.ts")).fleetRun(module, options),
});

const FLEET_LIST_OPTIONS = {
  json: option<boolean | undefined>({ flags: "--json", description: "print one JSON line for each scenario" }),
};

export type FleetListValues = Values<typeof FLEET_LIST_OPTIONS>;

export const FLEET_LIST = command({
  name: "fleet list",
  group: "Fleets",
  summary: "shows the built-in scenarios",
  arguments: [],
  options: FLEET_LIST_OPTIONS,
  run: async (options) => (await import("../commands/fleet-list.ts")).fleetList(options),
});

const FLEET_MERGE_OPTIONS = {
  results,
  report,
  json: option<boolean | undefined>({ flags: "--json", description: "print the results as one JSON line" }),
};

export type FleetMergeValues = Values<typeof FLEET_MERGE_OPTIONS>;

export const FLEET_MERGE = command({
  name: "fleet merge",
  group: "Fleets",
  summary: "adds up the results of a run's shards",
  arguments: [
    { name: "<results...>", description: "files that `wasmote fleet run --results` has written, each shard once" },
  ],
  options: FLEET_MERGE_OPTIONS,
  notes: `Example:
  wasmote fleet merge 0.json 1.json 2.json 3.json --results all.json`,
  run: async (files, options) => (await import("../commands/fleet-merge.ts")).fleetMerge(files, options),
});

function parseNodeTrace(text: string, previous?: NodeTrace): NodeTrace {
  const [, id, file] = text.match(/^([^=]+)=(.+)$/s) ?? [];
  if (id === undefined || file === undefined) {
    throw usage(`"${text}" names no node and file`, "write --trace n7=node.trace");
  }
  if (previous === undefined) return { id, file };
  throw usage("--trace records one node, and there are two", "give it once; run the fleet again for the other node");
}

/** Milliseconds since 1970. */
function parseStart(text: string): number {
  if (text.startsWith("+")) return Date.now() + parseDuration(text.slice(1));
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw usage(`"${text}" is no time`, "write 2026-11-26T12:00:00Z, or +30s from now");
  return ms;
}
