/**
 * `npm run build`: every example becomes build/<example>.wasm, and the dashboard's page build/dashboard/; or only the
 * examples that are named behind a lone `--`.
 */

import { formatError, formatErrorWithCauses } from "../cli/output.ts";
import { buildPage } from "../dashboard/build-page.ts";
import { WasmoteError } from "../errors.ts";
import { buildExamples } from "./examples.ts";

try {
  const names = process.argv.slice(2);
  const built = await buildExamples(names);
  for (const { name, bytes } of built) console.log(`build/${name}.wasm  ${bytes} bytes`);
  if (names.length === 0) {
    await buildPage();
    console.log("build/dashboard/");
  }
} catch (error) {
  console.error(error instanceof WasmoteError ? formatError(error) : formatErrorWithCauses(error));
  process.exitCode = 1;
}
