/** Runs the command line as a user does, in a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";

/** From any folder. */
const TSX = import.meta.resolve("tsx");

export interface RunOptions {
  /** What it reads on stdin; without it stdin is empty. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; without it the project's root. */
  readonly cwd?: string;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export class Command {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  constructor(args: readonly string[], { input = "", env = {}, cwd = PROJECT_ROOT }: RunOptions = {}) {
    const line = ["--import", TSX, join(PROJECT_ROOT, "host", "cli", "main.ts"), ...args];
    this.#child = spawn(process.execPath, line, { cwd, env: { ...process.env, ...env } });
    this.#child.stdout?.setEncoding("utf-8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf-8").on("data", (text: string) => {
      this.stderr += text;
    });
    // A command that ends without reading closes its end.
    this.#child.stdin?.on("error", () => {});
    this.#child.stdin?.end(input);
    this.#ended = new Promise((resolve) => this.#child.on("close", resolve));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Reads no more of its output, as `head` does once it has had enough. */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async outcome(): Promise<Outcome> {
    const code = await this.#ended;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Runs a command to its end. */
export function wasmote(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return new Command(args, options).outcome();
}
