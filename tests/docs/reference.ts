/** docs/cli.md, from the table of commands. */

import { COMMAND_GROUPS, type CommandDefinition, type OptionDefinition } from "../../host/cli/command.ts";
import { COMMANDS, optionsOf, VERBOSE } from "../../host/cli/table/index.ts";

/** Where it lies, from the project's root on. */
export const REFERENCE_PAGE = "docs/cli.md";

const INTRODUCTION = `# The command line

\`npx wasmote COMMAND\`, in a checkout of this project or in [a project of your own](project.md). \`wasmote --help\` lists the
commands, and \`wasmote COMMAND --help\` says what stands below. This page is made from the same table by
\`npm run docs -- --write\`, and a test fails while it is out of date.

Messages and results go to stdout, everything else to stderr; colours only to a terminal, and not with \`NO_COLOR\`. Secrets are
never taken from the command line: an MQTT password comes from the environment variable \`WASMOTE_PASSWORD\`.

| exit code | meaning |
| --- | --- |
| 0 | Done, or stopped by Ctrl-C in good order. |
| 1 | It can't be done: one line says what is in the way, and what helps. |
| 2 | The command line, or what it names, is wrong: one line says what to write instead. |
| 130 | Ended by a second Ctrl-C. |

An error is one line, \`error CODE: what happened — what to do\`; but a compiler's messages follow theirs as they are. With
\`--verbose\` its causes follow, and where it arose. The codes are stable.

Options with a value take it behind a space or a \`=\`.
`;

export function renderReference(): string {
  const groups = COMMAND_GROUPS.map((group) => ({
    group,
    commands: COMMANDS.filter((each) => (each.group ?? "Other") === group),
  })).filter(({ commands }) => commands.length > 0);
  const sections = groups.flatMap(({ group, commands }) => [`## ${group}\n`, ...commands.map(renderCommand)]);
  return [INTRODUCTION, ...sections].join("\n");
}

function renderCommand(definition: CommandDefinition): string {
  const { name, summary, notes } = definition;
  const usage = ["wasmote", name, "[options]", ...definition.arguments.map((each) => each.name)].join(" ");
  const parts = [`### ${name}\n`, `\`${usage}\`: ${summary}.\n`];
  if (definition.arguments.length > 0) {
    const rows = definition.arguments.map((each) => [code(each.name), cell(each.description)]);
    parts.push(table(["argument", "meaning"], rows));
  }
  // Those of every command are said once, above.
  const options = optionsOf(definition).filter((each) => each !== VERBOSE);
  if (options.length > 0) parts.push(table(["option", "default", "meaning"], options.map(optionRow)));
  if (notes !== undefined) parts.push(`\`\`\`text\n${notes}\n\`\`\`\n`);
  return parts.join("\n");
}

function optionRow(option: OptionDefinition<unknown>): string[] {
  const { flags, description, shownDefault, default: value } = option;
  return [code(flags), value === undefined ? "" : code(shownDefault ?? String(value)), cell(description)];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return `${[line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** What looks like a tag is text. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "\\<");
}
