/** `config`: reads and changes a board's settings on its console, or writes them to a file for its next start. */

import { writeOutput } from "../../device/files.ts";
import { PROJECT_PARTITIONS, partitionNamed } from "../../device/flash-layout.ts";
import { sealProvision } from "../../device/provision.ts";
import { SerialConsole } from "../../device/serial-console.ts";
import { openLine } from "../../device/serial-line.ts";
import { choosePort } from "../../device/serial-port.ts";
import {
  checkSetting,
  isPem,
  isSecret,
  parseShown,
  readSettingsFile,
  readValueFile,
  resolveValue,
  type Setting,
  type ShownSetting,
} from "../../device/settings.ts";
import { docsPage } from "../../project.ts";
import { printNote, withProgress } from "../output.ts";
import { usage } from "../parse.ts";
import { askSecret, readStdin } from "../prompt.ts";
import type { ConfigValues } from "../table/boards.ts";

/** What follows `config`: an action, and what it is about. */
export interface ConfigWords {
  readonly action: string | undefined;
  /** A key; for `import` a file. */
  readonly subject: string | undefined;
  readonly value: string | undefined;
}

/** What an action has to say: a text for people, and a value for programs. */
interface Result {
  readonly lines: readonly string[];
  readonly json: unknown;
}

const ACTIONS = ["list", "get", "set", "unset", "import", "status", "module", "heap", "restart"] as const;
type Action = (typeof ACTIONS)[number];

/** How many words each takes besides itself, at least and at most. */
const WORDS: Readonly<Record<Action, readonly [least: number, most: number]>> = {
  list: [0, 0],
  get: [1, 1],
  set: [1, 2],
  unset: [1, 1],
  import: [1, 1],
  status: [0, 0],
  module: [0, 0],
  heap: [0, 0],
  restart: [0, 0],
};

const LATER = "it counts from the next restart on: wasmote config restart";

/** Resolves when it is done: on the board, which was asked, or in the file of `--out`. */
export async function config(words: ConfigWords, options: ConfigValues): Promise<void> {
  if (words.action === undefined) return provide(options);
  const action = actionOf(words);
  if (options.out !== undefined || options.set !== undefined || options.from !== undefined) {
    throw usage(`${action} is for a board, --out, --set and --from are for a file`, "leave one of them out");
  }
  // Known before the board is asked for.
  const settings = await settingsFor(action, words, options);
  const port = await choosePort(options.port);
  const line = await openLine(port, options.baud);
  const board = await withProgress(`waiting for the prompt at ${port}`, () => SerialConsole.open(line, port));
  try {
    print(await act(board, action, words, settings), options);
  } finally {
    await board.close();
  }
}

/** `--out`: the settings in a file, as a board's partition holds them. */
async function provide({ out, set, from, json }: ConfigValues): Promise<void> {
  if (out === undefined) {
    throw usage("there is nothing to do", `give an action, ${ACTIONS.join(", ")}, or a file to write with --out`);
  }
  const given = Object.entries(set ?? {}).map(([key, value]) => ({ key, value }));
  const resolved = given.map((setting) => resolveValue(setting, "."));
  warnOfSecrets(given.filter((setting, index) => setting.value === resolved[index]?.value).map(({ key }) => key));
  const settings = [...(from === undefined ? [] : await readSettingsFile(from)), ...resolved];
  if (settings.length === 0) throw usage("there are no settings for the file", "give --from FILE, or --set key=value");
  const { size } = partitionNamed(PROJECT_PARTITIONS, "provision");
  await writeOutput(out, sealProvision(settings, size), true);
  const keys = [...new Set(settings.map(({ key }) => key))];
  if (json) process.stdout.write(`${JSON.stringify({ out, bytes: size, keys })}\n`);
  else printNote(`${out} sets ${keys.join(", ")}; wasmote flash --provision ${out} takes it to a board`);
}

function actionOf({ action, subject, value }: ConfigWords): Action {
  const known = ACTIONS.find((each) => each === action);
  if (known === undefined) throw usage(`there is no action "${action}"`, `use ${ACTIONS.join(", ")}`);
  const count = [subject, value].filter((word) => word !== undefined).length;
  const [least, most] = WORDS[known];
  if (count < least) {
    throw usage(`${known} needs ${known === "import" ? "a file" : "a key"}`, "see wasmote config --help");
  }
  if (count > most) throw usage(`${known} takes no "${value ?? subject}"`, "see wasmote config --help");
  return known;
}

