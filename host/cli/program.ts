/** The table of commands as a program of commander's. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { WasmoteError } from "../errors.ts";
import { PROJECT_ROOT } from "../project.ts";
import { COMMAND_GROUPS, type CommandDefinition, type OptionDefinition } from "./command.ts";
import { formatError } from "./output.ts";
import { usage } from "./parse.ts";
import { COMMANDS, GROUPS, optionsOf, VERBOSE } from "./table/index.ts";

const EXAMPLES = `
Examples:
  wasmote start                                         a broker, two nodes, and what they publish
  wasmote new my-node && cd my-node && npm install      a project of your own
  wasmote build --watch                                 its module, again whenever you save
  wasmote run build/node.wasm --id 7 --broker mqtt://localhost:1883
  wasmote inspect build/node.wasm                       what takes how many bytes
  wasmote flash --module build/node.wasm                to the board that is connected

wasmote COMMAND --help has all of a command. Exit codes: 0 done, 1 it can't be done, 2 the command line is wrong.`;

/** Parses nothing yet. What is wrong with a command line ends in a `CommanderError`, after its one line on stderr. */
export function createProgram(commands = COMMANDS, groups = GROUPS): Command {
  const program = new Command("wasmote")
    .description("Runs sensor nodes, each one WebAssembly module, on this machine, and takes them to boards.")
    .version(packageVersion(), "--version", "print the version")
    .enablePositionalOptions()
    .helpOption("-h, --help", "print this")
    .commandsGroup("Other:")
    .helpCommand("help [command]", "prints this, or what a command does")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${formatError(fromCommander(text))}\n`) });
  addOptions(program, [VERBOSE]);
  for (const group of COMMAND_GROUPS) {
    for (const definition of commands) {
      if ((definition.group ?? "Other") === group) addCommand(program, definition, groups);
    }
  }
  return program;
}

function addCommand(program: Command, definition: CommandDefinition, groups: typeof GROUPS): void {
  const words = definition.name.split(" ");
  const name = words.pop() ?? "";
  const heading = `${definition.group ?? "Other"}:`;
  const [first] = words;
  const parent = first === undefined ? program : groupOf(program, first, groups[first] ?? "", heading);
  const command = parent.command(name).description(definition.summary);
  if (parent === program) command.helpGroup(heading);
  for (const argument of definition.arguments) command.argument(argument.name, argument.description);
  addOptions(command, optionsOf(definition));
  if (definition.notes !== undefined) command.addHelpText("after", `\n${definition.notes}`);
  // commander adds itself behind arguments and options.
  command.action((...given: unknown[]) => definition.run(...given.slice(0, -1)));
}

/** The command that has a group's commands, made when the first of them comes. */
function groupOf(program: Command, name: string, description: string, heading: string): Command {
  const there = program.commands.find((each) => each.name() === name);
  return there ?? program.command(name).description(description).helpGroup(heading);
}

function addOptions(command: Command, options: readonly OptionDefinition<unknown>[]): void {
  for (const definition of options) {
    const each = new Option(definition.flags, definition.description);
    if (definition.parse) each.argParser(definition.parse);
    if (definition.default !== undefined) each.default(definition.default, definition.shownDefault);
    command.addOption(each);
  }
}

/** commander's message, "error: what\n(Did you mean --this?)", as this project's one line. */
function fromCommander(text: string): WasmoteError {
  const [what = "", hint] = text
    .trim()
    .replace(/^error: /, "")
    .split("\n");
  return usage(what, hint === undefined ? "see --help" : hint.replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?"));
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf-8")) as { version: string };
  return version;
}
