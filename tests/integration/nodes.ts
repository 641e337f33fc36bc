/** Nodes on every target, and modules compiled with other options than the examples'. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKPOINT_SLOTS } from "../../host/bridge/flash.ts";
import type { WasmoteError } from "../../host/errors.ts";
import type { LogLine } from "../../host/node/log.ts";
import type { NodeSettings, RunningNode } from "../../host/node/running-node.ts";
import { startRv32Node } from "../../host/node/rv32-node.ts";
import { type Engine, startNode } from "../../host/node/start.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { SLOT_BYTES } from "../../host/storage/slots.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { Journal } from "./journal.ts";

export interface Target {
  readonly name: string;
  /** `rv32`: wasm3 on bare metal, in QEMU. */
  readonly engine: Engine | "rv32";
  readonly program?: string;
}

/** Bare metal with the ESP32-C3's instruction set: boards/virt-rv32, in QEMU. */
export const RV32: Target = { name: "wasm3 on rv32", engine: "rv32" };

/** Each engine once, and each board. */
export const UNSANITIZED: readonly Target[] = [
  { name: "v8", engine: "v8" },
  { name: "wasm3", engine: "wasm3", program: join(PROJECT_ROOT, "build", "wasmote-posix") },
  RV32,
];

/** Where the slots of checkpoints are in a file that `NodeSettings.image` names. */
export function checkpointSlots({ engine }: Target): readonly number[] {
  return engine === "rv32" ? CHECKPOINT_SLOTS : [0, SLOT_BYTES];
}

/** Whatever is true of a node must be true of each of these. */
export const TARGETS: readonly Target[] = [
  ...UNSANITIZED,
  {
    name: "wasm3 under ASan and UBSan",
    engine: "wasm3",
    program: join(PROJECT_ROOT, "build", "sanitize", "wasmote-posix"),
  },
];

export type Example = "temperature" | "commands" | "quickstart" | "full";

/** A version of MQTT, and what its nodes are. */
export interface Version {
  readonly mqtt: "MQTT 3.1.1" | "MQTT 5.0";
  /** The protocol version in CONNECT. */
  readonly level: 4 | 5;
  /** What a module of it is compiled with, besides. */
  readonly use: readonly string[];
}

export const V3: Version = { mqtt: "MQTT 3.1.1", level: 4, use: [] };
export const V5: Version = { mqtt: "MQTT 5.0", level: 5, use: ["NODE_MQTT=5"] };

/** A version on a target. */
export interface Case {
  readonly version: Version;
  readonly target: Target;
}

/**
 * Every version on every target that it is worth the time on: the C side, which the sanitizers watch, does not know versions,
 * so 3.1.1 is enough for them.
 */
export const CASES: readonly Case[] = [
  ...TARGETS.map((target) => ({ version: V3, target })),
  ...UNSANITIZED.map((target) => ({ version: V5, target })),
];

/** Every version on each engine once. */
export const ENGINE_CASES: readonly Case[] = CASES.filter(({ target }) => UNSANITIZED.includes(target));

/** MQTT 5.0 on each engine. */
export const V5_CASES: readonly Case[] = CASES.filter(({ version }) => version === V5);

/** The ids of the statements that a test proves, for its name: they differ between the versions. */
export function proves({ level }: Version, in3: string, in5: string): string {
  const ids = level === 5 ? in5 : in3;
  return ids === "" ? "" : `${ids} `;
}

/** The path of an example, built by `npm run build` for 3.1.1, and here for 5.0. */
export function exampleModule(name: Example, version = V3): Promise<string> | string {
  return version === V3 ? join(PROJECT_ROOT, "build", `${name}.wasm`) : compileVariant(name, ...version.use);
}

/** Where variants lie as long as this process runs. */
const folder = mkdtempSync(join(tmpdir(), "wasmote-integration-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Modules that were compiled, or are being compiled, by their paths. */
const variants = new Map<string, Promise<string>>();

/** Compiles an example with further options, such as `NODE_KEEP_ALIVE_S=5`. Returns the module's path. */
export function compileVariant(name: Example, ...use: string[]): Promise<string> {
  const example = `examples/${name}`;
  return compileTo(`${name}-${use.join("-")}`, `${example}/index.ts`, use, `${example}/asconfig.json`);
}

/** Compiles modules/probe.ts, which does what the tests tell it, with options. Returns the module's path. */
export function compileProbe(...use: string[]): Promise<string> {
  return compileTo(`probe-${use.join("-")}`, "tests/integration/modules/probe.ts", use);
}

function compileTo(name: string, entry: string, use: readonly string[], config?: string): Promise<string> {
  const path = join(folder, `${name}.wasm`);
  const compiling = variants.get(path) ?? compileApp(entry, use, config).then((wasm) => save(path, wasm));
  variants.set(path, compiling);
  return compiling;
}

function save(path: string, wasm: Uint8Array): string {
  writeFileSync(path, wasm);
  return path;
}

/** One node and everything that it said. */
export class TestNode {
  readonly log = new Journal<LogLine>("the node's log", ({ level, text }) => `${level}: ${text}`);
  readonly faults: WasmoteError[] = [];
  readonly #running: RunningNode;
  readonly #ended: Promise<void>;

  private constructor(running: RunningNode) {
    this.#running = running;
    this.#ended = new Promise((resolve) => running.once("ended", resolve));
    running.on("log", (line) => this.log.add(line));
    running.on("fault", (error) => this.faults.push(error));
  }

  static async start({ engine, program }: Target, settings: NodeSettings): Promise<TestNode> {
    if (engine === "rv32") return new TestNode(await startRv32Node(settings));
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

  /** Cuts its power; resolves when nothing of it runs any more, and what it kept is free for the next one. */
  async kill(): Promise<void> {
    this.#running.kill();
    await this.#ended;
  }
}
