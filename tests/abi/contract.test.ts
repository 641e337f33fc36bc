import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as host from "../../host/abi.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { ENDED, ERRORS, EXPORTS, IMPORTS, VERSION } from "./contract.ts";

const HAL = readFileSync(join(PROJECT_ROOT, "assembly", "hal.ts"), "utf-8");

interface Declaration {
  readonly name: string;
  /** `name: type` each. */
  readonly parameters: readonly string[];
  readonly result: string;
}

/** Every function that assembly/hal.ts declares. */
const DECLARED: Declaration[] = [...HAL.matchAll(/^export declare function (\w+)\(([^)]*)\): (\w+);$/gm)].map(
  ([, name = "", parameters = "", result = ""]) => ({
    name,
    parameters: parameters === "" ? [] : parameters.split(", "),
    result,
  }),
);

/** The parameters that are addresses: `usize`, which is an i32 in a module of 32 bits. */
function typeOf(parameter: string): string {
  return /[pP]tr$/.test(parameter) ? "usize" : "i32";
}

test("docs/abi.md has the tables that these tests read", () => {
  expect(VERSION).toBe(1);
  expect(IMPORTS.length).toBe(13);
  expect(EXPORTS.length).toBe(4);
  expect(ERRORS.length).toBe(16);
});

test("docs/abi.md names no function and no error twice, and every error has its own negative value", () => {
  for (const table of [IMPORTS, EXPORTS, ERRORS]) {
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
  }
  expect(ERRORS.map(({ value }) => value)).toEqual(ERRORS.map((_, i) => -(i + 1)));
});

describe("assembly/hal.ts is docs/abi.md in AssemblyScript", () => {
  test("it declares nothing in another way than these tests read", () => {
    expect(DECLARED.length).toBe(HAL.match(/\bdeclare\b/g)?.length);
    expect(HAL).not.toContain("@external");
  });

  test("the imports have the same names, in any order", () => {
    expect(DECLARED.map(({ name }) => name).sort()).toEqual(IMPORTS.map(({ name }) => name).sort());
  });

  test.each(IMPORTS)("$name has the same parameters and result", ({ name, parameters, result }) => {
    const declared = DECLARED.find((each) => each.name === name);
    expect(declared?.parameters).toEqual(parameters.map((parameter) => `${parameter}: ${typeOf(parameter)}`));
    expect(result).not.toBe("");
    expect(declared?.result).toBe("i32");
  });

  test("the errors have the same names and values, in the same order", () => {
    const errors = [...HAL.matchAll(/^ {2}export const (\w+): i32 = (-\d+);$/gm)];
    expect(errors.map(([, name, value]) => [name, Number(value)])).toEqual(
      ERRORS.map(({ name, value }) => [name, value]),
    );
  });

  test("every error has the documented meaning", () => {
    const meanings = [...HAL.matchAll(/^ {2}\/\*\* (.*) \*\/\n {2}export const (\w+)/gm)];
    expect(meanings.map(([, meaning, name]) => [name, meaning])).toEqual(
      ERRORS.map(({ name, meaning }) => [name, meaning]),
    );
  });
});

describe("host/abi.ts is docs/abi.md in TypeScript", () => {
  test("the version and the end of a node are the same", () => {
    expect(host.ABI_VERSION).toBe(VERSION);
    expect(host.STEP_ENDED).toBe(ENDED);
  });

  test("the imports have the same names and parameters, in the same order", () => {
    expect(Object.entries(host.IMPORTS)).toEqual(IMPORTS.map(({ name, parameters }) => [name, parameters]));
  });

  test("the exports have the same names, parameters and results, in the same order", () => {
    expect(Object.entries(host.EXPORTS)).toEqual(
      EXPORTS.map(({ name, parameters, result }) => [name, { parameters, result: result !== "" }]),
    );
  });

  test("the errors have the same names and values, in the same order", () => {
    expect(Object.entries(host.Errno)).toEqual(ERRORS.map(({ name, value }) => [name, value]));
  });
});
