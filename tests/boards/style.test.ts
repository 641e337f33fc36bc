import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";

const files = readdirSync(join(PROJECT_ROOT, "boards"), { recursive: true, encoding: "utf-8" }).map((file) =>
  join("boards", file),
);
const sources = files.filter((file) => file.endsWith(".c"));
const headers = files.filter((file) => file.endsWith(".h"));

/** Compiled by another compiler than the rest. */
const BARE_METAL = join("boards", "virt-rv32");

/** Runs a tool over the C sources and returns all that it says. */
function complaints(tool: string, ...args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync(tool, args, { cwd: PROJECT_ROOT, encoding: "utf-8" });
  expect(error).toBeUndefined();
  return status === 0 ? stdout : `${stdout}${stderr}`;
}

test("the C sources are formatted as .clang-format says", () => {
  expect(sources.length).toBeGreaterThan(10);
  expect(complaints("clang-format", "--dry-run", "-Werror", ...sources, ...headers)).toBe("");
});

test("clang-tidy has nothing to say about the C sources", { timeout: 300_000 }, () => {
  const pc = sources.filter((file) => !file.startsWith(BARE_METAL));
  expect(complaints("clang-tidy", "--quiet", "-p", join("build", "boards"), ...pc)).toBe("");
});

test("clang-tidy has nothing to say about the bare-metal sources", { timeout: 300_000 }, () => {
  const bareMetal = sources.filter((file) => file.startsWith(BARE_METAL));
  expect(bareMetal.length).toBeGreaterThan(10);
  expect(complaints("clang-tidy", "--quiet", "-p", join("build", "virt-rv32"), ...bareMetal)).toBe("");
});

test("cppcheck has nothing to say about the core and the bare-metal board", { timeout: 300_000 }, () => {
  const folders = ["core", "null", "absent", "virt-rv32", "virt-rv32/machine"].map((name) => join("boards", name));
  const includes = folders.flatMap((folder) => ["-I", folder]);
  const checks = ["--enable=warning,performance,portability", "--std=c11", "--platform=unix32"];
  const rules = ["--quiet", "--inline-suppr", "--error-exitcode=1"];
  expect(complaints("cppcheck", ...checks, ...rules, ...includes, "boards/core", BARE_METAL)).toBe("");
});
