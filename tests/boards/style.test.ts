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
  expect(complaints("clang-tidy", "--quiet", "-p", join("build", "boards"), ...sources)).toBe("");
});
