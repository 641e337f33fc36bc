/**
 * `npm run simulate -- --seeds 1000 --hours 24 --nodes 10`: random nodes, random faults, and every invariant checked in every
 * run. docs/simulation.md. Exit code 1 if a seed fails, 2 for a mistake in the arguments.
 */

import { parseArgs } from "node:util";
import { formatError } from "../../host/cli/output.ts";
import { WasmoteError } from "../../host/errors.ts";
import { provideProgram } from "../../host/node/programs.ts";
import { BROKER_FAULTS, type FaultKind, NODE_FAULTS } from "../../host/testing/fault-plan.ts";
import { runSeeds } from "./pool.ts";
import { Progress } from "./progress.ts";
import type { RunResult } from "./seed.ts";
import { Totals } from "./totals.ts";
import { buildVariants, VARIANTS } from "./variants.ts";

const MOST_FAILURES = 10;
const KINDS: readonly string[] = [...NODE_FAULTS, ...BROKER_FAULTS];

const HELP = `Usage: npm run simulate -- [options]

  --seeds <count>     how many seeds to run (default 100)
  --seed <seed>       the first seed (default 1); alone: run this one
  --hours <hours>     virtual hours of each run, at least 1 (default 24)
  --nodes <count>     nodes of each run (default 10)
  --jobs <count>      runs at a time (default: one for each core)
  --variants <names>  only nodes of these kinds: ${VARIANTS.map(({ name }) => name).join(", ")}
  --without <kinds>   leave out kinds of faults: ${KINDS.join(", ")}
  --replay            record each node, and run it again under wasm3: every byte of its image must be the same
  --json              print the totals as JSON
`;

interface Arguments {
  readonly seeds: number;
  readonly seed: number;
  readonly hours: number;
  readonly nodes: number;
  readonly jobs: number | undefined;
  readonly variants: readonly string[];
  readonly without: readonly FaultKind[];
  readonly isReplayed: boolean;
  readonly isJson: boolean;
}

function readArguments(): Arguments | undefined {
  const { values } = parse();
  if (values.help) return undefined;
  const seed = values.seed === undefined ? undefined : whole("seed", values.seed, 0, Number.MAX_SAFE_INTEGER);
  return {
    seeds: values.seeds === undefined ? (seed === undefined ? 100 : 1) : whole("seeds", values.seeds, 1, 10_000_000),
    seed: seed ?? 1,
    hours: whole("hours", values.hours ?? "24", 1, 24 * 365),
    nodes: whole("nodes", values.nodes ?? "10", 1, 1_000),
    jobs: values.jobs === undefined ? undefined : whole("jobs", values.jobs, 1, 256),
    variants: names(
      "variants",
      values.variants,
      VARIANTS.map(({ name }) => name),
    ),
    without: names("without", values.without, KINDS) as FaultKind[],
    isReplayed: values.replay === true,
    isJson: values.json === true,
  };
}

function parse() {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      options: {
        seeds: text,
        seed: text,
        hours: text,
        nodes: text,
        jobs: text,
        variants: text,
        without: text,
        replay: flag,
        json: flag,
        help: flag,
      },
    });
  } catch (error) {
    throw mistake(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

function whole(name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw mistake(`--${name} takes a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
}

function names(option: string, value: string | undefined, known: readonly string[]): string[] {
  const list = (value ?? "").split(",").filter((name) => name !== "");
  const unknown = list.find((name) => !known.includes(name));
  if (unknown !== undefined) throw mistake(`--${option} does not know ${JSON.stringify(unknown)}`);
  return list;
}

function mistake(message: string): WasmoteError {
  return new WasmoteError("EUSAGE", "usage", message, { cure: "npm run simulate -- --help" });
}

/** The command that runs this seed again, alone. */
function replayCommand(seed: number, { hours, nodes, variants, without, isReplayed }: Arguments): string {
  const rest = [
    ...(variants.length > 0 ? ["--variants", variants.join(",")] : []),
    ...(without.length > 0 ? ["--without", without.join(",")] : []),
    ...(isReplayed ? ["--replay"] : []),
  ];
  return ["npm run simulate -- --seed", seed, "--hours", hours, "--nodes", nodes, ...rest].join(" ");
}

function printFailure(result: RunResult, args: Arguments): void {
  const { failure, seed } = result;
  if (failure === undefined) return;
  console.error(`\nseed ${seed} fails\n${failure.message}\n`);
  for (const line of failure.story) console.error(`  ${line}`);
  console.error(`\nagain: ${replayCommand(seed, args)}\n`);
}

async function main(args: Arguments): Promise<void> {
  const chosen = args.variants.length === 0 ? VARIANTS : VARIANTS.filter(({ name }) => args.variants.includes(name));
  const built = await buildVariants(chosen);
  const progress = new Progress(args.seeds);
  // Whoever has seen enough is told what was run until then.
  let isEnough = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      isEnough = true;
    });
  }
  const totals = new Totals();
  const { seed: firstSeed, seeds, hours, nodes, jobs, without } = args;
  const replay = args.isReplayed ? await provideProgram("wasmote-replay") : undefined;
  await runSeeds(
    { firstSeed, seeds, hours, nodes, without, replay, built, ...(jobs !== undefined && { jobs }) },
    (result) => {
      totals.add(result);
      if (result.failure !== undefined) {
        progress.clear();
        printFailure(result, args);
      }
      const failed = totals.failures.length;
      progress.step(`${Math.round(totals.nodeHours).toLocaleString("en")} node-hours, ${failed} failed`);
      return !isEnough && failed < MOST_FAILURES;
    },
  );
  progress.clear();
  if (args.isJson) console.log(JSON.stringify({ ...totals, failures: totals.failures.map(({ seed }) => seed) }));
  else for (const line of totals.lines()) console.log(line);
  if (totals.failures.length === 0) return;
  console.error(`failed: ${totals.failures.map(({ seed, failure }) => `${seed} (${failure?.name})`).join(", ")}`);
  process.exitCode = 1;
}

try {
  const args = readArguments();
  if (args === undefined) process.stdout.write(HELP);
  else await main(args);
} catch (error) {
  console.error(formatError(error));
  process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? 2 : 1;
}
