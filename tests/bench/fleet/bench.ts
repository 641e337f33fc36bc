/**
 * `npm run bench:fleet`: what a node of a fleet costs, beside a client of MQTT.js that does the same, at the same Mosquitto and
 * in the same run; how it grows; and what fleets on a null network take.
 */

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { formatError, withProgress } from "../../../host/cli/output.ts";
import { usage } from "../../../host/cli/parse.ts";
import { WasmoteError } from "../../../host/errors.ts";
import { openFiles } from "../../../host/fleet/limits.ts";
import { Mosquitto } from "../../integration/mosquitto.ts";
import { report } from "../command.ts";
import { judge, type Measurement, type Rules } from "../figures.ts";
import type { FleetCosts } from "../fleet-script.ts";
import { formatMarkdown } from "../format.ts";
import { writeTable } from "../page.ts";
import { prepareModules } from "../prepare.ts";
import { LEAN, runScript } from "../program.ts";
import { type Costs, type Load, loadArguments } from "./load.ts";

const RULES: Rules = {
  limits: [
    { name: "fleet.memoryOfMqttJs", unit: "times", bound: "least", limit: 3 },
    { name: "fleet.cpuOfMqttJs", unit: "times", bound: "least", limit: 2 },
    { name: "fleet.growth", unit: "times", bound: "most", limit: 1.25 },
  ],
  missed: [],
};

const COMPARED = { nodes: 8_000, rate: 800, intervalMs: 2_000, seconds: 10 } as const;
const COMPARED_QUICKLY = { nodes: 500, rate: 250, intervalMs: 500, seconds: 5 } as const;
/** Sides take turns, so that a slow spell of the machine meets both. */
const ROUNDS = 3;

/** The same publishes in a second for each number of nodes. */
const SIZES = [100, 1_000, 5_000, 10_000, 19_000, 50_000] as const;
const PUBLISHES_PER_SECOND = 1_000;
const RATE = 2_000;
const SECONDS = 10;
const NULL_SIZES = [50_000, 100_000] as const;

/** Open files of a broker and of a process of nodes beyond their connections. */
const SPARE_FILES = 500;

/** The memory of fewer nodes is less than what the garbage collector leaves by chance. */
const SMALLEST_COMPARED = 5_000;

async function measureAll(quick: boolean): Promise<Measurement[]> {
  const broker = await startBroker();
  try {
    return [
      ...(await withProgress("nodes beside clients of MQTT.js", () => compare(broker.port, quick))),
      ...(quick ? [] : await grow(broker.port)),
      ...(quick ? [] : await withProgress("fleets on a null network", measureNull)),
    ];
  } finally {
    await broker.dispose();
  }
}

/** A broker logs nothing here: it would be what is measured. */
function startBroker(): Promise<Mosquitto> {
  return Mosquitto.start({ settings: ["log_type none", "log_type information", "connection_messages false"] });
}

async function compare(port: number, quick: boolean): Promise<Measurement[]> {
  const load = { ...(quick ? COMPARED_QUICKLY : COMPARED), port, module: LEAN.module };
  const nodes: Costs[] = [];
  const clients: Costs[] = [];
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    nodes.push(await run("nodes-script.ts", load));
    clients.push(await run("mqttjs-script.ts", load));
  }
  const node = medians(nodes);
  const client = medians(clients);
  return [
    { name: "fleet.memoryOfMqttJs", value: client.bytesPerNode / node.bytesPerNode, unit: "times" },
    { name: "fleet.cpuOfMqttJs", value: client.cpuUsPerPublish / node.cpuUsPerPublish, unit: "times" },
    { name: "memory of a connected node", value: node.bytesPerNode, unit: "bytes" },
    { name: "memory of a connected client of MQTT.js", value: client.bytesPerNode, unit: "bytes" },
    { name: "CPU of a node's publish", value: node.cpuUsPerPublish, unit: "µs" },
    { name: "CPU of a publish of MQTT.js", value: client.cpuUsPerPublish, unit: "µs" },
    { name: "connects of nodes, one core", value: 1e6 / node.cpuUsPerConnect, unit: "/s" },
    { name: "connects of MQTT.js, one core", value: 1e6 / client.cpuUsPerConnect, unit: "/s" },
  ];
}

