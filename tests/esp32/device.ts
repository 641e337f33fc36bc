/** The firmware on ESP-IDF's `linux` target: its flash is a file, and its serial line is stdin and stdout. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Journal } from "../integration/journal.ts";
import type { Flash } from "./flash.ts";
import { LINUX_PROGRAM } from "./targets.ts";

const processes = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of processes) child.kill("SIGKILL");
});

export class Device {
  readonly lines = new Journal<string>("the serial line", (line) => line);
  readonly #child: ChildProcess;

  constructor(flash: Flash) {
    const env = { ...process.env, WASMOTE_FLASH: flash.path };
    this.#child = spawn(LINUX_PROGRAM, { env, stdio: ["pipe", "pipe", "inherit"] });
    processes.add(this.#child);
    if (this.#child.stdout === null) throw new Error("the program has no stdout");
    // Else a test that waits for a line would not say why it never came.
    this.#child.once("exit", (code, signal) => this.lines.add(`the program has ended: ${signal ?? code}`));
    // The prompt and its echo stand before what follows in the same line.
    const lines = createInterface({ input: this.#child.stdout });
    lines.on("line", (line) => this.lines.add(line.replace(/^(wasmote> )+/, "")));
  }

  /** Waits for a line. */
  says(pattern: RegExp, from = 0): Promise<string> {
    return this.lines.first(`a line like ${pattern}`, (line) => pattern.test(line), { from, withinMs: 8_000 });
  }

  /** Types a command. @return the lines of its answer, the last of which says how it went. */
  async ask(command: string): Promise<string[]> {
    const from = this.lines.end;
    this.#child.stdin?.write(`${command}\n`);
    await this.says(/^= (ok|error .*)$/, from);
    return this.lines.entries.slice(from).flatMap((line) => (line.startsWith("= ") ? [line.slice(2)] : []));
  }

  /** A power cut. */
  async cut(): Promise<void> {
    processes.delete(this.#child);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
