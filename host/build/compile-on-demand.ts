/**
 * The compiler for whoever imports this package. It is loaded by the first call: a scenario's file imports the package too and does
 * without it, and one that Node.js takes for a CommonJS module could not load it.
 */

import type { Compilation, CompileOptions } from "./compile.ts";

export type { Compilation, CompileOptions };

/** As `compile` of compile.ts: throws `ECOMPILE`, `EIMAGE` and `ECONFIG`. */
export async function compile(options: CompileOptions): Promise<Compilation> {
  const compiler = await import("./compile.ts");
  return compiler.compile(options);
}
