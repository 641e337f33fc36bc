import { describe, expect, test } from "vitest";
import { parseStandards, readStandards } from "./statements.ts";

/** A page in the form of statements.md. */
function page({ rows = "| MQTT-1.1.1-1 | C | A client does |", serverOnly = "1.1.1-2, 1.1.1-3" } = {}): string {
  const section = (version: string, table: string): string => `## MQTT ${version}

Prose with a | in it.

| id | role | statement |
| --- | --- | --- |
${table}

### Server-only statements of MQTT ${version}

${serverOnly}
`;
  return `# Statements

| role | whom |
| --- | --- |
| C | clients |

${section("3.1.1", rows)}
${section("5.0", "| MQTT-4.2-1 | C\\* | Another |")}`;
}

describe("statements.md", () => {
  test("has all numbered statements of both standards, none of them twice", () => {
    const [v3, v5] = readStandards();
    // Appendix B of MQTT 3.1.1 has 141, that of MQTT 5.0 has 251.
    expect([v3?.statements.length, v3?.serverOnly.size]).toEqual([105, 36]);
    expect([v5?.statements.length, v5?.serverOnly.size]).toEqual([186, 65]);
  });

  test("has the ids that the standards spell in their own way", () => {
    const [v3, v5] = readStandards();
    expect(v3?.statements.map(({ id }) => id)).toContain("MQTT-3-8.3-4");
    expect(v5?.statements.map(({ id }) => id)).toContain("MQTT-4.2-1");
  });
});

describe("a page", () => {
  test("is one table and one list of server-only statements for each version", () => {
    expect(parseStandards(page())).toEqual([
      {
        version: "3.1.1",
        statements: [{ id: "MQTT-1.1.1-1", role: "C", text: "A client does" }],
        serverOnly: new Set(["MQTT-1.1.1-2", "MQTT-1.1.1-3"]),
      },
      {
        version: "5.0",
        statements: [{ id: "MQTT-4.2-1", role: "C*", text: "Another" }],
        serverOnly: new Set(["MQTT-1.1.1-2", "MQTT-1.1.1-3"]),
      },
    ]);
  });

  test("may break its list over lines", () => {
    const [v3] = parseStandards(page({ serverOnly: "1.1.1-2,\n1.1.1-3" }));
    expect(v3?.serverOnly).toEqual(new Set(["MQTT-1.1.1-2", "MQTT-1.1.1-3"]));
  });

  test.each([
    ["an id of another form", "| 1.1.1-1 | C | Text |"],
    ["a role that there is not", "| MQTT-1.1.1-1 | X | Text |"],
    ["no text", "| MQTT-1.1.1-1 | C | |"],
    ["a cell too few", "| MQTT-1.1.1-1 | C |"],
    ["a cell too many", "| MQTT-1.1.1-1 | C | Text | more |"],
  ])("is refused for a row with %s, which is shown", (_, rows) => {
    expect(() => parseStandards(page({ rows }))).toThrow(
      `tests/conformance/statements.md: not an id, a role and a text: ${rows}`,
    );
  });

  test("is refused for an id that is there twice, in the table or in the list", () => {
    const row = "| MQTT-1.1.1-1 | C | Text |";
    expect(() => parseStandards(page({ rows: `${row}\n${row}` }))).toThrow("MQTT 3.1.1 has MQTT-1.1.1-1 twice");
    expect(() => parseStandards(page({ serverOnly: "1.1.1-1" }))).toThrow("MQTT 3.1.1 has MQTT-1.1.1-1 twice");
  });

  test("is refused for a list with anything but numbers in it", () => {
    const read = (): unknown => parseStandards(page({ serverOnly: "1.1.1-2, MQTT-1.1.1-3" }));
    expect(read).toThrow("not the number of a statement: MQTT-1.1.1-3");
  });

  test("is refused without a version, and with a version that has no statements", () => {
    expect(() => parseStandards(page().replace("\n## MQTT 5.0\n", "\n## MQTT 5\n"))).toThrow(
      'there is no heading "## MQTT 5.0"',
    );
    expect(() => parseStandards(page({ rows: "" }))).toThrow("MQTT 3.1.1 has no statements");
  });
});
