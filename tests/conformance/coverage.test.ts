import { describe, expect, test } from "vitest";
import { findCoverage, percentage } from "./coverage.ts";
import { EXCUSED, type Excuse } from "./excused.ts";
import { readStandards, type Standard, type Statement } from "./statements.ts";

function statement(id: string): Statement {
  return { id, role: "C", text: `what ${id} says` };
}

/** `MQTT-1-1` and `MQTT-1-2` are in both versions, `MQTT-3-8.3-4` is in one. */
const STANDARDS: readonly Standard[] = [
  {
    version: "3.1.1",
    statements: ["MQTT-1-1", "MQTT-1-2", "MQTT-3-8.3-4"].map(statement),
    serverOnly: new Set(["MQTT-9-1"]),
  },
  { version: "5.0", statements: ["MQTT-1-1", "MQTT-1-2"].map(statement), serverOnly: new Set() },
];

interface Outcome {
  readonly covered: readonly (readonly string[])[];
  readonly missing: readonly (readonly string[])[];
  readonly excused: readonly (readonly string[])[];
  readonly errors: readonly string[];
}

/** What tests of these names cover: ids for MQTT 3.1.1, then for MQTT 5.0. */
function judge(names: readonly string[], excuses: readonly Excuse[] = []): Outcome {
  const tests = names.map((name) => ({ name, file: "a.test.ts" }));
  const { coverages, errors } = findCoverage(STANDARDS, tests, excuses);
  return {
    covered: coverages.map(({ covered }) => covered.map(({ statement }) => statement.id)),
    missing: coverages.map(({ missing }) => missing.map(({ id }) => id)),
    excused: coverages.map(({ excused }) => excused.map(({ statement }) => statement.id)),
    errors,
  };
}

describe("a statement", () => {
  test("is missing unless a test names it", () => {
    expect(judge([])).toEqual({
      covered: [[], []],
      missing: [
        ["MQTT-1-1", "MQTT-1-2", "MQTT-3-8.3-4"],
        ["MQTT-1-1", "MQTT-1-2"],
      ],
      excused: [[], []],
      errors: [],
    });
  });

  test("is covered by a test that names it behind its suite's version", () => {
    const { covered, errors } = judge(["MQTT 3.1.1: a packet > [MQTT-1-1] is sent", "MQTT 5.0: [MQTT-1-2] > is sent"]);
    expect({ covered, errors }).toEqual({ covered: [["MQTT-1-1"], ["MQTT-1-2"]], errors: [] });
  });

  test("is covered with others by one test, which may say its version anywhere", () => {
    const { covered, errors } = judge(["[MQTT-1-1] [MQTT-3-8.3-4] a packet of MQTT 3.1.1 > is sent [MQTT-1-2]"]);
    expect({ covered, errors }).toEqual({ covered: [["MQTT-1-1", "MQTT-1-2", "MQTT-3-8.3-4"], []], errors: [] });
  });

  test("is covered in both versions by a test for MQTT 3.1.1 and 5.0", () => {
    const { covered, errors } = judge(["MQTT 3.1.1 and 5.0: [MQTT-1-1] a packet is sent"]);
    expect({ covered, errors }).toEqual({ covered: [["MQTT-1-1"], ["MQTT-1-1"]], errors: [] });
  });

  test("has every test that names it, each once", () => {
    const tests = ["a", "b [MQTT-1-1]", "c"].map((name) => ({
      name: `MQTT 5.0: [MQTT-1-1] ${name}`,
      file: "a.test.ts",
    }));
    const { coverages } = findCoverage(STANDARDS, tests, []);
    expect(coverages[1]?.covered).toEqual([{ statement: statement("MQTT-1-1"), tests }]);
  });

  test("is not covered by a name that only mentions it without brackets", () => {
    expect(judge(["MQTT 3.1.1: MQTT-1-1 is kept"]).covered).toEqual([[], []]);
  });
});

