/**
 * `npm run soak -- --minutes 10`: nodes on both engines at a real Mosquitto, all killed at random, and an account of every reading.
 * docs/testing.md. Exit code 1 if a reading was lost uncounted or came out of order or twice, 2 for a mistake in the arguments.
 */

import { parseArgs } from "node:util";
import { formatError } from "../../host/cli/output.ts";
import { usage } from "../../host/cli/parse.ts";
import { WasmoteError } from "../../host/errors.ts";
import { provideProgram } from "../../host/node/programs.ts";
import { providePackages } from "../packages.ts";
import { describeResult } from "./report.ts";
import { ALL_KINDS, soak } from "./soak.ts";

const HELP = `Usage: npm run soak -- [options]

  --minutes <minutes>  how long the broker and nodes are killed (default 1)
  --seed <seed>        of what is killed when (default: another each time; it is printed)
  --json               print the result as JSON
`;

const MOST_MINUTES = 7 * 24 * 60;
const MOST_SEED = 0xffff_ffff;
/** Between two lines on how far it is, where there is no terminal. */
const LINE_MS = 15_000;

interface Arguments {
  readonly minutes: number;
  readonly seed: number;
  readonly isJson: boolean;
}

function readArguments(): Arguments | undefined {
  const { minutes, seed, json, help } = parse();
  if (help) return undefined;
  return {
    minutes: whole("minutes", minutes ?? "1", MOST_MINUTES),
    seed: seed === undefined ? 1 + Math.floor(Math.random() * MOST_SEED) : whole("seed", seed, MOST_SEED),
    isJson: json === true,
  };
}

function parse() {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({ options: { minutes: text, seed: text, json: flag, help: flag } }).values;
  } catch (error) {
    const [what = ""] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw usage(what, "npm run soak -- --help shows the options");
  }
}

function whole(name: string, text: string, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw usage(`"${text}" is no number for --${name}`, `use a whole number from 1 to ${most}`);
}

/** Says how far it is: over itself on a terminal, a line now and then elsewhere. */
function progress(endMs: number): (text: string) => void {
  const isTerminal = process.stderr.isTTY === true;
  let shownMs = 0;
  return (text) => {
    const now = performance.now();
    if (!isTerminal && now - shownMs < LINE_MS) return;
    shownMs = now;
    const left = `${Math.max(0, Math.ceil((endMs - now) / 1_000))} s left`;
    process.stderr.write(isTerminal ? `\r\x1b[K${text}, ${left}` : `${text}, ${left}\n`);
  };
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args === undefined) {
    process.stdout.write(HELP);
    return;
  }
  providePackages();
  await provideProgram("wasmote-posix");
  const { minutes, seed } = args;
  console.error(`seed ${seed}: again with npm run soak -- --minutes ${minutes} --seed ${seed}`);
  const endMs = performance.now() + minutes * 60_000;
  const isOver = (): boolean => performance.now() >= endMs;
  const result = await soak({ seed, isOver, nodes: ALL_KINDS, onProgress: progress(endMs) });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  console.log(args.isJson ? JSON.stringify({ seed, minutes, ...result }, null, 2) : describeResult(result));
  if (result.nodes.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? 2 : 1;
}
