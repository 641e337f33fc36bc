import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { program, run } from "./programs.ts";

const CONTRACT = readFileSync(join(PROJECT_ROOT, "docs", "abi.md"), "utf-8");
const HEADER = readFileSync(join(PROJECT_ROOT, "boards", "core", "abi.h"), "utf-8");

/** The cells of every row of the table under a heading of docs/abi.md, without backquotes. */
function table(heading: string): string[][] {
  const section = CONTRACT.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => row.split("|").map((cell) => cell.replaceAll("`", "").trim()));
}

/** One function as `wasmote-posix --abi` shows it. */
const functions = (kind: string, heading: string): string[] =>
  table(heading).map(([, name, parameters, result]) =>
    `${kind} ${name} (${parameters?.replaceAll(", ", " ")}) -> ${result}`.trim(),
  );

describe("boards/core/abi.h is docs/abi.md in C", () => {
  const shown = (kind: string): string[] => {
    const { stdout } = run(program("posix"), ["--abi"]);
    return stdout.split("\n").flatMap((line) => (line.startsWith(`${kind} `) ? [line.trim()] : []));
  };

  test("the version is the same", () => {
    expect(shown("version")).toEqual([`version ${CONTRACT.match(/^# The host ABI, version (\d+)$/m)?.[1]}`]);
  });

  test("the imports have the same names, parameters and results, in the same order", () => {
    expect(shown("import")).toEqual(functions("import", "Imports"));
    expect(shown("import").length).toBeGreaterThan(0);
  });

  test("the exports have the same names, parameters and results, in the same order", () => {
    expect(shown("export")).toEqual(functions("export", "Exports"));
    expect(shown("export").length).toBeGreaterThan(0);
  });

  test("the errors have the same names and values, in the same order", () => {
    const errors = table("Errors").map(([, name, value]) => `error ${name} ${value}`);
    expect(shown("error")).toEqual(errors);
    expect(errors.length).toBeGreaterThan(0);
  });

  test("every function is linked by a signature of as many i32 as it has parameters and results", () => {
    const rows = [...HEADER.matchAll(/X\((\w+), "([^"]*)", "(\w*)", "([^"]*)"\)/g)];
    const signatures = rows.map(([, name, , , signature]) => `${name} ${signature}`);
    const documented = [...table("Imports"), ...table("Exports")].map(
      ([, name, parameters, result]) => `${name} ${result ? "i" : "v"}(${parameters?.replace(/\w+(, )?/g, "i")})`,
    );
    expect(signatures).toEqual(documented);
  });

  test("a step's result that ends the node is the same", () => {
    const ended = CONTRACT.match(/`(0x[0-9A-F]+)`: this node has ended/)?.[1];
    expect(Number(ended)).toBe(0xffff_ffff);
    expect(HEADER).toContain("#define HAL_STEP_ENDED UINT32_MAX");
  });
});
