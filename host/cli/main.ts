/** The command line: `npm start`, and `npx wasmote` with any of its commands. */

import { CommanderError } from "commander";
import { WasmoteError } from "../errors.ts";
import { formatError, formatErrorWithCauses } from "./output.ts";
import { createProgram } from "./program.ts";

const USAGE_EXIT = 2;
const FAILURE_EXIT = 1;

/** `wasmote … | head`: who has read enough closes the pipe. A command with something to finish listens for that itself. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (process.stdout.listenerCount("error") === 1) process.exit();
});

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
