/** What nodes say, as lines for a person. */

import type { LogLevel } from "../hal/board.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

export interface LogLine {
  readonly level: LogLevelName;
  /** Without line breaks and control characters: a node may repeat what its peer sent. */
  readonly text: string;
}

/** As many lines as a node's owner can look back on. */
const MAX_LINES = 1_000;

/** Keeps the last lines, and takes secrets and control characters out of each. */
export class LogBook {
  readonly #lines: LogLine[] = [];
  readonly #secret: string | undefined;

  /** `secret`: a text that no line may show. */
  constructor(secret: string | undefined) {
    this.#secret = secret || undefined;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Returns the line as it was kept. */
  add(level: LogLevel | LogLevelName, text: string): LogLine {
    const shown = this.#secret === undefined ? text : text.replaceAll(this.#secret, "***");
    const line = { level: typeof level === "number" ? LOG_LEVELS[level] : level, text: printable(shown) };
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    return line;
  }
}

/** The text with every control character written as an escape, so that it can't act on a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
