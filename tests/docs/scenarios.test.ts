/** docs/scenarios.md says what the loader, the schema and the sensors say. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FAULT_KINDS } from "../../host/fleet/scenario.ts";
import { builtInScenarios, loadScenario } from "../../host/fleet/scenario-file.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

const page = read("docs/scenarios.md");
const schema = JSON.parse(read("host/fleet/scenario.schema.json"));
const folder = mkdtempSync(join(tmpdir(), "wasmote-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(path: string): string {
  return readFileSync(join(PROJECT_ROOT, path), "utf-8");
}

/** The rows of a section's tables, table by table. */
function tables(text: string, heading: string): string[][][] {
  const from = text.indexOf(`\n${heading}\n`) + heading.length + 2;
  expect(from, heading).toBeGreaterThan(heading.length + 1);
  const end = text.slice(from).search(/^#{1,6} /m);
  const section = end < 0 ? text.slice(from) : text.slice(from, from + end);
  return [...section.matchAll(/^\| .*\n\|[-:| ]+\n((?:\| .*\n?)*)/gm)].map(([, body = ""]) =>
    body
      .trimEnd()
      .split("\n")
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  );
}

function names(table: readonly (readonly string[])[] | undefined): string[] {
  return (table ?? []).map(([first = ""]) => first.replaceAll("`", ""));
}

function block(language: string): string {
  return page.match(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms"))?.[1] ?? "";
}

test("the built-in scenarios are listed with their descriptions", async () => {
  const scenarios = await Promise.all(builtInScenarios().map(loadScenario));
  expect(tables(page, "## Try one")[0]).toEqual(scenarios.map(({ name, description }) => [`\`${name}\``, description]));
});

test("every fault is explained, and every key of groups and faults", () => {
  const [kinds, keys] = tables(page, "## Faults");
  expect(names(kinds)).toEqual(FAULT_KINDS);
  const faults: { properties: Record<string, unknown> }[] = schema.properties.faults.items.oneOf;
  expect(names(keys).toSorted()).toEqual(
    [...new Set(faults.flatMap((each) => Object.keys(each.properties)))].toSorted(),
  );
  expect(names(tables(page, "## Groups")[0])).toEqual(Object.keys(schema.properties.groups.items.properties));
});

test("the sensors are those that docs/boards.md has", () => {
  const listed = names(tables(page, "## Sensors")[0]);
  expect(listed.toSorted()).toEqual(tables(read("docs/boards.md"), "### Sensors").flatMap(names).toSorted());
  const comment = read("host/hal/sensors.ts").match(/^ \* \| `.*$/gm) ?? [];
  expect(listed).toEqual(comment.map((line) => line.split("|")[1]?.trim().replaceAll("`", "")));
});

test("the JSON is a scenario", async () => {
  const path = join(folder, "lab.json");
  writeFileSync(path, block("json"));
  expect(await loadScenario(path)).toMatchObject({
    name: "lab",
    groups: [{}, {}],
    faults: [{}, { kind: "frozen-probe" }],
  });
});

test("the line for a mistake is what the JSON with that mistake yields", async () => {
  const path = join(folder, "mistake.json");
  writeFileSync(path, block("json").replace('"frozen-probe"', '"frozen-prob"'));
  const error = await loadScenario(path).catch((cause) => cause);
  const line = `error ${error.code}: ${error.message.replace(path, "lab.json")} — ${error.cure}`;
  expect(page).toContain(`\n${line}\n`);
});

test("the TypeScript is a scenario", async () => {
  const path = join(folder, "tower.ts");
  const source = join(PROJECT_ROOT, "host/fleet/define-scenario.ts");
  writeFileSync(path, block("ts").replace('"wasmote"', JSON.stringify(source)));
  const { groups, faults } = await loadScenario(path);
  expect([groups.length, faults.length]).toEqual([12, 12]);
  expect(groups[11]).toMatchObject({ name: "floor-11", sensor: "sine:23.5,2~0.3", intervalMs: 10_000 });
});
