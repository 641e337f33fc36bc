/** What `inspect` says of a module, against what V8 and the module's own bytes say. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { type Inspection, inspectModule } from "../../host/module/inspect.ts";
import { readMetadata } from "../../host/module/metadata.ts";
import { fromWat } from "../abi/wat.ts";
import { wasmote } from "../device/command.ts";
import { compileApp } from "../unit/harness/modules.ts";

const HEADER_BYTES = 8;
/** Runs of the property below. */
const RUNS = 2_000;

interface Reflection {
  imports(module: unknown): { module: string; name: string }[];
  exports(module: unknown): { name: string; kind: string }[];
}
const reflection = WebAssembly.Module as unknown as Reflection;

let wasm: Uint8Array;
let found: Inspection;

beforeAll(async () => {
  wasm = await compileApp("examples/temperature/index.ts");
  found = inspectModule(wasm);
});

describe("an inspected node", () => {
  test("is the sum of its sections, and its functions are the code section", () => {
    const bytes = found.sections.reduce((sum, section) => sum + section.bytes, HEADER_BYTES);
    expect(bytes).toBe(wasm.length);
    const code = found.sections.find(({ name }) => name === "code")?.bytes ?? 0;
    const functions = found.functions.reduce((sum, each) => sum + each.bytes, 0);
    // The section's number, its size and the count of its functions stand before them.
    expect(code - functions).toBe(4);
    expect(found.functions.map(({ bytes: each }) => each)).toEqual(
      found.functions.map(({ bytes: each }) => each).toSorted((a, b) => b - a),
    );
  });

  test("has the imports and exports that V8 finds, with the ABI's types", () => {
    const compiled = new WebAssembly.Module(Buffer.from(wasm));
    expect(found.imports.map(({ module, name }) => ({ module, name }))).toEqual(
      reflection.imports(compiled).map(({ module, name }) => ({ module, name })),
    );
    expect(found.exports.map(({ name, kind }) => ({ name, kind }))).toEqual(reflection.exports(compiled));
    expect(found.imports).toContainEqual({
      module: "hal",
      name: "net_send",
      type: "(handle: i32, ptr: i32, len: i32) -> i32",
      isInAbi: true,
    });
    expect(found.exports).toContainEqual({ name: "resume", kind: "function", type: "(nowMs: i32, sleptMs: i32)" });
  });

  test("has a map of its image that is the image of a fresh instance", () => {
    const { image } = new NodeInstance(loadModule(wasm), createNullBoard());
    const { imageSize } = readMetadata(wasm);
    let end = 0;
    for (const { address, bytes, kind, contents } of found.image ?? []) {
      expect(address).toBe(end);
      end += bytes;
      const there = image.slice(address, end);
      if (kind === "zero") expect(there.every((byte) => byte === 0)).toBe(true);
      else expect([...there.slice(0, contents.length)]).toEqual([...contents]);
    }
    expect(end).toBe(imageSize);
  });

  test("has names of functions from the name section, and of exported ones without", () => {
    expect(found.functions.filter(({ name }) => name !== undefined).map(({ name }) => name)).toContain("step");
    const named = inspectModule(fromWat('(func $helper (param i32)) (export "x" (func $helper))'));
    expect(named.functions.map(({ name }) => name)).toContain("x");
  });
});

describe("a module that is no node's", () => {
  test("is inspected all the same, and says why no host runs it", () => {
    const header = wasm.subarray(0, HEADER_BYTES);
    expect(inspectModule(header)).toMatchObject({ metadata: undefined, image: undefined, sections: [], functions: [] });
    expect(inspectModule(header).problem).toContain("it carries no metadata");
    const importing = inspectModule(
      fromWat('(import "env" "log" (func $f (param f64) (result i64))) (export "f" (func $f))'),
    );
    expect(importing.imports).toEqual([{ module: "env", name: "log", type: "(f64) -> i64", isInAbi: false }]);
    expect(importing.problem).toContain("it imports env.log, which is not in the ABI");
  });

  test("ends in one line wherever it is cut off or changed", () => {
    const inspect = (bytes: Uint8Array): string => {
      try {
        inspectModule(bytes);
        return "inspected";
      } catch (error) {
        return error instanceof WasmoteError ? error.code : String(error);
      }
    };
    const positions = fc.array(fc.tuple(fc.nat(wasm.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(positions, fc.nat(wasm.length), (changes, length) => {
        const bytes = Uint8Array.from(wasm);
        for (const [at, value] of changes) bytes[at] = value;
        expect(["inspected", "EMODULE", "EABI"]).toContain(inspect(bytes.subarray(0, Math.max(length, 1_000))));
        expect(["inspected", "EMODULE", "EABI"]).toContain(inspect(bytes));
      }),
      { numRuns: RUNS, seed: 5 },
    );
  });
});

describe("`wasmote inspect`", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "wasmote-inspect-"));
    writeFileSync(join(folder, "m.wasm"), wasm);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("prints sizes, functions, imports and the image", async () => {
    const { code, stdout, stderr } = await wasmote(["inspect", "m.wasm", "--functions", "3"], { cwd: folder });
    const { imageSize, buildId } = readMetadata(wasm);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `m.wasm: ${wasm.length} bytes, image ${imageSize} bytes\nABI 1, build ${buildId}, layout `,
    );
    for (const heading of ["Sections", "Functions: ", "Imports", "Exports", "Image, address and bytes"]) {
      expect(stdout).toContain(`\n\n${heading}`);
    }
    const [, functions = ""] = stdout.match(/^Functions: .*\n((?: +\d+ {2}.*\n)*)/m) ?? [];
    expect(functions.trimEnd().split("\n")).toHaveLength(3);
    expect(stdout).toContain('data  .{"msg":"');
    expect(stderr).toContain("--debug-names");
  });

  test("prints one JSON line with --json", async () => {
    const { code, stdout, stderr } = await wasmote(["inspect", "m.wasm", "--json"], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd()).not.toContain("\n");
    const image = found.image?.map(({ address, bytes, kind }) => ({ address, bytes, kind }));
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify({ module: "m.wasm", ...found, image })));
  });

  test("shows a name that is meant for a terminal as text", async () => {
    writeFileSync(join(folder, "evil.wasm"), fromWat('(func $f) (export "\\1b[31mred\\0a" (func $f))'));
    const { stdout } = await wasmote(["inspect", "evil.wasm"], { cwd: folder });
    expect(stdout).toContain("\\x1b[31mred\\x0a");
    expect(stdout).not.toContain("\u001b[31m");
  });

  test("refuses what is no module in one line", async () => {
    writeFileSync(join(folder, "text.wasm"), "no module");
    const text = await wasmote(["inspect", "text.wasm"], { cwd: folder });
    expect(text.code).toBe(1);
    expect(text.stderr).toMatch(/^error EMODULE: not a WebAssembly module: [^\n]+\n$/);
    writeFileSync(join(folder, "large.wasm"), Buffer.alloc(17 * 1024 * 1024));
    const large = await wasmote(["inspect", "large.wasm"], { cwd: folder });
    expect(large.code).toBe(2);
    expect(large.stderr).toMatch(/^error EMODULE: large\.wasm has \d+ bytes: [^\n]+\n$/);
  });
});
