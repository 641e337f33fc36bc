/**
 * `npm test`: installs what is missing, builds the modules and the boards, runs vitest, and ends with one line,
 * `N passed, N failed`. Arguments go to vitest: `npm test -- tests/host`, `npm test -- -t canary`.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildExamples } from "../host/build/examples.ts";
import { formatError } from "../host/cli/output.ts";
import { buildPage } from "../host/dashboard/build-page.ts";
import { PROJECT_ROOT } from "../host/project.ts";
import { buildTargets } from "./fuzz/build.ts";
import { providePackages } from "./packages.ts";

const RESULTS = join(PROJECT_ROOT, "build", "test-results.json");

/** What this file reads of vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

async function main(): Promise<Tally> {
  providePackages();
  await buildExamples();
  await buildPage();
  run("cmake", "-S", "boards", "-B", "build/boards");
  run("cmake", "--build", "build/boards", "--parallel", "2");
  run("cmake", "-S", "boards", "-B", "build/boards-sanitize", "-DWASMOTE_SANITIZE=ON");
  run("cmake", "--build", "build/boards-sanitize", "--parallel", "2");
  run("cmake", "-S", "boards/virt-rv32", "-B", "build/virt-rv32");
  run("cmake", "--build", "build/virt-rv32", "--parallel", "2");
  buildTargets();
  return runVitest(process.argv.slice(2));
}

/** Runs a command quietly; throws with its output if it fails. */
function run(command: string, ...args: string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: PROJECT_ROOT, encoding: "utf-8" });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(" ")} failed\n${error?.message ?? `${stdout}${stderr}`}`);
}

function runVitest(args: readonly string[]): Tally {
  mkdirSync(dirname(RESULTS), { recursive: true });
  rmSync(RESULTS, { force: true });
  const vitest = join(PROJECT_ROOT, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${RESULTS}`];
  const { status } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...args], {
    cwd: PROJECT_ROOT,
    stdio: "inherit",
  });
  const { passed, failed } = count(JSON.parse(readFileSync(RESULTS, "utf-8")) as Report);
  // An error outside every test fails the run too.
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

/** A file that fails without a failed test, as one that does not load, counts as one failure. */
function count({ testResults }: Report): Tally {
  let passed = 0;
  let failed = 0;
  for (const { status, assertionResults } of testResults) {
    const failures = assertionResults.filter((test) => test.status === "failed").length;
    passed += assertionResults.filter((test) => test.status === "passed").length;
    failed += failures === 0 && status === "failed" ? 1 : failures;
  }
  return { passed, failed };
}

let tally: Tally;
try {
  tally = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : formatError(error));
  tally = { passed: 0, failed: 1 };
}
process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
console.log(`${tally.passed} passed, ${tally.failed} failed`);