describe("a name is an error, and covers nothing,", () => {
  test.each([
    ["without a version", "[MQTT-1-1] is kept", "names MQTT-1-1 and does not say for which version of MQTT"],
    ["with a version that there is not", "MQTT 5: [MQTT-1-1]", "names MQTT-1-1 and does not say for which version"],
    [
      "with two versions",
      "MQTT 3.1.1: [MQTT-1-1] > as MQTT 5.0 has it",
      'two versions, but not as "MQTT 3.1.1 and 5.0"',
    ],
    ["with both and one", "MQTT 3.1.1 and 5.0: [MQTT-1-1] > MQTT 5.0", '"MQTT 3.1.1 and 5.0" as well as one of them'],
    ["with an id that is a slip", "MQTT 3.1.1: [MQTT-1-3]", "names MQTT-1-3, which MQTT 3.1.1 does not have"],
    ["with an id of no form", "MQTT 3.1.1: [MQTT-1.1 ]", "names MQTT-1.1 , which MQTT 3.1.1 does not have"],
    ["with an id of the other version", "MQTT 5.0: [MQTT-3-8.3-4]", "names MQTT-3-8.3-4, which MQTT 5.0 does not have"],
    ["with the other version's server", "MQTT 5.0: [MQTT-9-1]", "names MQTT-9-1, which MQTT 5.0 does not have"],
  ])("%s", (_, name, complaint) => {
    const { covered, errors } = judge([name]);
    expect(covered).toEqual([[], []]);
    expect(errors).toEqual([expect.stringContaining(complaint)]);
    expect(errors[0]).toContain(`a.test.ts: "${name}" `);
  });
});

test("an id that both versions must have for MQTT 3.1.1 and 5.0 is an error where one of them lacks it", () => {
  const { covered, errors } = judge(["MQTT 3.1.1 and 5.0: [MQTT-3-8.3-4]"]);
  expect(covered).toEqual([["MQTT-3-8.3-4"], []]);
  expect(errors).toEqual([expect.stringContaining("names MQTT-3-8.3-4, which MQTT 5.0 does not have")]);
});

test("a statement that binds the server alone may be named, and counts nowhere", () => {
  expect(judge(["MQTT 3.1.1: [MQTT-9-1] is what the broker does"])).toMatchObject({ covered: [[], []], errors: [] });
});

describe("an excuse", () => {
  const excuse: Excuse = { version: "5.0", id: "MQTT-1-1", reason: "no client can see it" };

  test("takes its statement off the missing ones of its version", () => {
    const { missing, excused, errors } = judge([], [excuse]);
    expect({ missing: missing.map((ids) => ids.length), excused, errors }).toEqual({
      missing: [3, 1],
      excused: [[], ["MQTT-1-1"]],
      errors: [],
    });
  });

  test.each([
    ["for a statement that there is not", { ...excuse, id: "MQTT-3-8.3-4" }, [], "is not in its table"],
    ["for one that a test names", excuse, ["MQTT 5.0: [MQTT-1-1]"], "has a test, so it needs no excuse"],
    ["without a reason", { ...excuse, reason: " " }, [], "is excused without a reason"],
  ])("%s is an error", (_, given, names, complaint) => {
    expect(judge(names, [given]).errors).toEqual([
      `tests/conformance/excused.ts: ${given.id} of MQTT 5.0 ${complaint}`,
    ]);
  });

  test("given twice is an error", () => {
    expect(judge([], [excuse, excuse]).errors).toEqual([expect.stringContaining("is excused twice")]);
  });

  test("of this project stands in its table, with a reason", () => {
    expect(findCoverage(readStandards(), [], EXCUSED).errors).toEqual([]);
  });
});

describe("the percentage", () => {
  /** With so many of so many covered. */
  function of(done: number, all: number): number {
    const covered = Array.from({ length: done }, () => ({ statement: statement("MQTT-1-1"), tests: [] }));
    const missing = Array.from({ length: all - done }, () => statement("MQTT-1-1"));
    return percentage({ version: "5.0", covered, excused: [], missing });
  }

  test("is 100 only if nothing is missing", () => {
    expect([of(0, 5), of(1, 3), of(104, 105), of(9_999, 10_000), of(105, 105)]).toEqual([0, 33.3, 99, 99.9, 100]);
  });
});
