/** `npm run docs`: whether docs/cli.md is what the table of commands says; with `--write` it is made so. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";
import { REFERENCE_PAGE, renderReference } from "./reference.ts";

const path = join(PROJECT_ROOT, REFERENCE_PAGE);
const page = renderReference();
if (process.argv.includes("--write")) {
  writeFileSync(path, page);
} else if (readFileSync(path, "utf-8") !== page) {
  console.error(`${REFERENCE_PAGE} is out of date: npm run docs -- --write`);
  process.exitCode = 1;
}
