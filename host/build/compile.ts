/** Compiles an application and the SDK into one module with its metadata. */

import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Program } from "assemblyscript";
import asc from "assemblyscript/asc";
import type { Transform } from "assemblyscript/transform";
import { WasmoteError } from "../errors.ts";
import { checkImageRule } from "../module/image-rule.ts";
import { addMetadata } from "../module/metadata.ts";
import { type CompiledModule, type ImageLayout, takeImageLayout } from "./layout.ts";
import { expandUtf8Literals } from "./literals.ts";

export interface Compilation {
  readonly wasm: Uint8Array;
  /** The module in the text format, before metadata. */
  readonly wat: string;
}

export interface CompileOptions {
  /** Where `assembly/` and every entry lie; paths in messages are relative to it. */
  readonly baseDir: string;
  /** The application's entry file. */
  readonly entry: string;
  /** The compiler's configuration, an asconfig.json. */
  readonly config: string;
  /** Keeps function names in the module, for `inspect` and profilers; the module grows. */
  readonly debugNames?: boolean;
}

/** Compiles one application. Throws `ECOMPILE` with the compiler's messages if it does not compile. */
export async function compile(options: CompileOptions): Promise<Compilation> {
  const base = resolve(options.baseDir);
  const inBase = (path: string): string => relative(base, resolve(path));
  let layout: ImageLayout | undefined;
  class LayoutTransform {
    declare readonly program: Program;
    afterCompile(module: unknown): void {
      layout = takeImageLayout(this.program, module as CompiledModule);
    }
  }

  const written = new Map<string, Uint8Array | string>();
  let messages = "";
  const { error } = await asc.main(
    [
      inBase(options.entry),
      "assembly/image-end.ts",
      ...["--baseDir", base],
      ...["--config", inBase(options.config)],
      ...["--outFile", "module.wasm"],
      ...["--textFile", "module.wat"],
      ...(options.debugNames ? ["--debug"] : []),
    ],
    {
      transforms: [LayoutTransform as unknown as Transform],
      readFile: (name, directory) => readSource(resolve(directory, name)),
      writeFile: (name, contents) => void written.set(name, contents),
      stderr: { write: (text: string) => (messages += text) } as unknown as NodeJS.WriteStream,
    },
  );
  const binary = written.get("module.wasm");
  if (error || !(binary instanceof Uint8Array) || layout === undefined) {
    throw new WasmoteError("ECOMPILE", "module", `${inBase(options.entry)} does not compile\n${messages.trim()}`, {
      cause: error,
    });
  }
  const wasm = addMetadata(binary, layout);
  checkImageRule(wasm);
  return { wasm, wat: String(written.get("module.wat")) };
}

async function readSource(path: string): Promise<string | null> {
  try {
    return expandUtf8Literals(await readFile(path, "utf-8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
