import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { WasmoteError } from "../errors.ts";
import { PROJECT_ROOT } from "../project.ts";
import { compile } from "./compile.ts";
import { replaceFile } from "./project.ts";

export interface BuiltExample {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Compiles folders of examples/, all of them unless some are named, to build/<name>.wasm, and to build/<name>.wat for
 * reading. Throws `EUSAGE` for a name that is no folder's, and `ECOMPILE`.
 */
export async function buildExamples(names: readonly string[] = []): Promise<BuiltExample[]> {
  const examples = join(PROJECT_ROOT, "examples");
  const all = (await readdir(examples)).sort();
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new WasmoteError("EUSAGE", "usage", `examples/ has no folder "${unknown}"`, {
      cure: `build all of them, or some of ${all.join(", ")}`,
    });
  }
  const build = join(PROJECT_ROOT, "build");
  const built: BuiltExample[] = [];
  for (const name of names.length > 0 ? names : all) {
    const { wasm, wat } = await compile({
      baseDir: PROJECT_ROOT,
      entry: join(examples, name, "index.ts"),
      config: join(examples, name, "asconfig.json"),
    });
    await replaceFile(join(build, `${name}.wasm`), wasm);
    await replaceFile(join(build, `${name}.wat`), wat);
    built.push({ name, bytes: wasm.length });
  }
  return built;
}
