/** A shell at a terminal, with fingers at its keys. */

import { type ChildProcess, spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

const PATIENCE_MS = 50_000;

export class Terminal {
  readonly #child: ChildProcess;
  #output = "";
  /** Where what has not been looked at yet begins. */
  #seen = 0;
  readonly #waiting = new Set<() => void>();

  /** Runs a command line of a shell at a terminal of its own. */
  constructor(commandLine: string, cwd: string, env: Readonly<Record<string, string>>) {
    // Wide, so that no line is broken.
    const address = `EXEC:${commandLine},pty,setsid,ctty,stderr`;
    this.#child = spawn("socat", ["-", address], {
      cwd,
      env: { ...process.env, ...env, TERM: "xterm", COLUMNS: "250" },
    });
    this.#child.stdout?.setEncoding("utf-8").on("data", (text: string) => {
      this.#output += stripVTControlCharacters(text);
      for (const look of this.#waiting) look();
    });
  }

  /** What has come since the last `see`. */
  get unseen(): string {
    return this.#output.slice(this.#seen);
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Resolves once a text has come, behind what was seen before. */
  see(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`the terminal never showed ${JSON.stringify(text)}, but ${JSON.stringify(this.unseen)}`));
      }, PATIENCE_MS);
      const look = (): void => {
        const at = this.#output.indexOf(text, this.#seen);
        if (at < 0) return;
        this.#seen = at + text.length;
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}
