/** `npm pack` runs this first: the command line as JavaScript in dist/, and the modules that `wasmote start` and `up` run. */

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { providePage } from "../dashboard/build-page.ts";
import { PROJECT_ROOT } from "../project.ts";
import { buildExamples } from "./examples.ts";

rmSync(join(PROJECT_ROOT, "dist"), { recursive: true, force: true });
const tsc = join(PROJECT_ROOT, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: PROJECT_ROOT,
  // npm's own stdout is the name of the package that it makes.
  stdio: ["ignore", process.stderr, process.stderr],
});
if (status !== 0) process.exitCode = 1;
else {
  await buildExamples(["temperature", "commands"]);
  await providePage((work) => work());
}
