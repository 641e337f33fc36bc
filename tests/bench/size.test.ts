import { expect, test } from "vitest";
import { report } from "./command.ts";
import { judge, type Measurement, type Rules } from "./figures.ts";
import { formatMarkdown } from "./format.ts";
import { LIMITS, MISSED } from "./limits.ts";
import { measureSize } from "./measure-size.ts";
import { readTable, refreshCommand } from "./page.ts";

/** The limits with one of them moved, and nothing on the missed list but what is given. */
function rulesWith(name: string, limit: number, ceiling?: number): Rules {
  return {
    limits: LIMITS.map((each) => (each.name === name ? { ...each, limit } : each)),
    missed: ceiling === undefined ? [] : [{ name, ceiling }],
  };
}

function measured(name: string, value: number): Measurement[] {
  return [{ name, value, unit: "bytes" }];
}

test("docs/size.md has the sizes of the modules as they are", async () => {
  const current = formatMarkdown((await measureSize()).map((each) => judge(each)));
  expect(await readTable("size"), `docs/size.md is out of date: run \`${refreshCommand("size")}\``).toBe(current);
});

test("docs/size.md has a table of the speeds", async () => {
  const [sizes, speeds] = [await readTable("size"), await readTable("bench")];
  const names = (table: string): string[] => [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name);
  // Together they have every figure that has a limit.
  expect([...names(sizes), ...names(speeds)].toSorted()).toEqual(LIMITS.map(({ name }) => name).toSorted());
});

test("the sizes keep their limits, or what a missed one is held at", async () => {
  expect(report(await measureSize(), "table")).toMatchObject({ stderr: "", exitCode: 0 });
});

test("a size past its limit fails the command, which names it", async () => {
  const sizes = await measureSize();
  const bytes = sizes.find(({ name }) => name === "lean.wasmBytes")?.value ?? 0;
  const within = { ...rulesWith("lean.wasmBytes", bytes), missed: MISSED };
  expect(report(sizes, "table", within).exitCode).toBe(0);
  const past = report(sizes, "table", { ...rulesWith("lean.wasmBytes", bytes - 1), missed: MISSED });
  expect(past.exitCode).toBe(1);
  expect(past.stdout).toMatch(/^lean\.wasmBytes .* OVER ITS LIMIT$/m);
  expect(past.stderr).toMatch(/^error EOVER: past the limit: lean\.wasmBytes — /);
});

test("a figure that is known to miss its limit may not get worse", () => {
  const rules = rulesWith("lean.heap32Bytes", 100, 110);
  const outcome = (value: number): object => report(measured("lean.heap32Bytes", value), "table", rules);
  expect(outcome(100)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("ok, though listed as missed") });
  expect(outcome(110)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("misses its limit, held at <= 110"),
  });
  expect(outcome(111)).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining("OVER: misses its limit, and left <= 110"),
  });
});

test("a limit that is a least is kept from above", () => {
  const outcome = (value: number, rules: Rules): number =>
    report(measured("lean.v8StepVsMqttPacket", value), "table", rules).exitCode;
  const strict = rulesWith("lean.v8StepVsMqttPacket", 40);
  expect([39.9, 40, 41].map((value) => outcome(value, strict))).toEqual([1, 0, 0]);
  const held = rulesWith("lean.v8StepVsMqttPacket", 40, 20);
  expect([19.9, 20, 40].map((value) => outcome(value, held))).toEqual([1, 0, 0]);
});

test("a figure that could not be computed is no success", () => {
  expect(report(measured("lean.heap32Bytes", Number.NaN), "table").exitCode).toBe(1);
  expect(report(measured("lean.wasmBytes", Number.NaN), "table").exitCode).toBe(1);
});

test("JSON has the figures with a limit, and nothing else", () => {
  const remark = { name: "a remark", value: 1, unit: "MB" };
  const { stdout } = report([...measured("lean.wasmBytes", 5_000), remark], "json");
  expect(stdout).toBe('[{"name":"lean.wasmBytes","value":5000,"unit":"bytes","limit":5120}]\n');
});

test("only a coloured table has colours", () => {
  const figures = measured("lean.wasmBytes", 5_000);
  expect(report(figures, "coloured table").stdout).toContain("\u001b[");
  expect(report(figures, "table").stdout).not.toContain("\u001b[");
});
