/** docs/abi.md, read: the one source of truth that everything else is held against. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";

export interface ContractFunction {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly result: string;
}

export interface ContractError {
  readonly name: string;
  readonly value: number;
  readonly meaning: string;
}

const TEXT = readFileSync(join(PROJECT_ROOT, "docs", "abi.md"), "utf-8");

export const VERSION = Number(TEXT.match(/^# The host ABI, version (\d+)$/m)?.[1]);
export const ENDED = Number(TEXT.match(/`(0x[0-9A-F]+)`: this node has ended/)?.[1]);
export const IMPORTS = functions("Imports");
export const EXPORTS = functions("Exports");
export const ERRORS: readonly ContractError[] = rows("Errors").map(([name = "", value, , meaning = ""]) => ({
  name,
  value: Number(value),
  meaning,
}));

function functions(heading: string): ContractFunction[] {
  return rows(heading).map(([name = "", parameters = "", result = ""]) => ({
    name,
    parameters: parameters === "" ? [] : parameters.split(", "),
    result,
  }));
}

/** The cells of every row of the table under a heading, without backquotes. */
function rows(heading: string): string[][] {
  const section = TEXT.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0];
  if (section === undefined) throw new Error(`docs/abi.md has no heading ${heading}`);
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.replaceAll("`", "").trim()),
    );
}
