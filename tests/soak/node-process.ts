/** A node in a process of its own, as it runs in the field, so that SIGKILL can end it anywhere. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { programPath } from "../../host/node/programs.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Journal } from "../integration/journal.ts";

export interface NodeProcessSettings {
  readonly engine: "v8" | "wasm3";
  readonly module: string;
  readonly id: string;
  readonly port: number;
  /** The file that keeps its image. */
  readonly image: string;
  readonly intervalMs: number;
}

export interface NodeLine {
  readonly atMs: number;
  readonly text: string;
}

/** The host's own command line, and the board's program: both take the same flags. */
const COMMANDS = {
  v8: [process.execPath, "--import", "tsx", join(PROJECT_ROOT, "host", "cli", "main.ts"), "run"],
  wasm3: [programPath("wasmote-posix")],
} as const;

export class NodeProcess {
  readonly id: string;
  /** What all its lives said. */
  readonly log = new Journal<NodeLine>("the node's log", ({ text }) => text);
  /** How often it was killed. */
  kills = 0;
  readonly #settings: NodeProcessSettings;
  #child: ChildProcess | undefined;

  constructor(settings: NodeProcessSettings) {
    this.id = settings.id;
    this.#settings = settings;
  }

  start(): void {
    const { engine, module, id, port, image, intervalMs } = this.#settings;
    const [program, ...first] = COMMANDS[engine];
    const broker = `mqtt://127.0.0.1:${port}`;
    const flags = ["--id", id, "--broker", broker, "--image", image, "--interval", `${intervalMs}ms`];
    const child = spawn(program, [...first, module, ...flags, "--sensor", "walk:1"], {
      cwd: PROJECT_ROOT,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    this.#say("— started —");
    createInterface({ input: child.stderr }).on("line", (text) => this.#say(text));
  }

  /** Ends it wherever it is. */
  async kill(): Promise<void> {
    this.kills++;
    this.#say("— killed —");
    await this.#end("SIGKILL");
  }

  /** Asks it to take its leave. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** The lines that hold a text. */
  lines(text: string): NodeLine[] {
    return this.log.entries.filter((line) => line.text.includes(text));
  }

  #say(text: string): void {
    this.log.add({ atMs: performance.now(), text });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "close");
    child.kill(signal);
    await ended;
  }
}
