/** The command line: `npm start`, and `npx wasmote` with any of its commands. */

import { CommanderError } from "commander";
import { WasmoteError } from "../errors.ts";
import { formatError, formatErrorWithCauses } from "./output.ts";
import { createProgram } from "./program.ts";

const USAGE_EXIT = 2;
const FAILURE_EXIT = 1;

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT;
  } else {
    const isVerbose = process.argv.includes("--verbose");
    process.stderr.write(`${isVerbose ? formatErrorWithCauses(error) : formatError(error)}\n`);
    process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? USAGE_EXIT : FAILURE_EXIT;
  }
}
