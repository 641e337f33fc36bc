/** `npm run conformance`: which statements of the standards have a test, by the tests' names. */

import { parseArgs } from "node:util";
import { formatError } from "../../host/cli/output.ts";
import { usage } from "../../host/cli/parse.ts";
import { WasmoteError } from "../../host/errors.ts";
import { findCoverage } from "./coverage.ts";
import { EXCUSED } from "./excused.ts";
import { collectNames } from "./names.ts";
import { report } from "./report.ts";
import { readStandards } from "./statements.ts";

const FAILURE_EXIT = 1;
const USAGE_EXIT = 2;

function parseForm(): Parameters<typeof report>[1] {
  try {
    const { json, verbose } = parseArgs({
      options: { json: { type: "boolean" }, verbose: { type: "boolean" } },
    }).values;
    return json ? "json" : verbose ? "verbose" : "text";
  } catch (error) {
    const [what = ""] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw usage(what, "npm run conformance takes --json and --verbose, after a lone --");
  }
}

try {
  const form = parseForm();
  const { stdout, stderr, exitCode } = report(findCoverage(readStandards(), collectNames(), EXCUSED), form);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? USAGE_EXIT : FAILURE_EXIT;
}
