/** Collects the names of all tests, and runs none. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

export interface TestName {
  /** With the names of the suites around it, which ` > ` joins. */
  readonly name: string;
  /** From the root that was looked in. */
  readonly file: string;
}

/**
 * Every test that `vitest run` would run: those of loops and tables one by one, and none that is skipped. Throws `ENAMES`
 * with what vitest said if a file does not load. `root` has the tests and, unless it is this project's, a
 * vitest.config.ts of its own.
 */
export function collectNames(root = PROJECT_ROOT): TestName[] {
  const folder = mkdtempSync(join(tmpdir(), "wasmote-conformance-"));
  try {
    // Into a file: what a test file prints while it loads goes to stdout.
    const list = join(folder, "names.json");
    const vitest = join(PROJECT_ROOT, "node_modules", "vitest", "vitest.mjs");
    // Files share a process, which takes a tenth of the time: nothing but their first lines is run.
    const args = [vitest, "list", `--json=${list}`, "--no-isolate", "--no-color"];
    const { status, stderr, error } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf-8" });
    if (status !== 0) throw failed(error?.message ?? stderr.trim());
    const tests = JSON.parse(readFileSync(list, "utf-8")) as readonly TestName[];
    return tests.map(({ name, file }) => ({ name, file: relative(root, file) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failed(said: string): WasmoteError {
  return new WasmoteError("ENAMES", "module", `vitest can't list the tests\n${said}\n`, {
    cure: "mend the test file that it names",
  });
}
