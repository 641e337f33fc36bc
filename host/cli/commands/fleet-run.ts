/** `fleet run`: many nodes, or one shard of them, from the command line's options to the summary. */

import type { WasmoteError } from "../../errors.ts";
import { formatResults, writeResults } from "../../fleet/merge.ts";
import { type Metrics, startMetrics } from "../../fleet/metrics.ts";
import { checkShard, type Shard, shardSize, WHOLE } from "../../fleet/plan.ts";
import { writeReport } from "../../fleet/report/index.ts";
import { FleetRun, type FleetRunOptions } from "../../fleet/run.ts";
import type { Scenario } from "../../fleet/scenario.ts";
import { loadScenario } from "../../fleet/scenario-file.ts";
import { defaultWorkers } from "../../fleet/worker-pool.ts";
import { counted, progressLine, progressLines, summaryLines } from "../fleet-text.ts";
import { interruption } from "../interrupt.ts";
import { LiveLines } from "../live.ts";
import { formatError, paint, printNote } from "../output.ts";
import { usage } from "../parse.ts";
import type { FleetRunValues } from "../table/fleet.ts";
import { tlsSettings } from "../table/shared.ts";

const DEFAULT_RATE = 500;
const SHOW_MS = 500;

/** One group, and nothing befalls it. */
const STEADY: Scenario = { name: "steady", groups: [{ name: "all", share: 1 }], faults: [] };

/** Resolves when every node has taken its leave, and the results are written. */
export async function fleetRun(module: string, values: FleetRunValues): Promise<void> {
  const options = await runOptions(module, values);
  const live = new LiveLines(process.stderr);
  const warn = (text: string): void => live.note(paint("yellow", text, process.stderr));
  // The line that a command may end with, said when it happens: what the others do is worth finishing.
  const traceLost = (error: WasmoteError): void => {
    live.note(formatError(error));
    process.exitCode = 1;
  };
  let run: FleetRun | undefined;
  const finish = async (): Promise<void> => {
    if (run === undefined) return;
    const results = run.results();
    live.clear();
    if (values.results !== undefined) await writeResults(values.results, results);
    if (values.report !== undefined) await writeReport(results, values.report);
    const text = values.json ? formatResults(results) : `${summaryLines(results).join("\n")}\n`;
    await new Promise((resolve) => process.stdout.write(text, resolve));
  };
  const interrupted = interruption(finish);
  const prepared = await FleetRun.prepare(options, { warning: warn, traceLost });
  run = prepared;
  let metrics: Metrics | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    if (values.metrics !== undefined) metrics = await startMetrics(prepared, values.metricsHost, values.metrics);
    if (!values.quiet) {
      printNote(introduction(options, prepared, metrics?.address));
      const show = (): void => {
        const { state } = prepared;
        live.show(progressLines(state, options.durationMs), progressLine(state, options.durationMs));
      };
      if (prepared.state.elapsedMs < 0) show();
      timer = setInterval(show, SHOW_MS);
    }
    await prepared.run(interrupted);
    clearInterval(timer);
    await finish();
  } finally {
    clearInterval(timer);
    live.clear();
    metrics?.close();
    prepared.dispose();
  }
}

async function runOptions(module: string, values: FleetRunValues): Promise<FleetRunOptions> {
  const { broker, nodes, rate, ramp } = values;
  if (broker === undefined) throw usage("the fleet has no broker", "name one with --broker mqtt://host:port");
  if (rate !== undefined && ramp !== undefined) throw usage("--rate and --ramp say the same twice", "give one of them");
  const { WASMOTE_PASSWORD: password } = process.env;
  const shard = shardOf(values);
  return {
    module,
    nodes,
    shard,
    idPrefix: values.idPrefix,
    seed: values.seed,
    rate: ramp === undefined ? (rate ?? DEFAULT_RATE) : (nodes * 1_000) / ramp,
    scenario: values.scenario === undefined ? STEADY : await loadScenario(values.scenario),
    sensor: values.sensor,
    intervalMs: values.interval,
    config: values.set ?? {},
    broker,
    tls: tlsSettings(values),
    username: values.username,
    password,
    sourceAddresses: values.sourceAddresses,
    workers: values.workers ?? defaultWorkers(shardSize(nodes, shard)),
    startAtMs: values.startAt,
    durationMs: values.duration,
    loiterMs: values.loiter,
    isObserved: values.observer,
    trace: values.trace,
  };
}

function shardOf({ shard, shardCount, nodes }: FleetRunValues): Shard {
  if (shard !== undefined && shardCount !== undefined) {
    throw usage("--shard and --shard-count say the same twice", "give one of them");
  }
  const chosen = shard ?? (shardCount === undefined ? WHOLE : shardOfJob(shardCount));
  if (chosen.index < nodes) return chosen;
  throw usage(`shard ${chosen.index} of ${counted(nodes, "node")} is empty`, "use fewer shards than there are nodes");
}

/** Kubernetes numbers the pods of an Indexed Job from 0. */
function shardOfJob(count: number): Shard {
  const { JOB_COMPLETION_INDEX: index } = process.env;
  if (index === undefined || !/^\d{1,7}$/.test(index)) {
    const what = index === undefined ? "is not set" : "is no number";
    throw usage(
      `--shard-count needs JOB_COMPLETION_INDEX, which ${what}`,
      "an Indexed Job sets it; else use --shard i/n",
    );
  }
  return checkShard({ index: Number(index), count }, `JOB_COMPLETION_INDEX is ${index}, and there are ${count} shards`);
}

function introduction(options: FleetRunOptions, run: FleetRun, metrics: string | undefined): string {
  const { shard, nodes } = options;
  const described = run.description;
  const part = shard.count === 1 ? "" : `, shard ${shard.index} of ${shard.count} of ${counted(nodes, "node")}`;
  const until = options.durationMs === undefined ? "; Ctrl-C stops" : "";
  const where = metrics === undefined ? "" : `, metrics at ${metrics}`;
  return `${counted(run.state.nodes, "node")} of ${described.module} in ${counted(run.workers, "worker")}${part}, broker at ${described.broker}${where}${until}`;
}
