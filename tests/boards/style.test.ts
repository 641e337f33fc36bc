import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";

/** What ESP-IDF makes and fetches when the firmware is built in its own folder. */
const MADE = /^esp32\/(build|managed_components)/;

const files = readdirSync(join(PROJECT_ROOT, "boards"), { recursive: true, encoding: "utf-8" })
  .filter((file) => !MADE.test(file))
  .map((file) => join("boards", file));
const sources = files.filter((file) => file.endsWith(".c"));
const headers = files.filter((file) => file.endsWith(".h"));

/** Compiled by another compiler than the rest. */
const BARE_METAL = join("boards", "virt-rv32");

/** Compiled by clang, for libFuzzer. */
const FUZZ = join("boards", "fuzz");

/** What the boards' build compiles. What is for a chip alone needs headers that a PC has not, and is not among it. */
function compiledSources(): string[] {
  const database = readFileSync(join(PROJECT_ROOT, "build", "boards", "compile_commands.json"), "utf-8");
  const commands = JSON.parse(database) as readonly { readonly file: string }[];
  const compiled = new Set(commands.map(({ file }) => relative(PROJECT_ROOT, file)));
  return sources.filter((source) => compiled.has(source));
}

/** The ESP32's components that are plain C. */
const PARTS = ["settings", "console", "probes"].map((name) => join("boards", "esp32", "components", name));

/** Folders of which every source must be among them. */
const PLAIN_C =
  /^boards\/(core|absent|posix|null|script|trace|replay|parts|esp32\/components\/(settings|console|probes))\//;

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
  const compiled = compiledSources();
  expect(compiled).toEqual(expect.arrayContaining(sources.filter((source) => PLAIN_C.test(source))));
  expect(complaints("clang-tidy", "--quiet", "-p", join("build", "boards"), ...compiled)).toBe("");
});

test("clang-tidy has nothing to say about the bare-metal sources", { timeout: 300_000 }, () => {
  const bareMetal = sources.filter((file) => file.startsWith(BARE_METAL));
  expect(bareMetal.length).toBeGreaterThan(10);
  expect(complaints("clang-tidy", "--quiet", "-p", join("build", "virt-rv32"), ...bareMetal)).toBe("");
});

test("clang-tidy has nothing to say about the fuzz targets", { timeout: 300_000 }, () => {
  const targets = sources.filter((file) => file.startsWith(FUZZ));
  expect(targets.length).toBeGreaterThan(5);
  expect(complaints("clang-tidy", "--quiet", "-p", join("build", "fuzz-cmake"), ...targets)).toBe("");
});

test("cppcheck has nothing to say about the core, the bare-metal board and the plain C of the ESP32", {
  timeout: 300_000,
}, () => {
  const folders = ["core", "null", "absent", "trace", "virt-rv32", "virt-rv32/machine", "parts"].map((name) =>
    join("boards", name),
  );
  const includes = [...folders, ...PARTS].flatMap((folder) => ["-I", folder]);
  const checks = ["--enable=warning,performance,portability", "--std=c11", "--platform=unix32"];
  const rules = ["--quiet", "--inline-suppr", "--error-exitcode=1"];
  expect(
    complaints(
      "cppcheck",
      ...checks,
      ...rules,
      ...includes,
      "boards/core",
      "boards/trace",
      "boards/parts",
      ...PARTS,
      BARE_METAL,
    ),
  ).toBe("");
});
