import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { WasmoteError } from "../../host/errors.ts";
import type { ScenarioFile } from "../../host/fleet/define-scenario.ts";
import { FAULT_KINDS } from "../../host/fleet/scenario.ts";
import { builtInScenarios, loadScenario, parseScenario } from "../../host/fleet/scenario-file.ts";
import { jsonSchemaText, scenarioSchema } from "../../host/fleet/scenario-schema.ts";
import { createGroupSensor } from "../../host/hal/sensors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

const folder = mkdtempSync(join(tmpdir(), "wasmote-scenarios-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SCHEMA = join(PROJECT_ROOT, "host/fleet/scenario.schema.json");

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The one line that a user gets. */
function refusal(content: unknown): string {
  try {
    parseScenario(content, "x.json");
  } catch (error) {
    if (!(error instanceof WasmoteError)) throw error;
    expect(error).toMatchObject({ code: "ESCENARIO", fault: "usage" });
    return `${error.message} — ${error.cure}`;
  }
  throw new Error("nothing is refused");
}

function withFault(fault: object): object {
  return { name: "x", groups: [{ name: "near" }], faults: [fault] };
}

function withGroup(group: object): object {
  return { name: "x", groups: [group] };
}

test("a scenario is read with its times in milliseconds and its files absolute", async () => {
  fileWith("rows.csv", "time,celsius\n1,2.0\n");
  const path = fileWith(
    "lab.json",
    `\ufeff${JSON.stringify({
      $schema: "https://example.com/scenario.schema.json",
      name: "lab",
      description: "Ovens and shelves.",
      groups: [
        { name: "ovens", share: 0.5, sensor: "walk:1,150..250", interval: "1.5s", config: { mqtt: "5" } },
        { name: "shelves", module: "build/shelf.wasm", sensor: "csv:rows.csv#*", interval: 250 },
      ],
      faults: [
        { kind: "cut", at: "12h", for: "5m", share: 0.1, group: "ovens" },
        { kind: "clock-skew", at: 0, skew: "-2d" },
        { kind: "reconnect-storm", at: "500ms" },
      ],
    })}`,
  );
  expect(await loadScenario(path)).toEqual({
    name: "lab",
    description: "Ovens and shelves.",
    groups: [
      { name: "ovens", share: 0.5, sensor: "walk:1,150..250", intervalMs: 1_500, config: { mqtt: "5" } },
      {
        name: "shelves",
        share: 1,
        module: join(folder, "build/shelf.wasm"),
        sensor: `csv:${join(folder, "rows.csv")}#*`,
        intervalMs: 250,
      },
    ],
    faults: [
      { kind: "cut", atMs: 43_200_000, forMs: 300_000, share: 0.1, group: "ovens" },
      { kind: "clock-skew", atMs: 0, skewMs: -172_800_000 },
      { kind: "reconnect-storm", atMs: 500 },
    ],
  });
});

test("a scenario that says nothing of groups has one, with every node in it", () => {
  expect(parseScenario({ name: "x" }, "x.json")).toEqual({
    name: "x",
    groups: [{ name: "all", share: 1 }],
    faults: [],
  });
});

describe("what is wrong is one line that says where, what and what would be right:", () => {
  test.each<[unknown, string]>([
    [null, "x.json: the scenario is null — write a scenario as an object"],
    [[], "x.json: the scenario is a list of 0 — write a scenario as an object"],
    [{}, "x.json: name is missing — write 1 to 40 of the characters a-z 0-9 -"],
    [{ name: "Lab" }, 'x.json: name is "Lab" — write 1 to 40 of the characters a-z 0-9 -'],
    [{ name: "a".repeat(41) }, `x.json: name is "${"a".repeat(41)}" — write 1 to 40 of the characters a-z 0-9 -`],
    [{ name: "x", gruops: [] }, 'x.json: gruops is unknown — did you mean "groups"?'],
    [{ name: "x", zzz: 1 }, "x.json: zzz is unknown — a scenario has name, description, groups, faults"],
    [{ name: "x", "\u001b[2J": 1 }, "x.json: \\x1b[2J is unknown — a scenario has name, description, groups, faults"],
    [{ name: "x", description: "a\nb" }, 'x.json: description is "a\\nb" — write one line of 1 to 160 characters'],
    [{ name: "x", groups: [] }, "x.json: groups is a list of 0 — write a list of 1 to 100"],
    [
      { name: "x", groups: Array.from({ length: 101 }, (_, index) => ({ name: `g${index}` })) },
      "x.json: groups is a list of 101 — write a list of 1 to 100",
    ],
    [
      { name: "x", faults: Array.from({ length: 1_001 }, () => ({ kind: "cut", at: 0 })) },
      "x.json: faults is a list of 1001 — write a list of 0 to 1000",
    ],
    [withGroup({ name: "a", sensr: "sine" }), 'x.json: groups[0].sensr is unknown — did you mean "sensor"?'],
    [withGroup({ name: "a", share: 0 }), "x.json: groups[0].share is 0 — write a number above 0 and at most 1000000"],
    [
      withGroup({ name: "a", share: "3" }),
      'x.json: groups[0].share is "3" — write a number above 0 and at most 1000000',
    ],
    [
      withGroup({ name: "a", interval: "99ms" }),
      'x.json: groups[0].interval is "99ms" — write 100ms to 24h, such as "30s"',
    ],
    [
      withGroup({ name: "a", interval: 99.5 }),
      'x.json: groups[0].interval is 99.5 — write 100ms to 24h, such as "30s"',
    ],
    [
      withGroup({ name: "a", interval: "25h" }),
      'x.json: groups[0].interval is "25h" — write 100ms to 24h, such as "30s"',
    ],
    [
      withGroup({ name: "a", sensor: "moon" }),
      'x.json: groups[0].sensor: there is no sensor "moon" — use constant:17.2, sine, walk:SEED, csv:FILE[#ROW], day:FILE[#DATE] or file:PATH',
    ],
    [
      withGroup({ name: "a", config: { id: "7" } }),
      `x.json: groups[0].config.id is "7" — a node's id follows from its index`,
    ],
    [
      withGroup({ name: "a", config: { password: "secret" } }),
      "x.json: groups[0].config.password is given — give it in the environment variable WASMOTE_PASSWORD",
    ],
    [
      withGroup({ name: "a", config: { "A B": "7" } }),
      'x.json: groups[0].config.A B is "7" — write 1 to 32 of the characters a-z 0-9 _',
    ],
    [
      withGroup({ name: "a", config: { mqtt: 5 } }),
      "x.json: groups[0].config.mqtt is 5 — write it as a text in quotes",
    ],
    [
      { name: "x", groups: [{ name: "a" }, { name: "a" }] },
      'x.json: groups[1].name is "a" — give each group a name of its own',
    ],
    [withFault({ kind: "cutt", at: 0 }), 'x.json: faults[0].kind is "cutt" — did you mean "cut"?'],
    [withFault({ at: 0 }), `x.json: faults[0].kind is missing — use ${FAULT_KINDS.join(", ")}`],
    [withFault({ kind: "cut" }), 'x.json: faults[0].at is missing — write 0s to 24d, such as "90s" or "12h"'],
    [
      withFault({ kind: "cut", at: "soon" }),
      'x.json: faults[0].at is "soon" — write 0s to 24d, such as "90s" or "12h"',
    ],
    [withFault({ kind: "cut", at: "25d" }), 'x.json: faults[0].at is "25d" — write 0s to 24d, such as "90s" or "12h"'],
    [
      withFault({ kind: "cut", at: 0, for: 0 }),
      'x.json: faults[0].for is 0 — write 1ms to 24d, such as "5m"; leave it out for good',
    ],
    [
      withFault({ kind: "cut", at: 0, share: 1.1 }),
      "x.json: faults[0].share is 1.1 — write a number above 0 and at most 1",
    ],
    [withFault({ kind: "cut", at: 0, group: "naer" }), 'x.json: faults[0].group is "naer" — did you mean "near"?'],
    [
      withFault({ kind: "cut", at: 0, skew: "1s" }),
      "x.json: faults[0].skew is unknown — a cut has kind, at, share, group, for",
    ],
    [
      withFault({ kind: "clock-skew", at: 0 }),
      'x.json: faults[0].skew is missing — write -366d to 366d, such as "90s", or "-5m" for behind',
    ],
    [
      withFault({ kind: "reconnect-storm", at: 0, for: "1s" }),
      "x.json: faults[0].for is unknown — a reconnect-storm has kind, at, share, group",
    ],
  ])("%j", (content, line) => {
    expect(refusal(content)).toBe(line);
  });

  test("a password is not repeated", () => {
    expect(refusal(withGroup({ name: "a", config: { password: "secret" } }))).not.toContain("secret");
  });
});

describe("a file that is no scenario", () => {
  test.each<[string, string, string]>([
    ["broken.json", '{\n  "name": "x",\n  oops\n}', "line 3, column 3, is no JSON"],
    ["short.json", "", "is no JSON"],
    ["large.json", " ".repeat(1_024 * 1_024 + 1), "is larger than 1 MiB"],
    ["throws.ts", 'throw new Error("no\\nluck");', "fails: Error: no"],
    ["grammar.ts", "export default {", "fails:"],
    ["missing.mjs", 'import "./not-there.mjs";', "fails:"],
    ["nothing.ts", "export const name = 1;", "has no default export"],
    ["wrong.ts", 'export default { name: "X" };', 'name is "X"'],
  ])("%s is refused with one line", async (name, text, message) => {
    const error = await loadScenario(fileWith(name, text)).catch((cause) => cause);
    expect(error).toMatchObject({ code: "ESCENARIO", fault: "usage" });
    expect(error.message).toContain(message);
    expect(error.message).toContain(name);
    expect(`${error.message}${error.cure}`).not.toContain("\n");
  });

  test.each([
    ["no/such.json", "can't read"],
    ["no/such.ts", "can't read"],
    ["scenario.yaml", "is no scenario's file"],
    ["outtage", 'there is no built-in scenario "outtage"'],
    ["../outage", "is no scenario's file"],
  ])("%s is refused with one line", async (name, message) => {
    const error = await loadScenario(name).catch((cause) => cause);
    expect(error).toMatchObject({ code: "ESCENARIO", fault: "usage" });
    expect(error.message).toContain(message);
  });

  test("whatever JSON it is, it is refused as such or read", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json({ maxDepth: 4 }),
          mutated().map((each) => JSON.stringify(each)),
        ),
        (text) => {
          try {
            parseScenario(JSON.parse(text), "x.json");
          } catch (error) {
            expect(error).toMatchObject({ code: "ESCENARIO" });
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

test("a TypeScript module may compute its scenario", async () => {
  const path = fileWith(
    "computed.ts",
    `import { defineScenario } from ${JSON.stringify(join(PROJECT_ROOT, "host/fleet/define-scenario.ts"))};
     const at: number = 60 * 1_000;
     export default defineScenario({ name: "computed", faults: [{ kind: "cut", at, for: "1m" }] });`,
  );
  expect(await loadScenario(path)).toMatchObject({
    name: "computed",
    faults: [{ kind: "cut", atMs: 60_000, forMs: 60_000 }],
  });
});

test.each(["mjs", "js"])("a .%s module has its scenario as its default export", async (extension) => {
  const path = fileWith(`plain.${extension}`, 'export default { name: "plain" };');
  expect(await loadScenario(path)).toMatchObject({ name: "plain" });
});

describe("the built-in scenarios", () => {
  test.each(builtInScenarios())(
    "%s is one, of that name, with a description that a terminal has room for",
    async (name) => {
      const scenario = await loadScenario(name);
      expect(scenario.name).toBe(name);
      const { description = "" } = scenario;
      expect(description).toMatch(/\.$/);
      expect(description.length).toBeLessThan(64);
      for (const { sensor = "sine" } of scenario.groups) {
        expect(createGroupSensor(sensor, { indexes: [0], seed: 1 }).read(0, 0, new Int32Array(1))).toBe(0);
      }
    },
  );

  test("have a fault of every kind among them", async () => {
    const scenarios = await Promise.all(builtInScenarios().map(loadScenario));
    const kinds = scenarios.flatMap(({ faults }) => faults.map(({ kind }) => kind));
    expect(new Set(kinds)).toEqual(new Set(FAULT_KINDS));
  });
});

describe("the schema for editors", () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(SCHEMA, "utf-8")));

  test("is what the loader checks: npx tsx host/fleet/write-schema.ts writes it anew", () => {
    expect(JSON.parse(readFileSync(SCHEMA, "utf-8"))).toEqual(JSON.parse(jsonSchemaText()));
  });

  test.each(builtInScenarios())("takes the built-in %s, which names it", (name) => {
    const path = join(PROJECT_ROOT, "host/fleet/scenarios", `${name}.json`);
    const content = JSON.parse(readFileSync(path, "utf-8"));
    expect(content.$schema).toBe("../scenario.schema.json");
    expect(validate(content), JSON.stringify(validate.errors)).toBe(true);
  });

  test("takes every scenario that the loader takes, and refuses unknown keys, kinds and types as it does", () => {
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(mutated(), (content) => {
        const isTaken = scenarioSchema.safeParse(content).success;
        if (isTaken) expect(validate(content), JSON.stringify(validate.errors)).toBe(true);
        if (!validate(content)) expect(isTaken).toBe(false);
        if (isTaken) taken++;
        else refused++;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(100);
  });

  test.each<unknown>([
    { name: "x", groups: [{ name: "a", sensr: "sine" }] },
    { name: "x", faults: [{ kind: "cutt", at: 0 }] },
    { name: "x", faults: [{ kind: "cut", at: "soon" }] },
    { name: "x", faults: [{ kind: "reconnect-storm", at: 0, for: "1s" }] },
  ])("marks %j", (content) => {
    expect(validate(content)).toBe(false);
  });
});

/** Scenarios, about half of them with something in them that is out of place. */
function mutated(): fc.Arbitrary<unknown> {
  const duration = fc.oneof(fc.constantFrom("90s", "1.5h", "250ms", "2d"), fc.integer({ min: 100, max: 86_400_000 }));
  const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
  const name = fc.constantFrom("a", "b-2", "far");
  const share = fc.double({ min: 0.001, max: 1, noNaN: true });
  const group = fc.record({ name, share, sensor: fc.constant("sine"), interval: duration }, { requiredKeys: ["name"] });
  const fault = fc.record(
    { kind: fc.constantFrom(...FAULT_KINDS), at: duration, for: duration, share, group: name, skew: duration },
    { requiredKeys: ["kind", "at"] },
  );
  const scenario = fc.record({
    name,
    description: optional(fc.string({ maxLength: 20 })),
    groups: optional(fc.uniqueArray(group, { maxLength: 3, selector: (each) => each.name })),
    faults: optional(fc.array(fault, { maxLength: 3 })),
  });
  return fc
    .tuple(scenario, fc.boolean(), fc.nat(100), fc.jsonValue({ maxDepth: 1 }))
    .map(([valid, isMutated, at, value]) => {
      const content: unknown = JSON.parse(JSON.stringify(valid));
      if (isMutated) replace(content, at, value);
      return content;
    });
}

/** Puts a value in the place of one that is somewhere in it. */
function replace(content: unknown, at: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (each: unknown): void => {
    if (typeof each !== "object" || each === null) return;
    const record = each as Record<string, unknown>;
    for (const key of Object.keys(record)) {
      places.push([record, key]);
      visit(record[key]);
    }
    if (!Array.isArray(each)) places.push([record, "extra"]);
  };
  visit(content);
  const [record, key] = places[at % places.length] ?? [];
  if (record !== undefined && key !== undefined) record[key] = value;
}

/** The two are one thing: what the types allow, the schema has. */
const TYPED: ScenarioFile = { name: "typed", faults: [{ kind: "clock-skew", at: 0, skew: "-1s" }] };
test("what the types for TypeScript allow is taken", () => {
  expect(parseScenario(TYPED, "typed.ts")).toMatchObject({ faults: [{ skewMs: -1_000 }] });
});
