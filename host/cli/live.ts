/** Lines on a terminal that are written over with each news. Elsewhere lines follow each other, now and then. */

import { stripVTControlCharacters } from "node:util";

const PLAIN_MS = 5_000;

export class LiveLines {
  readonly #stream: NodeJS.WriteStream;
  #shown = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Shows these lines in place of the last. `plain`: what stands for them where nothing can be written over. */
  show(lines: readonly string[], plain: string): void {
    if (this.#stream.isTTY) {
      this.clear();
      const width = this.#stream.columns || 80;
      this.#stream.write(lines.map((line) => `${cut(line, width - 1)}\n`).join(""));
      this.#shown = lines.length;
    } else if (performance.now() - this.#lastMs >= PLAIN_MS) {
      this.#lastMs = performance.now();
      this.#stream.write(`${plain}\n`);
    }
  }

  /** Something that stays. */
  note(text: string): void {
    this.clear();
    this.#stream.write(`${text}\n`);
  }

  /** Takes the lines away. */
  clear(): void {
    // Up so many lines, and everything from there on away.
    if (this.#shown > 0) this.#stream.write(`\x1b[${this.#shown}A\x1b[J`);
    this.#shown = 0;
  }
}

/** A longer line would take two, and the next could not be written over it. */
function cut(line: string, width: number): string {
  return stripVTControlCharacters(line).length <= width
    ? line
    : `${stripVTControlCharacters(line).slice(0, width - 1)}…`;
}