/** What is to be set, from wherever its values are to come. */
async function settingsFor(action: Action, words: ConfigWords, options: ConfigValues): Promise<Setting[]> {
  const { subject = "" } = words;
  if (action === "import") return readSettingsFile(subject);
  if (action !== "set") return [];
  const setting = { key: subject, value: await valueFor(words, options) };
  // A board takes the beginning of a PEM file for good: the rest may follow.
  if (isPem(subject) && setting.value !== "") checkSetting(setting);
  return [setting];
}

async function valueFor({ subject = "", value }: ConfigWords, options: ConfigValues): Promise<string> {
  const sources = [value, options.file, options.stdin].filter((source) => source !== undefined);
  if (sources.length > 1) throw usage(`there are ${sources.length} values for ${subject}`, "give one of them");
  if (options.file !== undefined) return readValueFile(options.file, subject);
  if (options.stdin) return readStdin();
  if (value !== undefined) {
    const resolved = resolveValue({ key: subject, value }, ".").value;
    if (resolved === value) warnOfSecrets([subject]);
    return resolved;
  }
  if (isSecret(subject)) return askSecret(subject);
  throw usage(`there is no value for ${subject}`, "give it behind the key, or with --file or --stdin");
}

async function act(board: SerialConsole, action: Action, words: ConfigWords, settings: Setting[]): Promise<Result> {
  const { subject = "" } = words;
  switch (action) {
    case "list":
      return listed((await board.ask("list")).flatMap((line) => parseShown(line) ?? []));
    case "get":
      return got((await board.ask(`get ${word(subject)}`)).flatMap((line) => parseShown(line) ?? []));
    case "set":
    case "import":
      return applied(board, settings, action === "import");
    case "unset":
      await board.ask(`unset ${word(subject)}`);
      printNote(LATER);
      return { lines: [], json: { unset: subject } };
    case "restart":
      await board.ask("restart");
      return { lines: [], json: { restarted: true } };
    default: {
      const lines = await board.ask(action);
      return { lines, json: { [action]: fieldsOf(lines) } };
    }
  }
}

function listed(settings: readonly ShownSetting[]): Result {
  const lines = settings.map(({ key, shown, isDefault }) => `${key}=${shown}${isDefault ? " (default)" : ""}`);
  return {
    lines,
    json: { settings: settings.map(({ key, value, isDefault }) => ({ key, value, default: isDefault })) },
  };
}

function got(settings: readonly ShownSetting[]): Result {
  return { lines: settings.map(({ value }) => value), json: listed(settings).json };
}

/** Sets one after the other; the first that the board refuses ends it, and the message says which. */
async function applied(board: SerialConsole, settings: readonly Setting[], mayUnset: boolean): Promise<Result> {
  await withProgress(`setting ${settings.map(({ key }) => key).join(", ")}`, async () => {
    for (const { key, value } of settings) {
      if (value === "" && mayUnset) await board.ask(`unset ${word(key)}`);
      else await board.set({ key: word(key), value });
    }
  });
  printNote(LATER);
  return { lines: [], json: { set: settings.map(({ key }) => key) } };
}

/** Lines `name: value` as an object; of a name that comes more than once, a list. */
function fieldsOf(lines: readonly string[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const line of lines) {
    const [, name = "", value = ""] = line.match(/^([^:]*): (.*)$/) ?? ["", "", line];
    fields[name] = fields[name] === undefined ? value : [fields[name], value].flat();
  }
  return fields;
}

/** A key as a line of the console can have it. */
function word(key: string): string {
  if (/^[!-~]{1,64}$/.test(key)) return key;
  throw usage(`"${key}" is no key`, `wasmote config list shows those that are set, ${docsPage("devices.md")} has all`);
}

function warnOfSecrets(keys: readonly string[]): void {
  const secrets = keys.filter(isSecret);
  if (secrets.length === 0) return;
  printNote(
    `warning: ${secrets.join(", ")} on the command line is for every user of this machine to see; use --stdin or a file`,
  );
}

function print({ lines, json }: Result, options: ConfigValues): void {
  if (options.json) process.stdout.write(`${JSON.stringify(json)}\n`);
  else for (const line of lines) process.stdout.write(line.endsWith("\n") ? line : `${line}\n`);
}
