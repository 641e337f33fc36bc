/** The table of commands as a program of commander's. */

import { Command, Option } from "commander";
import type { WasmoteError } from "../errors.ts";
import type { CommandDefinition, OptionTable } from "./command.ts";
import { formatError } from "./output.ts";
import { usage } from "./parse.ts";
import { COMMANDS, GROUPS } from "./table/index.ts";

/** Parses nothing yet. What is wrong with a command line ends in a `CommanderError`, after its one line on stderr. */
export function createProgram(): Command {
  const program = new Command("wasmote")
    .description("Runs sensor nodes, each one WebAssembly module, on this machine, and takes them to boards.")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${formatError(fromCommander(text))}\n`) });
  for (const definition of COMMANDS) addCommand(program, definition);
  return program;
}

function addCommand(program: Command, definition: CommandDefinition): void {
  const words = definition.name.split(" ");
  const name = words.pop() ?? "";
  const command = groupOf(program, words[0]).command(name).description(definition.summary);
  for (const argument of definition.arguments) command.argument(argument.name, argument.description);
  addOptions(command, definition.options);
  if (definition.notes !== undefined) command.addHelpText("after", `\n${definition.notes}`);
  // commander adds itself behind arguments and options.
  command.action((...given: unknown[]) => definition.run(...given.slice(0, -1)));
}

/** The command that has a group's commands, made when the first of them comes. */
function groupOf(program: Command, name: string | undefined): Command {
  if (name === undefined) return program;
  return program.commands.find((each) => each.name() === name) ?? program.command(name).description(GROUPS[name] ?? "");
}

function addOptions(command: Command, table: OptionTable): void {
  for (const definition of Object.values(table)) {
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
