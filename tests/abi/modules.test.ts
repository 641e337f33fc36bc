import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readSections, SectionId } from "../../host/module/binary.ts";
import { checkImageRule } from "../../host/module/image-rule.ts";
import { METADATA_SECTION, readMetadata } from "../../host/module/metadata.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { EXPORTS, IMPORTS } from "./contract.ts";

const EXAMPLES = readdirSync(join(PROJECT_ROOT, "examples")).sort();
const TABLE_SECTION = 4;
const NAMED_IN_CONTRACT = new Set(IMPORTS.map(({ name }) => name));

/** What V8 says of a module; its type declarations are not among the project's. */
interface Reflection {
  imports(module: unknown): { module: string; name: string; kind: string }[];
  exports(module: unknown): { name: string; kind: string }[];
}
const reflection = WebAssembly.Module as unknown as Reflection;

test("there are examples", () => {
  expect(EXAMPLES).toEqual(expect.arrayContaining(["commands", "quickstart", "temperature"]));
});

describe.each(EXAMPLES)("the module of examples/%s", (name) => {
  let wasm: Uint8Array;
  let compiled: WebAssembly.Module;
  beforeAll(async () => {
    wasm = await compileApp(`examples/${name}/index.ts`, [], `examples/${name}/asconfig.json`);
    compiled = new WebAssembly.Module(wasm);
  });

  test("keeps the image rule", () => {
    expect(() => checkImageRule(wasm)).not.toThrow();
  });

  test("has neither a mutable global, nor a table, nor a start function, nor a passive segment, by its bytes", () => {
    const ids = readSections(wasm).map(({ id }) => id);
    expect(ids).not.toContain(SectionId.start);
    expect(ids).not.toContain(TABLE_SECTION);
    // Every constant is folded into the code: not one global is left.
    expect(ids).not.toContain(SectionId.global);
  });

  test("has a memory of one page that says it cannot grow", () => {
    const [memory] = readSections(wasm).filter(({ id }) => id === SectionId.memory);
    expect([...(memory?.contents ?? [])]).toEqual([1, 1, 1, 1]);
  });

  test("imports functions of the ABI and nothing else", () => {
    const imports = reflection.imports(compiled);
    expect(imports.length).toBeGreaterThan(0);
    for (const each of imports) {
      expect({ ...each, known: NAMED_IN_CONTRACT.has(each.name) }).toEqual({
        module: "hal",
        name: each.name,
        kind: "function",
        known: true,
      });
    }
  });

  test("exports what the ABI asks for and nothing else", () => {
    const exports = reflection.exports(compiled).map((each) => `${each.name} ${each.kind}`);
    expect(exports.sort()).toEqual(["memory memory", ...EXPORTS.map((each) => `${each.name} function`)].sort());
  });

  test("carries its metadata first", () => {
    const [first] = readSections(wasm);
    expect({ id: first?.id, name: first?.name }).toEqual({ id: SectionId.custom, name: METADATA_SECTION });
    expect(readMetadata(wasm)).toMatchObject({ abiVersion: 1, buildId: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });
});
