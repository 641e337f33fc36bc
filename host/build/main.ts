/** `npm run build`: every example becomes build/<example>.wasm, or those that are named behind a lone `--`. */

import { formatError, formatErrorWithCauses } from "../cli/output.ts";
import { WasmoteError } from "../errors.ts";
import { buildExamples } from "./examples.ts";

try {
  const built = await buildExamples(process.argv.slice(2));
  for (const { name, bytes } of built) console.log(`build/${name}.wasm  ${bytes} bytes`);
} catch (error) {
  console.error(error instanceof WasmoteError ? formatError(error) : formatErrorWithCauses(error));
  process.exitCode = 1;
}
