/** Nodes on every target, and modules compiled with other options than the examples'. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../host/build/compile.ts";
import type { WasmoteError } from "../../host/errors.ts";
import type { LogLine } from "../../host/node/log.ts";
import type { NodeSettings, RunningNode } from "../../host/node/running-node.ts";
import { type Engine, startNode } from "../../host/node/start.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Journal } from "./journal.ts";

export interface Target {
  readonly name: string;
  readonly engine: Engine;
  readonly program?: string;
}

/** Whatever is true of a node must be true of each of these. */
export const TARGETS: readonly Target[] = [
  { name: "v8", engine: "v8" },
  { name: "wasm3", engine: "wasm3", program: join(PROJECT_ROOT, "build", "wasmote-posix") },
  {
    name: "wasm3 under ASan and UBSan",
    engine: "wasm3",
    program: join(PROJECT_ROOT, "build", "sanitize", "wasmote-posix"),
  },
];

export type Example = "temperature" | "commands" | "quickstart";

export function exampleModule(name: Example): string {
  return join(PROJECT_ROOT, "build", `${name}.wasm`);
}

/** Where variants lie as long as this process runs. */
const folder = mkdtempSync(join(tmpdir(), "wasmote-integration-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

interface AscConfig {
  readonly options: { readonly use: readonly string[] };
}

/** Compiles an example with further options, such as `NODE_KEEP_ALIVE_S=5`. Returns the module's path. */
export async function compileVariant(name: Example, ...use: string[]): Promise<string> {
  const base = readConfig(join(PROJECT_ROOT, "asconfig.json"));
  const own = readConfig(join(PROJECT_ROOT, "examples", name, "asconfig.json"));
  const config = join(folder, `${name}-${use.join("-")}.json`);
  const options = { ...base.options, ...own.options, use: [...(own.options ?? base.options).use, ...use] };
  writeFileSync(config, JSON.stringify({ options }));
  const { wasm } = await compile({
    baseDir: PROJECT_ROOT,
    entry: join(PROJECT_ROOT, "examples", name, "index.ts"),
    config,
  });
  const path = config.replace(/json$/, "wasm");
  writeFileSync(path, wasm);
  return path;
}

function readConfig(path: string): AscConfig {
  return JSON.parse(readFileSync(path, "utf-8")) as AscConfig;
}

/** One node and everything that it said. */
export class TestNode {
  readonly log = new Journal<LogLine>("the node's log", ({ level, text }) => `${level}: ${text}`);
  readonly faults: WasmoteError[] = [];
  readonly #running: RunningNode;

  private constructor(running: RunningNode) {
    this.#running = running;
    running.on("log", (line) => this.log.add(line));
    running.on("fault", (error) => this.faults.push(error));
  }

  static async start({ engine, program }: Target, settings: NodeSettings): Promise<TestNode> {
    return new TestNode(await startNode({ engine, program, ...settings }));
  }

  get id(): string {
    return this.#running.id;
  }

  /** The first line that holds a text, from entry `from` on. */
  says(text: string, from = 0, withinMs?: number): Promise<LogLine> {
    const search = withinMs === undefined ? { from } : { from, withinMs };
    return this.log.first(`line "${text}"`, (line) => line.text.includes(text), search);
  }

  /** How many lines hold a text. */
  said(text: string): number {
    return this.log.count((line) => line.text.includes(text));
  }

  async stop(): Promise<void> {
    await this.#running.stop();
  }

  kill(): void {
    this.#running.kill();
  }
}
