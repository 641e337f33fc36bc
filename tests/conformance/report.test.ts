import { describe, expect, test } from "vitest";
import type { Coverage } from "./coverage.ts";
import { report } from "./report.ts";

const one = { id: "MQTT-1-1", role: "C", text: "One" } as const;
const two = { id: "MQTT-1-2", role: "D", text: "Two" } as const;
const three = { id: "MQTT-1-3", role: "B", text: "Three" } as const;
const tests = [{ file: "tests/a.test.ts", name: "a test" }];

const full: Coverage = { version: "3.1.1", covered: [{ statement: one, tests }], excused: [], missing: [] };
const partial: Coverage = {
  version: "5.0",
  covered: [{ statement: one, tests }],
  excused: [{ statement: two, reason: "no client can see it" }],
  missing: [three],
};

describe("the report", () => {
  test("counts each version, and shows what is missing and what is excused", () => {
    expect(report({ coverages: [full, partial], errors: [] }, "text").stdout).toBe(
      [
        "MQTT 3.1.1: 1 of 1 statements, 100 %",
        "",
        "MQTT 5.0: 2 of 3 statements, 66.6 %",
        "  missing  MQTT-1-3  Three",
        "  excused  MQTT-1-2  Two: no client can see it",
        "",
      ].join("\n"),
    );
  });

  test("shows the tests of each statement too, if it is asked to", () => {
    expect(report({ coverages: [full], errors: [] }, "verbose").stdout).toBe(
      [
        "MQTT 3.1.1: 1 of 1 statements, 100 %",
        "  covered  MQTT-1-1  One",
        "             tests/a.test.ts: a test",
        "",
      ].join("\n"),
    );
  });

  test("is one JSON object, if it is asked to be", () => {
    const { stdout } = report({ coverages: [partial], errors: ["a.test.ts is wrong"] }, "json");
    expect(JSON.parse(stdout)).toEqual({
      versions: [
        {
          version: "5.0",
          statements: 3,
          percent: 66.6,
          covered: [{ ...one, tests }],
          missing: [three],
          excused: [{ ...two, reason: "no client can see it" }],
        },
      ],
      errors: ["a.test.ts is wrong"],
    });
    expect(stdout.split("\n")).toHaveLength(2);
  });
});

describe("the exit code", () => {
  test("is 0 if every statement is covered or excused", () => {
    const coverages = [full, { ...partial, missing: [] }];
    expect(report({ coverages, errors: [] }, "text")).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("is 1, with one line, while any is missing", () => {
    for (const form of ["text", "verbose", "json"] as const) {
      expect(report({ coverages: [full, partial], errors: [] }, form)).toMatchObject({
        exitCode: 1,
        stderr: "error EUNCOVERED: statements without a test: 1 of MQTT 5.0 — write the tests that name them\n",
      });
    }
  });

  test("is 1, with a line for each, if a name claims what there is not", () => {
    expect(report({ coverages: [full], errors: ["a is wrong", "b is wrong"] }, "text")).toMatchObject({
      exitCode: 1,
      stderr: "error ENAMED: a is wrong\nerror ENAMED: b is wrong\n",
    });
  });
});
