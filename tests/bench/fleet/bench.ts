/**
 * `npm run bench:fleet`: what a node of a fleet costs, beside a client of MQTT.js that does the same at the same time; how it
 * grows with their number; how many this machine holds; and what fleets on a null network take.
 */

import { spawnSync } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { formatError, withProgress } from "../../../host/cli/output.ts";
import { usage } from "../../../host/cli/parse.ts";
import { WasmoteError } from "../../../host/errors.ts";
import { report } from "../command.ts";
import { judge, type Measurement } from "../figures.ts";
import type { FleetCosts } from "../fleet-script.ts";
import { formatJson, formatMarkdown } from "../format.ts";
import { writeTable } from "../page.ts";
import { prepareModules } from "../prepare.ts";
import { LEAN, runScript } from "../program.ts";
import { count, measurementsOf, RULES, type RunRows } from "./costs.ts";
import { writeReport } from "./report.ts";
import { mostConnections, type Row, runAtOnce, type SideLoad } from "./sides.ts";

/** Nodes beside as many clients of MQTT.js. */
const COMPARED = {
  sizes: [1_000, 4_000, 8_000],
  rate: 1_000,
  perSecond: 4_000,
  seconds: 8,
  warmUpSeconds: 12,
} as const;
/** Each node publishes so often, however many there are: what it costs follows from that alone, if anything. */
const GROWN = { intervalMs: 5_000, mostStartsPerSecond: 1_000, seconds: 10, warmUpSeconds: 21 } as const;
/** Beside each of them runs the largest fleet that one process may have connections for, `MOST` at the most. */
const FEWER = [100, 1_000, 5_000, 10_000] as const;
const MOST = 19_000;
/** As many as may be had, so many in each process. */
const HELD = { nodes: 100_000, perProcess: 18_000, rate: 500, perSecond: 500, seconds: 5, warmUpSeconds: 0 } as const;
const NULL_SIZES = [50_000, 100_000] as const;

async function measureAll(quick: boolean): Promise<RunRows> {
  if (quick) {
    const sizes = [250, 500];
    return {
      compared: await compare({ ...COMPARED, sizes, perSecond: 1_000, warmUpSeconds: 3, seconds: 3 }),
      grown: [],
      held: [],
    };
  }
  return { compared: await compare(COMPARED), grown: await grow(), held: await hold() };
}

async function compare(plan: {
  readonly sizes: readonly number[];
  readonly rate: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}): Promise<Row[][]> {
  const { sizes, warmUpSeconds, ...load } = plan;
  const rounds: Row[][] = [];
  for (const nodes of sizes) {
    const sides = (["nodes", "mqttjs"] as const).map((side): SideLoad => ({ side, nodes, ...load }));
    const what = `${count(nodes)} nodes beside as many clients of MQTT.js`;
    rounds.push(await withProgress(what, () => runAtOnce(warmUpSeconds, sides)));
  }
  return rounds;
}

/** What a node costs among more and more of them. */
async function grow(): Promise<Row[][]> {
  const most = Math.min(MOST, mostConnections());
  const rounds: Row[][] = [];
  for (const fewer of FEWER) {
    const what = `fleets of ${count(fewer)} and ${count(most)} nodes`;
    const sides = [fewer, most].map(steady);
    rounds.push(await withProgress(what, () => runAtOnce(GROWN.warmUpSeconds, sides)));
  }
  return rounds;
}

/** Nodes that start over some whole intervals, so that their publishes are spread evenly over each. */
function steady(nodes: number): SideLoad {
  const { intervalMs, mostStartsPerSecond, seconds } = GROWN;
  const perSecond = (nodes * 1_000) / intervalMs;
  return { side: "nodes", nodes, rate: perSecond / Math.ceil(perSecond / mostStartsPerSecond), perSecond, seconds };
}

