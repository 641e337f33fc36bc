/**
 * `npm run fuzz -- [target …] --seconds 600`: fuzzes boards/core and the plain C of the ESP32. Exit code 1 if there is a finding,
 * 2 for a mistake in the arguments. docs/testing.md.
 */

import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { formatError } from "../../host/cli/output.ts";
import { usage } from "../../host/cli/parse.ts";
import { WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { providePackages } from "../packages.ts";
import { buildTargets, programsOf } from "./build.ts";
import { corpusOf, type FuzzResult, fuzz, progressOf } from "./fuzzer.ts";
import { TARGETS, type Target } from "./targets.ts";

const HELP = `Usage: npm run fuzz -- [target …] [options]

  --seconds <seconds>  how long each target is fuzzed, for each size of a pointer (default 60)
  --seed <seed>        libFuzzer's seed (default: another each time)

Targets (default: all of them):
${TARGETS.map(({ name, what }) => `  ${name.padEnd(14)} ${what}`).join("\n")}

What is new goes to build/fuzz-corpus/, where the next run finds it; a finding's input to build/fuzz-findings/.
`;

const MOST_SECONDS = 7 * 86_400;
const MOST_SEED = 0xffff_ffff;
/** Between two lines on how far it is. */
const LINE_MS = 10_000;

interface Arguments {
  readonly targets: readonly Target[];
  readonly seconds: number;
  readonly seed: number | undefined;
}

function readArguments(): Arguments | undefined {
  const { values, positionals } = parse();
  if (values.help) return undefined;
  const unknown = positionals.find((name) => !TARGETS.some((target) => target.name === name));
  if (unknown !== undefined) {
    throw usage(`there is no target ${unknown}`, `name some of ${TARGETS.map(({ name }) => name).join(", ")}`);
  }
  return {
    targets: TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    seconds: whole("seconds", values.seconds ?? "60", 1, MOST_SECONDS),
    seed: values.seed === undefined ? undefined : whole("seed", values.seed, 1, MOST_SEED),
  };
}

function parse() {
  const text = { type: "string" } as const;
  try {
    const options = { seconds: text, seed: text, help: { type: "boolean" } } as const;
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    const [what = ""] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw usage(what, "npm run fuzz -- --help shows the options");
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`"${text}" is no number for --${name}`, `use a whole number from ${least} to ${most}`);
}

async function fuzzTarget(target: Target, program: string, { seconds, seed }: Arguments): Promise<FuzzResult> {
  const fresh = join(PROJECT_ROOT, "build", "fuzz-corpus", target.name);
  mkdirSync(fresh, { recursive: true });
  const startMs = performance.now();
  let shownMs = startMs;
  return fuzz(program, {
    seconds,
    ...(seed === undefined ? {} : { seed }),
    maxBytes: target.maxBytes,
    folders: [fresh, corpusOf(target.name)],
    onLine(line) {
      const now = performance.now();
      const { runs, coverage } = progressOf([line]);
      if (runs === 0 || now - shownMs < LINE_MS) return;
      shownMs = now;
      const passedS = Math.round((now - startMs) / 1_000);
      console.error(`${basename(program)}: ${passedS} of ${seconds} s, ${runs} inputs, ${coverage} places reached`);
    },
  });
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args === undefined) {
    process.stdout.write(HELP);
    return;
  }
  providePackages();
  console.error("building the targets …");
  buildTargets();
  let findings = 0;
  for (const target of args.targets) {
    for (const program of programsOf(target.name)) {
      const { runs, coverage, finding } = await fuzzTarget(target, program, args);
      console.log(
        `${basename(program)}: ${runs} inputs, ${coverage} places reached, ${finding ? "FOUND" : "nothing found"}`,
      );
      if (!finding) continue;
      findings++;
      console.log(`  ${finding.what}\n  its input is ${finding.input}; again with:\n  ${finding.replay}`);
    }
  }
  if (findings > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? 2 : 1;
}
