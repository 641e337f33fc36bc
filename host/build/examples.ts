import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.ts";

/** The project's root folder. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

export interface BuiltExample {
  readonly name: string;
  readonly bytes: number;
}

/** Compiles every folder of examples/ to build/<name>.wasm, and to build/<name>.wat for reading. */
export async function buildExamples(): Promise<BuiltExample[]> {
  const examples = join(PROJECT, "examples");
  const build = join(PROJECT, "build");
  await mkdir(build, { recursive: true });
  const built: BuiltExample[] = [];
  for (const name of (await readdir(examples)).sort()) {
    const { wasm, wat } = await compile({
      baseDir: PROJECT,
      entry: join(examples, name, "index.ts"),
      config: join(examples, name, "asconfig.json"),
    });
    await writeFile(join(build, `${name}.wasm`), wasm);
    await writeFile(join(build, `${name}.wat`), wat);
    built.push({ name, bytes: wasm.length });
  }
  return built;
}
