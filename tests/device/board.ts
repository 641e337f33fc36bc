/** A board on a serial line: the console of the ESP32's firmware, in the program wasmote-parts. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { SerialConsole } from "../../host/device/serial-console.ts";
import { openLine } from "../../host/device/serial-line.ts";
import { CONSOLE_BAUD } from "../../host/device/serial-port.ts";
import { parseShown } from "../../host/device/settings.ts";
import { WasmoteError } from "../../host/errors.ts";
import { program } from "../boards/programs.ts";
import { until } from "../host/modules.ts";

/** Boards that a test which failed has left running. */
const left = new Set<Board>();
afterAll(() => Promise.all([...left].map((board) => board.remove())));

export class Board {
  readonly #folder = mkdtempSync(join(tmpdir(), "wasmote-board-"));
  readonly port = join(this.#folder, "port");
  readonly #store = join(this.#folder, "settings");
  #child: ChildProcess | undefined;

  /** Switches it on; `options` are the program's. What was set before is still there. */
  async start(...options: string[]): Promise<void> {
    left.add(this);
    this.#child = spawn(
      program("parts", "sanitize"),
      ["device", "--link", this.port, "--store", this.#store, ...options],
      {
        stdio: "ignore",
      },
    );
    await until("the board's port is there", () => existsSync(this.port));
  }

  /** What it has stored, `key=value` lines, secrets too. */
  get stored(): string {
    return readFileSync(this.#store, "utf-8");
  }

  /** The lines of its console's answer. */
  async ask(command: string): Promise<string[]> {
    const board = await SerialConsole.open(await openLine(this.port, CONSOLE_BAUD), this.port);
    try {
      return await board.ask(command);
    } finally {
      await board.close();
    }
  }

  /** What its console shows of a setting, or the code of its error. */
  async shows(key: string): Promise<string> {
    try {
      const [line = ""] = await this.ask(`get ${key}`);
      return parseShown(line)?.value ?? line;
    } catch (error) {
      if (error instanceof WasmoteError) return error.code;
      throw error;
    }
  }

  /** Pulls its cable and its power. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill();
    await ended;
    rmSync(this.port, { force: true });
  }

  async remove(): Promise<void> {
    left.delete(this);
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