/** What a node costs among more and more of them, as far as this machine goes. */
async function grow(port: number): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const perNode: number[] = [];
  let largest = 0;
  for (const nodes of SIZES) {
    const intervalMs = Math.max(100, (nodes * 1_000) / PUBLISHES_PER_SECOND);
    const what = `${nodes.toLocaleString("en-US")} connected nodes`;
    const files = openFiles() ?? Number.POSITIVE_INFINITY;
    if (nodes + SPARE_FILES > files) {
      process.stderr.write(`${what} can't be had: the broker may have ${files.toLocaleString("en-US")} open files\n`);
      break;
    }
    let costs: Costs;
    try {
      const load = { nodes, rate: RATE, intervalMs, seconds: SECONDS, port, module: LEAN.module };
      costs = await withProgress(what, () => run("nodes-script.ts", load));
    } catch (error) {
      process.stderr.write(`${what} can't be had: ${error instanceof Error ? error.message : error}\n`);
      break;
    }
    largest = nodes;
    if (nodes >= SMALLEST_COMPARED) perNode.push(costs.bytesPerNode, costs.cpuUsPerPublish);
    if (nodes >= SMALLEST_COMPARED) {
      measurements.push({ name: `memory of a node among ${what}`, value: costs.bytesPerNode, unit: "bytes" });
    }
    measurements.push({ name: `whole process of ${what}`, value: costs.rssBytes / 1e6, unit: "MB" });
    measurements.push({ name: `CPU of a publish among ${what}`, value: costs.cpuUsPerPublish, unit: "µs" });
  }
  const [firstBytes = Number.NaN, firstUs = Number.NaN] = perNode;
  const [lastBytes = Number.NaN, lastUs = Number.NaN] = perNode.slice(-2);
  return [
    { name: "fleet.growth", value: Math.max(lastBytes / firstBytes, lastUs / firstUs), unit: "times" },
    { name: "most nodes with real connections that were tried and held", value: largest, unit: "nodes" },
    ...measurements,
  ];
}

async function measureNull(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const nodes of NULL_SIZES) {
    const costs = await runScript<FleetCosts>("fleet-script.ts", [String(nodes), LEAN.module], ["--expose-gc"]);
    const fleet = `${nodes.toLocaleString("en-US")} nodes on a null network`;
    measurements.push({ name: `memory of each of ${fleet}`, value: costs.grownBytes / nodes, unit: "bytes" });
    measurements.push({ name: `whole process of ${fleet}`, value: costs.rssBytes / 1e6, unit: "MB" });
    measurements.push({ name: `one step of ${fleet}`, value: costs.nodeStepNs, unit: "ns" });
  }
  return measurements;
}

function run(script: string, load: Load): Promise<Costs> {
  return runScript<Costs>(`fleet/${script}`, loadArguments(load), ["--expose-gc"]);
}

function medians(all: readonly Costs[]): Costs {
  const median = (of: (costs: Costs) => number): number =>
    all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  return {
    bytesPerNode: median((costs) => costs.bytesPerNode),
    cpuUsPerPublish: median((costs) => costs.cpuUsPerPublish),
    cpuUsPerConnect: median((costs) => costs.cpuUsPerConnect),
    publishes: median((costs) => costs.publishes),
    rssBytes: median((costs) => costs.rssBytes),
  };
}

/** As many open files as the largest fleet needs, for this process and what it starts, where that is allowed. */
function raiseOpenFiles(): void {
  const files = String(Math.max(...SIZES) + SPARE_FILES);
  spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${files}:${files}`], { stdio: "ignore" });
}

function parseFlags() {
  try {
    const options = { json: { type: "boolean" }, write: { type: "boolean" }, quick: { type: "boolean" } } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    const [what = ""] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw usage(what, "npm run bench:fleet takes --json, --quick and --write, after a lone --");
  }
}

try {
  const { json, write, quick = false } = parseFlags();
  if (write && quick) throw usage("--write is for a whole run", "leave out --quick");
  await prepareModules();
  raiseOpenFiles();
  const measurements = await measureAll(quick);
  const figures = measurements.map((each) => judge(each, RULES));
  if (write) await writeTable("bench:fleet", formatMarkdown(figures), "fleet.md");
  const { stdout, stderr, exitCode } = report(measurements, json ? "json" : "table", RULES);
  process.stdout.write(stdout);
  process.stderr.write(`${stderr}on ${availableParallelism()} cores\n`);
  process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? 2 : 1;
}
