/** Which statements have a test, from the tests' names alone. */

import type { Excuse } from "./excused.ts";
import type { TestName } from "./names.ts";
import type { Standard, Statement, Version } from "./statements.ts";

export interface Coverage {
  readonly version: Version;
  readonly covered: readonly { readonly statement: Statement; readonly tests: readonly TestName[] }[];
  readonly excused: readonly { readonly statement: Statement; readonly reason: string }[];
  readonly missing: readonly Statement[];
}

export interface Findings {
  readonly coverages: readonly Coverage[];
  /** Names and excuses that claim what there is not, one line each. */
  readonly errors: readonly string[];
}

/** An id in brackets, well-formed or not: a slip of the pen is to be reported, not passed over. */
const ID = /\[(MQTT-[^\]]*)\]/g;
const BOTH = "MQTT 3.1.1 and 5.0";

/** Holds the names of tests against the standards. */
export function findCoverage(
  standards: readonly Standard[],
  tests: readonly TestName[],
  excuses: readonly Excuse[],
): Findings {
  const errors: string[] = [];
  const named = new Map(standards.map(({ version }) => [version, new Map<string, TestName[]>()]));
  for (const test of tests) {
    const ids = new Set([...test.name.matchAll(ID)].map(([, id = ""]) => id));
    if (ids.size === 0) continue;
    const versions = versionsIn(test.name, standards);
    if (typeof versions === "string") {
      errors.push(`${where(test)} names ${[...ids].join(", ")} and ${versions}`);
      continue;
    }
    for (const { version, statements, serverOnly } of versions) {
      for (const id of ids) {
        if (statements.some((statement) => statement.id === id)) push(named.get(version), id, test);
        else if (!serverOnly.has(id)) errors.push(`${where(test)} names ${id}, which MQTT ${version} does not have`);
      }
    }
  }
  const coverages = standards.map((standard) => {
    const own = excuses.filter(({ version }) => version === standard.version);
    const tests = named.get(standard.version) ?? new Map<string, TestName[]>();
    errors.push(...judgeExcuses(own, standard, tests));
    return cover(standard, tests, own);
  });
  return { coverages, errors };
}

/** How much is covered or excused, in percent with one decimal. Rounded down, so that only all of them are 100. */
export function percentage({ covered, excused, missing }: Coverage): number {
  const done = covered.length + excused.length;
  return Math.floor((1000 * done) / (done + missing.length)) / 10;
}

function cover(
  { version, statements }: Standard,
  named: ReadonlyMap<string, readonly TestName[]>,
  excuses: readonly Excuse[],
): Coverage {
  const covered: Coverage["covered"][number][] = [];
  const excused: Coverage["excused"][number][] = [];
  const missing: Statement[] = [];
  for (const statement of statements) {
    const tests = named.get(statement.id);
    const excuse = excuses.find(({ id }) => id === statement.id);
    if (tests !== undefined) covered.push({ statement, tests });
    else if (excuse !== undefined) excused.push({ statement, reason: excuse.reason });
    else missing.push(statement);
  }
  return { version, covered, excused, missing };
}

/** The standards that a name speaks of, or what is wrong with it. */
function versionsIn(name: string, standards: readonly Standard[]): readonly Standard[] | string {
  const isForAll = name.includes(BOTH);
  const rest = name.replaceAll(BOTH, "");
  const spoken = standards.filter(({ version }) => rest.includes(`MQTT ${version}`));
  if (isForAll) return spoken.length === 0 ? standards : `"${BOTH}" as well as one of them`;
  if (spoken.length > 1) return `speaks of two versions, but not as "${BOTH}"`;
  return spoken.length === 1 ? spoken : "does not say for which version of MQTT";
}

function judgeExcuses(
  excuses: readonly Excuse[],
  { version, statements }: Standard,
  named: ReadonlyMap<string, unknown>,
): string[] {
  return excuses.flatMap(({ id, reason }, index) => {
    const complaints: string[] = [];
    if (!statements.some((statement) => statement.id === id)) complaints.push("is not in its table");
    if (named.has(id)) complaints.push("has a test, so it needs no excuse");
    if (reason.trim() === "") complaints.push("is excused without a reason");
    if (excuses.findIndex((each) => each.id === id) !== index) complaints.push("is excused twice");
    return complaints.map((complaint) => `tests/conformance/excused.ts: ${id} of MQTT ${version} ${complaint}`);
  });
}

function where({ file, name }: TestName): string {
  return `${file}: "${name}"`;
}

function push(lists: Map<string, TestName[]> | undefined, id: string, test: TestName): void {
  const list = lists?.get(id);
  if (list === undefined) lists?.set(id, [test]);
  else list.push(test);
}
