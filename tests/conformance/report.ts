/** What `npm run conformance` prints. */

import { type Coverage, type Findings, percentage } from "./coverage.ts";

const FAILURE_EXIT = 1;

/** How the command ends. */
export interface Report {
  readonly stdout: string;
  /** What is wrong with names, and one line for what is missing; empty if all is well. */
  readonly stderr: string;
  readonly exitCode: number;
}

/** `verbose` lists each statement with the tests that name it; `json` is one object with all of that. */
export function report(findings: Findings, form: "text" | "verbose" | "json"): Report {
  const { coverages, errors } = findings;
  const stdout = form === "json" ? json(findings) : coverages.map((each) => text(each, form)).join("\n");
  const complaints = errors.map((error) => `error ENAMED: ${error}`);
  const gaps = coverages.filter(({ missing }) => missing.length > 0);
  if (gaps.length > 0) {
    const counts = gaps.map(({ version, missing }) => `${missing.length} of MQTT ${version}`);
    complaints.push(
      `error EUNCOVERED: statements without a test: ${counts.join(", ")} — write the tests that name them`,
    );
  }
  const stderr = complaints.map((line) => `${line}\n`).join("");
  return { stdout, stderr, exitCode: complaints.length > 0 ? FAILURE_EXIT : 0 };
}

function text(coverage: Coverage, form: "text" | "verbose"): string {
  const { version, covered, excused, missing } = coverage;
  const done = covered.length + excused.length;
  const head = `MQTT ${version}: ${done} of ${done + missing.length} statements, ${percentage(coverage)} %`;
  const lines = [
    ...(form === "verbose" ? covered : []).flatMap(({ statement, tests }) => [
      `  covered  ${statement.id}  ${statement.text}`,
      ...tests.map(({ file, name }) => `             ${file}: ${name}`),
    ]),
    ...missing.map(({ id, text }) => `  missing  ${id}  ${text}`),
    ...excused.map(({ statement, reason }) => `  excused  ${statement.id}  ${statement.text}: ${reason}`),
  ];
  return `${[head, ...lines].join("\n")}\n`;
}

function json({ coverages, errors }: Findings): string {
  const versions = coverages.map((coverage) => {
    const { version, covered, excused, missing } = coverage;
    return {
      version,
      statements: covered.length + excused.length + missing.length,
      percent: percentage(coverage),
      covered: covered.map(({ statement, tests }) => ({ ...statement, tests })),
      missing,
      excused: excused.map(({ statement, reason }) => ({ ...statement, reason })),
    };
  });
  return `${JSON.stringify({ versions, errors })}\n`;
}
