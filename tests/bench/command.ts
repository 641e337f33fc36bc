/** What `npm run size` and `npm run bench` have in common. */

import { parseArgs } from "node:util";
import { formatError } from "../../host/cli/output.ts";
import { usage } from "../../host/cli/parse.ts";
import { WasmoteError } from "../../host/errors.ts";
import { judge, type Measurement, RULES, type Rules } from "./figures.ts";
import { formatJson, formatMarkdown, formatTable } from "./format.ts";
import { writeTable } from "./page.ts";
import { prepare } from "./prepare.ts";

const FAILURE_EXIT = 1;
const USAGE_EXIT = 2;

export interface Benchmark {
  /** As in `npm run <name>`. */
  readonly name: string;
  measure(): Promise<Measurement[]>;
}

interface Flags {
  /** One JSON array instead of the table. */
  readonly json?: boolean | undefined;
  /** Refreshes the table in docs/size.md too. */
  readonly write?: boolean | undefined;
}

/** How a command ends. */
export interface Report {
  readonly stdout: string;
  /** One line if a figure is over its limit, else empty. */
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs a benchmark's command and sets the exit code: 1 if a figure is over its limit or can't be had, 2 for a bad flag. */
export async function main(benchmark: Benchmark): Promise<void> {
  try {
    const { json, write } = parseFlags(benchmark);
    await prepare();
    const measurements = await benchmark.measure();
    if (write) await writeTable(benchmark.name, formatMarkdown(measurements.map((each) => judge(each))));
    const { stdout, stderr, exitCode } = report(measurements, json ? "json" : terminal(process.stdout));
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    process.exitCode = exitCode;
  } catch (error) {
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? USAGE_EXIT : FAILURE_EXIT;
  }
}

/** Judges measurements by the rules. */
export function report(
  measurements: readonly Measurement[],
  form: "table" | "coloured table" | "json",
  rules: Rules = RULES,
): Report {
  const figures = measurements.map((measurement) => judge(measurement, rules));
  const stdout = form === "json" ? formatJson(figures) : formatTable(figures, form === "coloured table");
  const over = figures.filter(({ state }) => state === "over");
  if (over.length === 0) return { stdout, stderr: "", exitCode: 0 };
  const error = new WasmoteError("EOVER", "module", `past the limit: ${over.map(({ name }) => name).join(", ")}`, {
    cure: "mend what made it worse; limits are not moved",
  });
  return { stdout, stderr: `${formatError(error)}\n`, exitCode: FAILURE_EXIT };
}

function terminal({ isTTY }: NodeJS.WriteStream): "table" | "coloured table" {
  const { NO_COLOR } = process.env;
  return isTTY && !NO_COLOR ? "coloured table" : "table";
}

function parseFlags({ name }: Benchmark): Flags {
  try {
    return parseArgs({ options: { json: { type: "boolean" }, write: { type: "boolean" } } }).values;
  } catch (error) {
    const [what = ""] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw usage(what, `npm run ${name} takes --json and --write, after a lone --`);
  }
}
