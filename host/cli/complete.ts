/** What could come next in a command line, from the table of commands: shells ask for it at each press of Tab. */

import type { ArgumentDefinition, CommandDefinition, OptionDefinition } from "./command.ts";
import { COMMANDS, GROUPS, optionsOf, VERBOSE } from "./table/index.ts";

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Candidates {
  /** Of files and folders the shell knows more than this. */
  readonly kind: "words" | "files" | "folders";
  /** For `words`: what begins with what was typed. */
  readonly words: readonly Candidate[];
  /** What of the last word stays as it is: `--engine=` of `--engine=v`. Not a part of the values. */
  readonly prefix: string;
}

const HELP: OptionDefinition<unknown> = { flags: "-h, --help", description: "print what a command does" };
const VERSION: OptionDefinition<unknown> = { flags: "--version", description: "print the version" };
/** What stands for a path, in the flags of options and the names of arguments. */
const FILE_NAMES = new Set(["file", "module", "entry", "results"]);
const FOLDER_NAMES = new Set(["folder"]);

/** `typed`: the words behind `wasmote`; the last one is the one that is being typed, perhaps still empty. */
export function complete(typed: readonly string[]): Candidates {
  const last = typed.at(-1) ?? "";
  const { command, first, rest } = findCommand(typed.slice(0, -1));
  if (command === undefined) {
    const options = first === undefined ? [VERSION, VERBOSE, HELP] : [HELP];
    return only(last, last.startsWith("-") ? options.map(flagOf) : commandWords(first));
  }
  const options = [...optionsOf(command), HELP];
  const [, flag, value] = last.match(/^(--[^=]+)=(.*)$/s) ?? [];
  if (flag !== undefined && value !== undefined) {
    const given = options.find((each) => longFlag(each) === flag);
    return { ...valuesOf(given, value), prefix: `${flag}=` };
  }
  const { pending, positionals } = walk(rest, options);
  if (pending !== undefined) return valuesOf(pending, last);
  if (last.startsWith("-")) return only(last, options.map(flagOf));
  const argument = command.arguments[positionals] ?? variadic(command);
  if (argument === undefined) return only(last, options.map(flagOf));
  return ofPlace(placeOf(argument.name), argument.choices, last);
}

interface Found {
  readonly command: CommandDefinition | undefined;
  /** The first word, where it is the name of a group and the command's second word is not there yet. */
  readonly first: string | undefined;
  /** The words behind the command's name. */
  readonly rest: readonly string[];
}

function findCommand(words: readonly string[]): Found {
  const at = words.findIndex((word) => !word.startsWith("-"));
  const first = words[at];
  if (first === undefined) return { command: undefined, first: undefined, rest: [] };
  const isGroup = Object.hasOwn(GROUPS, first);
  const second = words[at + 1];
  if (isGroup && second === undefined) return { command: undefined, first, rest: [] };
  const name = isGroup ? `${first} ${second}` : first;
  const command = COMMANDS.find((each) => each.name === name);
  return { command, first, rest: words.slice(at + (isGroup ? 2 : 1)) };
}

/** The first words of all commands, or the second words of a group's. */
function commandWords(group: string | undefined): Candidate[] {
  const words = new Map<string, string>();
  for (const { name, summary } of COMMANDS) {
    const [first = "", second] = name.split(" ");
    if (group === undefined) words.set(first, second === undefined ? summary : (GROUPS[first] ?? ""));
    else if (group === first && second !== undefined) words.set(second, summary);
  }
  return [...words].map(([value, description]) => ({ value, description }));
}

/** Passes over what is complete: which option still waits for its value, and how many arguments there are. */
function walk(
  words: readonly string[],
  options: readonly OptionDefinition<unknown>[],
): { pending: OptionDefinition<unknown> | undefined; positionals: number } {
  let pending: OptionDefinition<unknown> | undefined;
  let positionals = 0;
  for (const word of words) {
    if (pending !== undefined) pending = undefined;
    else if (!word.startsWith("-")) positionals++;
    else pending = options.find((each) => longFlag(each) === word && takesValue(each));
  }
  return { pending, positionals };
}

function variadic({ arguments: all }: CommandDefinition): ArgumentDefinition | undefined {
  const argument = all.at(-1);
  return argument?.name.includes("...") ? argument : undefined;
}

function valuesOf(option: OptionDefinition<unknown> | undefined, typed: string): Candidates {
  return option === undefined ? only(typed, []) : ofPlace(placeOf(option.flags), option.choices, typed);
}

function ofPlace(place: string, choices: readonly string[] | undefined, typed: string): Candidates {
  if (choices !== undefined)
    return only(
      typed,
      choices.map((value) => ({ value, description: "" })),
    );
  if (FILE_NAMES.has(place)) return { kind: "files", words: [], prefix: "" };
  if (FOLDER_NAMES.has(place)) return { kind: "folders", words: [], prefix: "" };
  return only(typed, []);
}

function only(typed: string, words: readonly Candidate[]): Candidates {
  return { kind: "words", words: words.filter(({ value }) => value.startsWith(typed)), prefix: "" };
}

function flagOf(option: OptionDefinition<unknown>): Candidate {
  return { value: longFlag(option), description: option.description };
}

function longFlag({ flags }: OptionDefinition<unknown>): string {
  return flags.match(/--[\w-]+/)?.[0] ?? flags;
}

function takesValue({ flags }: OptionDefinition<unknown>): boolean {
  return /[<[]/.test(flags);
}

/** `file` of `--ca <file>`, `[file]` or `<file...>`. */
function placeOf(text: string): string {
  return text.match(/[<[]([\w=-]+)/)?.[1] ?? "";
}
