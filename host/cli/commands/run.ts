/** `run`: one node, with the flags of the program that boards/posix builds. */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { FileWatcher } from "../../build/watch.ts";
import { loadModule, readModule } from "../../engine/module.ts";
import { WasmoteError } from "../../errors.ts";
import { readMetadata } from "../../module/metadata.ts";
import { LOG_LEVELS } from "../../node/log.ts";
import type { RunningNode } from "../../node/running-node.ts";
import { startNode } from "../../node/start.ts";
import { V8Node } from "../../node/v8-node.ts";
import { interruption } from "../interrupt.ts";
import { formatError, printLog, printNote, withProgress } from "../output.ts";
import { usage } from "../parse.ts";
import type { RunValues } from "../table/nodes.ts";
import { tlsSettings } from "../table/shared.ts";

/** Resolves when the node has ended, or was asked to stop and did. */
export async function run(module: string, options: RunValues): Promise<void> {
  const { id, broker } = options;
  if (id === undefined) throw usage("the node has no id", "give it one with --id 7");
  if (broker === undefined) throw usage("the node has no broker", "name one with --broker mqtt://host:port");
  if (options.trace !== undefined && options.watch) {
    throw usage("a trace is of one module: --trace and --watch exclude each other", "leave out one of them");
  }
  const interrupted = interruption();
  const subject = new Subject(module, { ...options, id, broker });
  try {
    await subject.start();
    await Promise.race([interrupted, subject.ended]);
  } finally {
    await subject.stop();
  }
}

/** The node that runs, whichever module it has by now. */
class Subject {
  /** Settles when the node has ended by itself: rejects where that was no fault of the module's. */
  readonly ended: Promise<void>;
  readonly #source: string;
  readonly #options: RunValues & { readonly id: string; readonly broker: readonly string[] };
  readonly #watcher: FileWatcher | undefined;
  readonly #settle: { resolve: () => void; reject: (error: WasmoteError) => void };
  /** Changes are dealt with one after the other. */
  #busy = Promise.resolve();
  #node: RunningNode | undefined;
  /** Of the module that runs. */
  #buildId: string | undefined;

  constructor(source: string, options: RunValues & { readonly id: string; readonly broker: readonly string[] }) {
    this.#source = source;
    this.#options = options;
    let settle = { resolve: (): void => {}, reject: (_error: WasmoteError): void => {} };
    this.ended = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle;
    if (options.watch) this.#watcher = new FileWatcher(() => this.#changed());
  }

  async start(): Promise<void> {
    const path = await this.#provideModule();
    this.#buildId = readMetadata(await readModule(path)).buildId;
    this.#node = await this.#startNode(path);
    if (this.#watcher !== undefined) printNote(`watching ${this.#source}; Ctrl-C stops`);
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    await this.#busy;
    await this.#node?.stop();
  }

  /** Builds an application, or takes a module as it is. Returns the module's path. */
  async #provideModule(): Promise<string> {
    if (!isApplication(this.#source)) {
      this.#watcher?.add(resolve(this.#source));
      return this.#source;
    }
    // The compiler is large: whoever runs a module that is built already does not wait for it to load.
    const { buildProject } = await import("../../build/project.ts");
    const onSource = (path: string): void => this.#watcher?.add(path);
    const { path } = await withProgress("building the module", () => buildProject({ entry: this.#source, onSource }));
    return path;
  }

  async #startNode(module: string): Promise<RunningNode> {
    const options = this.#options;
    const { WASMOTE_PASSWORD: password } = process.env;
    const node = await startNode({
      engine: options.engine,
      module,
      id: options.id,
      brokers: options.broker,
      tls: tlsSettings(options),
      username: options.username,
      password,
      intervalMs: options.interval,
      sensor: options.sensor,
      seed: options.seed,
      image: options.image,
      trace: options.trace,
      config: options.set,
    });
    const least = LOG_LEVELS.indexOf(options.verbose ? "debug" : options.logLevel);
    node.on("log", (line) => {
      if (LOG_LEVELS.indexOf(line.level) >= least) printLog(node.id, line);
    });
    node.on("ended", () => {
      if (node === this.#node) this.#settle.resolve();
    });
    node.on("fault", (error) => {
      if (error.fault !== "module") this.#settle.reject(error);
    });
    return node;
  }

  #changed(): void {
    this.#busy = this.#busy.then(async () => {
      try {
        await this.#swap(await this.#provideModule());
      } catch (error) {
        // Most of these are mended in the very file that is watched.
        if (!(error instanceof WasmoteError)) throw error;
        process.stderr.write(`${formatError(error)}\n`);
        printNote("the module from before goes on");
      }
    });
  }

  async #swap(path: string): Promise<void> {
    const module = loadModule(await readModule(path));
    if (module.metadata.buildId === this.#buildId) {
      printNote("the module is the same as before");
      return;
    }
    this.#buildId = module.metadata.buildId;
    const node = this.#node;
    if (node instanceof V8Node) {
      node.swap(module);
      return;
    }
    this.#node = undefined;
    await node?.stop();
    printNote("another module: a fresh start");
    this.#node = await this.#startNode(path);
  }
}

/** Whether a path is an application's entry file, or its folder; everything else is taken for a module. */
function isApplication(path: string): boolean {
  return path.endsWith(".ts") || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}
