/** What a board says on its serial line: bytes in, lines out, and what each line is. */

import { explain } from "../node/explain.ts";
import { type LogLevelName, printable } from "../node/log.ts";

/** A line of the board's log, or any other that it prints. */
export interface DeviceLine {
  /** Without colours and control characters. */
  readonly text: string;
  /** What follows is there if it is a line of ESP-IDF's log, `I (1234) tag: text`. */
  readonly log?: {
    readonly level: LogLevelName;
    /** Milliseconds since the board started. */
    readonly uptimeMs: number;
    /** `module` for what the node itself says. */
    readonly tag: string;
    readonly message: string;
    /** What the number in a node's line means. */
    readonly explanation?: string;
  };
}

/** What the console shows when it waits for a command. */
export const PROMPT = "wasmote> ";

/** The tag of the module's own lines. */
const MODULE_TAG = "module";
/** What is longer is cut: a board that sends noise sends no line ends. The longest value, escaped, has half as many. */
const MAX_LINE_CHARACTERS = 16_384;

const LEVELS: Readonly<Record<string, LogLevelName>> = { V: "debug", D: "debug", I: "info", W: "warn", E: "error" };

/** Cuts what arrives into lines, wherever the pieces of it end. */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8");
  #rest = "";

  /** Takes bytes and returns the lines that they complete, without their ends. */
  push(bytes: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r*\n/);
    this.#rest = lines.pop() ?? "";
    while (this.#rest.length > MAX_LINE_CHARACTERS) {
      lines.push(this.#rest.slice(0, MAX_LINE_CHARACTERS));
      this.#rest = this.#rest.slice(MAX_LINE_CHARACTERS);
    }
    return lines;
  }

  /** What has arrived of a line that is not complete. */
  get rest(): string {
    return this.#rest;
  }
}

/** Reads a line as it arrived. */
export function readDeviceLine(raw: string): DeviceLine {
  const text = printable(plain(raw));
  const [, letter = "", uptime, tag = "", message = ""] =
    text.match(/^([VDIWE]) \((\d{1,10})\) ([^:]{1,64}): (.*)$/s) ?? [];
  const level = LEVELS[letter];
  if (level === undefined) return { text };
  const explanation = tag === MODULE_TAG ? explain(message) : undefined;
  const log = { level, uptimeMs: Number(uptime), tag, message };
  return { text, log: explanation === undefined ? log : { ...log, explanation } };
}

/** Without the terminal's escape sequences, and without the prompts that a log line was printed behind. */
export function plain(raw: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one.
  let text = raw.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r", "");
  while (text.startsWith(PROMPT)) text = text.slice(PROMPT.length);
  return text;
}
