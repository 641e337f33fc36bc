/** A serial cable: two pseudo-terminals of socat's, and what is sent into one comes out of the other. */

import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { until } from "../host/modules.ts";

/** Cables that a test which failed has left plugged in. */
const left = new Set<Cable>();
afterAll(() => Promise.all([...left].map((cable) => cable.remove())));

export class Cable {
  readonly #folder = mkdtempSync(join(tmpdir(), "wasmote-cable-"));
  /** The end for the command line. */
  readonly port = join(this.#folder, "port");
  /** The board's end. */
  readonly board = join(this.#folder, "board");
  #socat: ChildProcess | undefined;

  /** Plugs it in; both ends are there when it resolves. */
  async plug(): Promise<void> {
    left.add(this);
    const end = (path: string): string => `pty,raw,echo=0,link=${path}`;
    this.#socat = spawn("socat", [end(this.port), end(this.board)], { stdio: "ignore" });
    await until("the cable is plugged in", () => existsSync(this.port) && existsSync(this.board));
  }

  /** Pulls it out: both ends are gone when it resolves. */
  async pull(): Promise<void> {
    const socat = this.#socat;
    this.#socat = undefined;
    if (socat === undefined) return;
    const ended = new Promise((resolve) => socat.on("close", resolve));
    socat.kill();
    await ended;
    for (const path of [this.port, this.board]) rmSync(path, { force: true });
  }

  /** Takes the port's path away while its other end stays, as when the system's driver does not notice that a plug was pulled. */
  hide(): void {
    renameSync(this.port, `${this.port}.hidden`);
  }

  /** The opposite. */
  show(): void {
    renameSync(`${this.port}.hidden`, this.port);
  }

  /** What the board says. */
  say(text: string): void {
    writeFileSync(this.board, text);
  }

  /** Calls back with what the board has heard so far, whenever it hears more, until the cable is pulled. */
  listen(heard: (text: string) => void): void {
    let text = "";
    const stream = createReadStream(this.board, { encoding: "latin1" });
    stream.on("data", (piece) => {
      text += piece;
      heard(text);
    });
    // That is how it ends.
    stream.on("error", () => {});
  }

  async remove(): Promise<void> {
    left.delete(this);
    await this.pull();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
