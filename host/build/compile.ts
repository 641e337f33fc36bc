/** Compiles an application and the SDK into one module with its metadata. */

import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Program } from "assemblyscript";
import asc, { libraryPrefix } from "assemblyscript/asc";
import type { Transform } from "assemblyscript/transform";
import { systemCode, WasmoteError } from "../errors.ts";
import { checkImageRule } from "../module/image-rule.ts";
import { addMetadata } from "../module/metadata.ts";
import { PROJECT_ROOT } from "../project.ts";
import { type BuildConfig, readBuildConfig } from "./config.ts";
import { type CompiledModule, type ImageLayout, type SourceFolders, takeImageLayout } from "./layout.ts";
import { expandUtf8Literals } from "./literals.ts";

export interface Compilation {
  readonly wasm: Uint8Array;
  /** The module in the text format, before metadata. */
  readonly wat: string;
  readonly config: BuildConfig;
}

export interface CompileOptions {
  /** The project's folder: the application lies in it, and paths in messages are relative to it. */
  readonly baseDir: string;
  /** The application's entry file. */
  readonly entry: string;
  /** The compiler's configuration, an asconfig.json. */
  readonly config: string;
  /** Options of assembly/options.ts, `NAME=value` each, that go before those of the configuration. */
  readonly use?: readonly string[];
  /** Keeps function names in the module, for `inspect` and profilers; the module grows. */
  readonly debugNames?: boolean;
  /** Is told of every file that goes into the module, the SDK's own left out, also when it does not compile. */
  readonly onSource?: (path: string) => void;
}

/** The folder that an application means by "wasmote/assembly". */
const SDK = join(PROJECT_ROOT, "assembly");
/** Where the compiler looks for that: in any node_modules. It gets this SDK, whichever is installed there. */
const SDK_IMPORT = /(?:^|\/)node_modules\/wasmote\/assembly([./].*)$/;
const IMAGE_END = "node_modules/wasmote/assembly/image-end.ts";

/**
 * Compiles one application.
 *
 * Throws `ECOMPILE` with the compiler's messages if it does not compile, `EIMAGE` if it breaks the image rule, and
 * `ECONFIG`.
 */
export async function compile(options: CompileOptions): Promise<Compilation> {
  const base = resolve(options.baseDir);
  const inBase = (path: string): string => relative(base, resolve(path)).split(sep).join("/");
  const config = await readBuildConfig(options.config, options.use);
  for (const file of config.files) options.onSource?.(file);
  const folders: SourceFolders = {
    app: inBase(dirname(options.entry)),
    sdk: [`${libraryPrefix}wasmote/assembly/`, `${dirname(IMAGE_END)}/`, `${inBase(SDK)}/`],
  };
  let layout: ImageLayout | undefined;
  class LayoutTransform {
    declare readonly program: Program;
    afterCompile(module: unknown): void {
      layout = takeImageLayout(this.program, module as CompiledModule, folders);
    }
  }

  const configPath = resolve(options.config);
  const read = async (path: string): Promise<string | null> => {
    if (path === configPath) return JSON.stringify({ options: config.options });
    const ofSdk = inBase(path).match(SDK_IMPORT)?.[1];
    const actual = ofSdk === undefined ? path : `${SDK}${ofSdk}`;
    const text = await readSource(actual);
    if (text !== null && !actual.startsWith(SDK + sep)) options.onSource?.(actual);
    return text;
  };
  const written = new Map<string, Uint8Array | string>();
  let messages = "";
  const { error } = await asc.main(
    [
      inBase(options.entry),
      IMAGE_END,
      ...["--baseDir", base],
      ...["--config", inBase(options.config)],
      ...["--outFile", "module.wasm"],
      ...["--textFile", "module.wat"],
      ...(options.debugNames ? ["--debug"] : []),
    ],
    {
      transforms: [LayoutTransform as unknown as Transform],
      readFile: (name, directory) => read(resolve(directory, name)),
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
  return { wasm, wat: String(written.get("module.wat")), config };
}

/** Null for a file that is not there. */
async function readSource(path: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(path, "utf-8");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new WasmoteError("ECOMPILE", "usage", `can't read ${path}: ${code ?? error}`, { cause: error });
  }
  try {
    return expandUtf8Literals(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new WasmoteError("ECOMPILE", "module", `${path} does not compile: a text in utf8() is none: ${why}`, {
      cure: "write it as a string in double quotes of JSON, of at most 65535 bytes",
      cause: error,
    });
  }
}
