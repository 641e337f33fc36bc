/** The command line: `npm start`, and `npx wasmote` with any of its commands. */

import { Command, CommanderError } from "commander";
import { WasmoteError } from "../errors.ts";
import { config } from "./commands/config.ts";
import { flash } from "./commands/flash.ts";
import { flashImage } from "./commands/flash-image.ts";
import { monitor } from "./commands/monitor.ts";
import { run } from "./commands/run.ts";
import { CONFIG_EXAMPLES, FLASH_EXAMPLES, FLASH_IMAGE_EXAMPLES, MONITOR_EXAMPLES } from "./examples.ts";
import {
  addOptions,
  CONFIG_OPTIONS,
  type ConfigValues,
  FLASH_IMAGE_OPTIONS,
  FLASH_OPTIONS,
  type FlashImageValues,
  type FlashValues,
  MONITOR_OPTIONS,
  type MonitorValues,
  RUN_OPTIONS,
  type RunValues,
  START_OPTIONS,
  type StartValues,
} from "./options.ts";
import { formatError } from "./output.ts";
import { usage } from "./parse.ts";

const USAGE_EXIT = 2;
const FAILURE_EXIT = 1;

function createProgram(): Command {
  const program = new Command("wasmote")
    .description("Runs sensor nodes, each one WebAssembly module, on this machine, and takes them to boards.")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${formatError(fromCommander(text))}\n`) });
  addOptions(program.command("start"), START_OPTIONS)
    .description("starts a broker and two nodes, and prints what they publish")
    // It brings a broker and a client, for which the other commands need not wait.
    .action(async (options: StartValues) => (await import("./commands/start.ts")).start(options));
  addOptions(program.command("run"), RUN_OPTIONS)
    .description("runs one node against a broker until it ends")
    .argument("<module>", "the .wasm file")
    .action((module: string, options: RunValues) => run(module, options));
  addOptions(program.command("flash"), FLASH_OPTIONS)
    .description("puts firmware, module and settings on a board, by means of esptool")
    .addHelpText("after", FLASH_EXAMPLES)
    .action((options: FlashValues) => flash(options));
  addOptions(program.command("flash-image"), FLASH_IMAGE_OPTIONS)
    .description("writes one image of a board's whole flash, for an emulator or a factory line")
    .addHelpText("after", FLASH_IMAGE_EXAMPLES)
    .action((options: FlashImageValues) => flashImage(options));
  addOptions(program.command("config"), CONFIG_OPTIONS)
    .description("reads and changes a board's settings on its console, or writes them to a file")
    .addHelpText("after", CONFIG_EXAMPLES)
    .argument("[action]", "list, get, set, unset, import, status, module, heap or restart")
    .argument("[key]", "for get, set and unset; for import a file of key=value lines")
    .argument("[value]", "for set; of ca, cert and key, @path stands for a file")
    .action(
      (action: string | undefined, subject: string | undefined, value: string | undefined, options: ConfigValues) =>
        config({ action, subject, value }, options),
    );
  addOptions(program.command("monitor"), MONITOR_OPTIONS)
    .description("prints what a board says on its serial line, its numbers in words")
    .addHelpText("after", MONITOR_EXAMPLES)
    .action((options: MonitorValues) => monitor(options));
  return program;
}

/** commander's message, "error: what\n(Did you mean --this?)", as this project's one line. */
function fromCommander(text: string): WasmoteError {
  const [what = "", hint] = text
    .trim()
    .replace(/^error: /, "")
    .split("\n");
  return usage(what, hint === undefined ? "see --help" : hint.replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?"));
}

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT;
  } else {
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = error instanceof WasmoteError && error.fault === "usage" ? USAGE_EXIT : FAILURE_EXIT;
  }
}
