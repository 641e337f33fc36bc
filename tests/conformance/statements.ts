/** Reads statements.md: which numbered statements of each version a test may name. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

export const VERSIONS = ["3.1.1", "5.0"] as const;
export type Version = (typeof VERSIONS)[number];

const ROLES = ["C", "B", "C*", "D"] as const;
/** Whom a statement binds: the page says what each letter means. */
export type Role = (typeof ROLES)[number];

export interface Statement {
  /** As the standard spells it, without brackets: `MQTT-3.1.2-24`. */
  readonly id: string;
  readonly role: Role;
  readonly text: string;
}

export interface Standard {
  readonly version: Version;
  /** What is to be covered, in the order of the page. */
  readonly statements: readonly Statement[];
  /** Ids of statements that no client can keep, break or see. */
  readonly serverOnly: ReadonlySet<string>;
}

/** All that the committed page says. */
export function readStandards(): Standard[] {
  return parseStandards(readFileSync(join(PROJECT_ROOT, "tests", "conformance", "statements.md"), "utf-8"));
}

/** Throws `ESTATEMENTS`, which names the line, if the page has another form. */
export function parseStandards(page: string): Standard[] {
  return VERSIONS.map((version) => {
    const statements = section(page, `## MQTT ${version}`)
      .filter((line) => line.startsWith("| "))
      .slice(2)
      .map(parseRow);
    const serverOnly = section(page, `### Server-only statements of MQTT ${version}`)
      .flatMap((line) => line.split(/[, ]+/))
      .filter((number) => number !== "")
      .map(parseNumber);
    const ids = [...statements.map(({ id }) => id), ...serverOnly];
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) throw malformed(`MQTT ${version} has ${twice} twice`);
    if (statements.length === 0) throw malformed(`MQTT ${version} has no statements`);
    return { version, statements, serverOnly: new Set(serverOnly) };
  });
}

/** The lines between a heading and the next of any level. */
function section(page: string, heading: string): string[] {
  const lines = page.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw malformed(`there is no heading "${heading}"`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith("#"));
  return lines.slice(start + 1, end < 0 ? undefined : end);
}

function parseRow(line: string): Statement {
  const [, id = "", letter = "", text = "", ...rest] = line.split("|").map((cell) => cell.trim());
  const role = ROLES.find((each) => each === letter.replace("\\", ""));
  const isWhole = rest.length === 1 && /^MQTT-[\d.-]+$/.test(id) && role !== undefined && text !== "";
  if (!isWhole) throw malformed(`not an id, a role and a text: ${line}`);
  return { id, role, text };
}

/** `3.1.2-8`, as the lists have it. */
function parseNumber(number: string): string {
  if (!/^[\d.-]+$/.test(number)) throw malformed(`not the number of a statement: ${number}`);
  return `MQTT-${number}`;
}

function malformed(what: string): WasmoteError {
  return new WasmoteError("ESTATEMENTS", "configuration", `tests/conformance/statements.md: ${what}`, {
    cure: "give it the form of the lines around it",
  });
}