/** All at once in several processes; half as many if that fails, and so on. */
async function hold(): Promise<Row[]> {
  const { nodes, perProcess, warmUpSeconds, ...load } = HELD;
  const each = Math.min(perProcess, mostConnections());
  for (let most: number = nodes; most >= each; most = Math.floor(most / 2)) {
    const processes = Math.ceil(most / each);
    const sides = Array.from(
      { length: processes },
      (_, index): SideLoad => ({ side: "nodes", nodes: Math.floor((most + index) / processes), ...load }),
    );
    try {
      const what = `${count(most)} nodes in ${processes} processes`;
      const rows = await withProgress(what, () => runAtOnce(warmUpSeconds, sides));
      const isAtOnce = Math.max(...rows.map((row) => row.fromMs)) < Math.min(...rows.map((row) => row.toMs));
      if (isAtOnce) return rows;
      process.stderr.write(`${count(most)} nodes were not all connected at the same time\n`);
    } catch (error) {
      process.stderr.write(`${count(most)} nodes can't be had: ${error instanceof Error ? error.message : error}\n`);
    }
  }
  return [];
}

async function measureNull(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const nodes of NULL_SIZES) {
    const costs = await runScript<FleetCosts>("fleet-script.ts", [String(nodes), LEAN.module], ["--expose-gc"]);
    const fleet = `${count(nodes)} nodes on a null network`;
    measurements.push({ name: `memory of each of ${fleet}`, value: costs.grownBytes / nodes, unit: "bytes" });
    measurements.push({ name: `whole process of ${fleet}`, value: costs.rssBytes / 1e6, unit: "MB" });
    measurements.push({ name: `one step of ${fleet}`, value: costs.nodeStepNs, unit: "ns" });
  }
  return measurements;
}

/** Six minutes are too long to find out then. Throws `EUSAGE`. */
async function checkFolder(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch {
    throw usage(
      `nothing can be written into ${dirname(path)}`,
      "give --report a path in a folder that exists and is yours",
    );
  }
}

/** Throws `EMEASURE` where the figures can't be had. */
function checkMachine(quick: boolean): void {
  if (process.platform !== "linux") {
    throw new WasmoteError("EMEASURE", "resource", "memory of processes is told by Linux alone", {
      cure: "run it on Linux, or in a container",
    });
  }
  const files = String(2 * MOST);
  // Where that is allowed, for this process and what it starts.
  spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${files}:${files}`], { stdio: "ignore" });
  const needed = quick ? 0 : Math.max(...FEWER);
  if (mostConnections() > needed) return;
  throw new WasmoteError("EMEASURE", "resource", `${count(needed)} connections need more open files than are allowed`, {
    cure: "type `sudo prlimit --pid $$ --nofile=20000` in this shell and run it again",
  });
}

function parseFlags() {
  try {
    const options = {
      json: { type: "boolean" },
      quick: { type: "boolean" },
      report: { type: "string" },
      write: { type: "boolean" },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    const [what = ""] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw usage(what, "npm run bench:fleet takes --json, --quick, --report FILE and --write, after a lone --");
  }
}

try {
  const { json, write, report: reportPath, quick = false } = parseFlags();
  if (quick && (write || reportPath !== undefined)) {
    throw usage("--write and --report are for a whole run", "leave out --quick");
  }
  checkMachine(quick);
  if (reportPath !== undefined) await checkFolder(reportPath);
  await prepareModules();
  const rows = await measureAll(quick);
  const onNull = quick ? [] : await withProgress("fleets on a null network", measureNull);
  const measurements = [...measurementsOf(rows), ...onNull].filter(({ value }) => !quick || Number.isFinite(value));
  // What is measured for a few seconds tells whether everything works, and is nobody's cost.
  const rules = quick ? { limits: [], missed: [] } : RULES;
  const figures = measurements.map((each) => judge(each, rules));
  const { stdout, stderr, exitCode } = report(measurements, "table", rules);
  const all = { figures: JSON.parse(formatJson(figures)), measurements, ...rows };
  process.stdout.write(json ? `${JSON.stringify(all)}\n` : stdout);
  process.stderr.write(`${stderr}on ${availableParallelism()} cores\n`);
  if (write) await writeTable("bench:fleet", formatMarkdown(figures), "fleet.md");
  if (reportPath !== undefined) await writeReport(reportPath, rows, figures);
  process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? 2 : 1;
}
