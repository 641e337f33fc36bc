/**
 * What a command is. One table of these, `COMMANDS` in table/index.ts, feeds parsing, `--help`, shell completion and
 * docs/cli.md, so that none of them can say what the others don't.
 */

export interface OptionDefinition<Value> {
  /** As commander takes them, such as `--port <port>`; the option's key is the long flag in camel case. */
  readonly flags: string;
  readonly description: string;
  /** Throws `EUSAGE`. A flag without a value needs none. `previous`: the value so far, of an option that may be repeated. */
  parse?(text: string, previous?: Value): Value;
  readonly default?: Value;
  /** The default as the help shows it. */
  readonly shownDefault?: string;
  /** Every value that it takes, where these are few: for shell completion and docs/cli.md. */
  readonly choices?: readonly string[];
}

export type OptionTable = Readonly<Record<string, OptionDefinition<unknown>>>;

export interface ArgumentDefinition {
  /** As commander takes it: `<module>`, `[key]`, `<results...>`. */
  readonly name: string;
  readonly description: string;
  /** Every value that it takes, where these are few. */
  readonly choices?: readonly string[];
}

export const COMMAND_GROUPS = ["Nodes", "Projects", "Fleets", "Boards", "Other"] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

export interface CommandDefinition {
  /** One word, or two where commands form a group: `run`, `fleet run`. */
  readonly name: string;
  /** The heading that it stands under in `wasmote --help`. */
  readonly group: CommandGroup | undefined;
  /** One line, a sentence without its subject: `runs one node against a broker until it ends`. */
  readonly summary: string;
  readonly arguments: readonly ArgumentDefinition[];
  readonly options: OptionTable;
  /** What `--help` shows behind the options. */
  readonly notes: string | undefined;
  /** Given the arguments in their order, then the options' values. What a command needs is loaded when it runs. */
  run(...given: readonly unknown[]): Promise<void>;
}

/** What a table of options yields. */
export type Values<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends OptionDefinition<infer Value> ? Value : never;
};

/** An option whose type is that of its value: `undefined` in it where there is no default. */
export function option<Value>(definition: OptionDefinition<Value>): OptionDefinition<Value> {
  return definition;
}

/** What commander hands over for each argument: `<name...>` several words, `[name]` perhaps none. */
type ArgumentValues<Names extends readonly string[]> = {
  [Index in keyof Names]: Names[Index] extends `${"<" | "["}${string}...${">" | "]"}`
    ? readonly string[]
    : Names[Index] extends `[${string}]`
      ? string | undefined
      : string;
};

type Named<Names extends readonly string[]> = {
  readonly [Index in keyof Names]: ArgumentDefinition & { readonly name: Names[Index] };
};

/** A command whose `run` is given what its arguments and options yield. */
export function command<const Names extends readonly string[], Table extends OptionTable>(definition: {
  readonly name: string;
  readonly group?: CommandGroup;
  readonly summary: string;
  readonly arguments: Named<Names>;
  readonly options: Table;
  readonly notes?: string;
  run(...given: [...ArgumentValues<Names>, Values<Table>]): Promise<void> | void;
}): CommandDefinition {
  const { name, group, summary, options, notes } = definition;
  const run = async (...given: readonly unknown[]): Promise<void> => {
    await definition.run(...(given as [...ArgumentValues<Names>, Values<Table>]));
  };
  return { name, group, summary, arguments: definition.arguments, options, notes, run };
}
