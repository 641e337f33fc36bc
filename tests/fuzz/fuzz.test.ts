import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { programsOf } from "./build.ts";
import { corpusOf, fuzz, inputsOf, replay } from "./fuzzer.ts";
import { TARGETS } from "./targets.ts";

/** The same inputs in every run, as long as the code is the same. */
const SEED = 1;

/** The target that has a bug on purpose. */
const TEETH = "teeth";

const scratch = mkdtempSync(join(tmpdir(), "wasmote-fuzz-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("every target has a row in the table and a folder of the corpus, and every one of these a target", () => {
  const names = TARGETS.map(({ name }) => name).sort();
  const sources = readdirSync(join(PROJECT_ROOT, "boards", "fuzz", "targets")).map((file) => file.replace(".c", ""));
  expect(sources.filter((name) => name !== TEETH).sort()).toEqual(names);
  const folders = readdirSync(join(PROJECT_ROOT, "tests", "fuzz", "corpus")).filter((name) => name !== "README.md");
  expect(folders.sort()).toEqual(names);
});

test("a bug that only coverage and a sanitizer find together is found, kept, and replayed by the command that is named", async () => {
  const [program = ""] = programsOf(TEETH);
  const { finding } = await fuzz(program, { runs: 1_000_000, seed: SEED, maxBytes: 64, folders: [] });
  expect(finding?.what).toContain("heap-buffer-overflow");
  const input = join(PROJECT_ROOT, finding?.input ?? "");
  expect(existsSync(input)).toBe(true);
  expect(finding?.replay).toBe(`build/fuzz/${TEETH} ${finding?.input}`);
  expect((await replay(program, [input])).finding?.what).toContain("heap-buffer-overflow");
  rmSync(input);
});

describe.each(TARGETS)("$name: $what", ({ name, maxBytes, runs }) => {
  test("no input of the corpus is a finding", async () => {
    const inputs = inputsOf(name);
    expect(inputs.length).toBeGreaterThan(0);
    const programs = programsOf(name);
    expect(programs.length).toBe(process.arch === "x64" ? 2 : 1);
    for (const program of programs) expect((await replay(program, inputs)).finding).toBeUndefined();
  });

  test(`neither is one of ${runs} more`, async () => {
    for (const program of programsOf(name)) {
      const folders = [mkdtempSync(join(scratch, `${name}-`)), corpusOf(name)];
      const result = await fuzz(program, { runs, seed: SEED, maxBytes, folders });
      expect(result.finding).toBeUndefined();
      expect(result.runs).toBeGreaterThanOrEqual(runs);
    }
  });
});
