/** Runs libFuzzer's programs, and reads what they say. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";

/** Where the input of a finding is kept. */
const FINDINGS = join(PROJECT_ROOT, "build", "fuzz-findings");

/** Seconds that one input may take. */
const INPUT_TIMEOUT_S = 25;

export interface FuzzOptions {
  /** Ends it: so many inputs, or so many seconds. */
  readonly runs?: number;
  readonly seconds?: number;
  readonly seed?: number;
  readonly maxBytes: number;
  /** Inputs to begin with; the first folder also takes the new ones that reach new code. */
  readonly folders: readonly string[];
  /** Called for each line that libFuzzer says. */
  readonly onLine?: (line: string) => void;
}

export interface FuzzResult {
  readonly runs: number;
  /** Places in the code that were reached. */
  readonly coverage: number;
  readonly finding: Finding | undefined;
}

export interface Finding {
  /** What went wrong, in the words of the sanitizer or of the target. */
  readonly what: string;
  /** The input, relative to the project's folder. */
  readonly input: string;
  /** The command that does it again. */
  readonly replay: string;
}

/** The folder of a target's committed inputs. */
export function corpusOf(name: string): string {
  return join(PROJECT_ROOT, "tests", "fuzz", "corpus", name);
}

/** Fuzzes until the end that the options say, or the first finding. */
export async function fuzz(program: string, options: FuzzOptions): Promise<FuzzResult> {
  mkdirSync(FINDINGS, { recursive: true });
  const prefix = join(FINDINGS, `${basename(program)}-`);
  const args = [
    `-artifact_prefix=${prefix}`,
    `-max_len=${options.maxBytes}`,
    `-timeout=${INPUT_TIMEOUT_S}`,
    ...(options.runs === undefined ? [] : [`-runs=${options.runs}`]),
    ...(options.seconds === undefined ? [] : [`-max_total_time=${options.seconds}`]),
    ...(options.seed === undefined ? [] : [`-seed=${options.seed}`]),
    ...options.folders.filter((folder) => existsSync(folder)),
  ];
  return run(program, args, options.onLine);
}

/** Tries each input once. */
export async function replay(program: string, inputs: readonly string[]): Promise<FuzzResult> {
  return run(program, inputs);
}

/** The committed inputs of a target. */
export function inputsOf(name: string): string[] {
  const folder = corpusOf(name);
  return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
}

async function run(program: string, args: readonly string[], onLine?: (line: string) => void): Promise<FuzzResult> {
  const child = spawn(program, args, { cwd: PROJECT_ROOT, stdio: ["ignore", "ignore", "pipe"] });
  const lines: string[] = [];
  let rest = "";
  child.stderr.setEncoding("utf-8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) onLine?.(line);
    lines.push(...parts);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  lines.push(rest);
  return { ...progressOf(lines), finding: code === 0 ? undefined : findingOf(program, args, lines) };
}

/** `#8192 pulse cov: 702 ft: …` is one of libFuzzer's lines on how far it is. */
export function progressOf(lines: readonly string[]): { runs: number; coverage: number } {
  let runs = 0;
  let coverage = 0;
  for (const line of lines) {
    const [, done, reached] = line.match(/^#(\d+)\s+\w+\s+cov: (\d+)/) ?? [];
    runs = Math.max(runs, Number(done ?? 0));
    coverage = Math.max(coverage, Number(reached ?? 0));
  }
  return { runs, coverage };
}

function findingOf(program: string, args: readonly string[], lines: readonly string[]): Finding {
  const claim = lines.find((line) => line.includes("this does not hold"));
  const what = claim ?? lines.find((line) => /runtime error:|ERROR: /.test(line)) ?? lines.slice(-3).join(" ");
  const kept = lines.map((line) => line.match(/Test unit written to (.*)$/)?.[1]).find((path) => path !== undefined);
  // Of inputs that are replayed none is written: the last that was begun is the one.
  const begun = lines.map((line) => line.match(/^Running: (.*)$/)?.[1]).filter((path) => path !== undefined);
  const input = relative(PROJECT_ROOT, kept ?? begun.at(-1) ?? args.at(-1) ?? "");
  return { what: what.trim(), input, replay: `${relative(PROJECT_ROOT, program)} ${input}` };
}
