/** Finds the boards' programs in build/, and builds one that is missing. */

import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { WasmoteError } from "../errors.ts";
import { IS_CHECKOUT, PROJECT_ROOT } from "../project.ts";

/** What runs a node under wasm3, and what runs a recorded one again. */
export type ProgramName = "wasmote-posix" | "wasmote-replay";

const BY_HAND = "cmake -S boards -B build/boards && cmake --build build/boards";

export function programPath(name: ProgramName): string {
  return join(PROJECT_ROOT, "build", name);
}

/** Returns the program's path. Throws `EWASM3` if it is missing and can't be built here. */
export async function provideProgram(name: ProgramName): Promise<string> {
  try {
    await access(programPath(name), constants.X_OK);
  } catch {
    if (!IS_CHECKOUT) throw notInPackage();
    await cmake("-S", "boards", "-B", "build/boards", "-DCMAKE_BUILD_TYPE=Release");
    await cmake("--build", "build/boards", "--target", name);
  }
  return programPath(name);
}

async function cmake(...args: string[]): Promise<void> {
  const child = spawn("cmake", args, { cwd: PROJECT_ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const problem = await new Promise<string | undefined>((resolve) => {
    child.on("error", () => resolve("there is no cmake"));
    child.on("close", (code) => resolve(code === 0 ? undefined : firstError(output)));
  });
  if (problem === undefined) return;
  throw new WasmoteError("EWASM3", "resource", `the wasm3 engine is not built and can't be built here: ${problem}`, {
    cure: `install a C compiler, cmake, and mbedTLS 2.28 and wslay (Debian's libmbedtls-dev and libwslay-dev), then run \`${BY_HAND}\`; or use --engine v8`,
  });
}

/** The C sources of the boards, and wasm3's, are not in the package. */
function notInPackage(): WasmoteError {
  return new WasmoteError("EWASM3", "usage", "the installed package has no wasm3 engine: that needs a checkout", {
    cure: "use --engine v8, which runs the same module; or run it from a clone of wasmote's repository",
  });
}

function firstError(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  return lines.find((line) => /error/i.test(line)) ?? "cmake failed";
}
