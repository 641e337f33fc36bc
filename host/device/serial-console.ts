/**
 * The console of a board's firmware, as a program uses it: a command is a line, each line of its answer begins with `= `, and
 * the last one is `= ok` or `= error CODE text`. Between them the board may log what it likes.
 */

import { setTimeout } from "node:timers/promises";
import { WasmoteError } from "../errors.ts";
import { LineSplitter, plain } from "./log-lines.ts";
import type { SerialLine } from "./serial-line.ts";
import { escapeValue, type Setting } from "./settings.ts";

/** How long a board may take to show its prompt: it may just have been reset by the port's opening. */
const PROMPT_TIMEOUT_MS = 6_000;
/** How often it is asked for it. */
const KNOCK_MS = 500;
/** Ctrl-C throws away what somebody has begun to type, and is answered with `^C` and a new prompt. */
const KNOCK = Buffer.from("\u0003");
const KNOCKED = "^C";
/** The longest line that a board takes, in bytes. */
const LINE_BYTES = 256;
/** How long a command may take: flash is erased meanwhile. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A command that was sent. */
interface Pending {
  readonly answer: string[];
  readonly resolve: (answer: string[]) => void;
  readonly reject: (error: WasmoteError) => void;
}

export class SerialConsole {
  readonly #line: SerialLine;
  readonly #port: string;
  readonly #splitter = new LineSplitter();
  #pending: Pending | undefined;
  /** Called when the board has answered a knock. */
  #onKnocked: (() => void) | undefined;
  #lost = false;
  /** How many characters arrived, and how many of them no text has. */
  readonly #heard = { all: 0, noise: 0 };

  private constructor(line: SerialLine, port: string) {
    this.#line = line;
    this.#port = port;
    line.on("data", (bytes) => this.#take(bytes));
    line.on("lost", () => {
      this.#lost = true;
      this.#pending?.reject(this.#vanished());
    });
  }

  /** Takes a line over. Throws `ENOANSWER` if no console shows its prompt there; the line is then closed. */
  static async open(line: SerialLine, port: string): Promise<SerialConsole> {
    const opened = new SerialConsole(line, port);
    try {
      await opened.#knock();
    } catch (error) {
      await line.close();
      throw error;
    }
    return opened;
  }

  /**
   * Sends a command and returns the lines of its answer, without what marks them. Throws the board's own error, with its code;
   * `ENOANSWER` if it falls silent.
   */
  async ask(command: string): Promise<string[]> {
    const answered = new Promise<string[]>((resolve, reject) => {
      this.#pending = { answer: [], resolve, reject };
    });
    const bound = new AbortController();
    const late = setTimeout(ANSWER_TIMEOUT_MS, undefined, { signal: bound.signal }).then(() => {
      throw this.#silent(`the board at ${this.#port} does not answer`, "press its reset button and try again");
    });
    const outcome = Promise.race([answered, late]);
    // A quick board's error is there before the line says that the question was written: nobody awaits it yet.
    outcome.catch(() => {});
    try {
      await this.#line.write(Buffer.from(`${command}\n`));
      return await outcome;
    } finally {
      bound.abort();
      this.#pending = undefined;
    }
  }

  /** Sets a value, in as many lines as it takes. Throws `EVALUE` for one that no line can carry, and what `ask` throws. */
  async set({ key, value }: Setting): Promise<void> {
    // The console would pass over control characters, or take them for the end of the line.
    if (/[^\P{Cc}\n]/u.test(value)) {
      throw new WasmoteError("EVALUE", "usage", `the value for ${key} has a control character`, {
        cure: "line breaks are the only ones that a value may have",
      });
    }
    let command = "set";
    for (const piece of piecesOf(escapeValue(value), LINE_BYTES - Buffer.byteLength(`append ${key} `))) {
      await this.ask(`${command} ${key} ${piece}`);
      command = "append";
    }
  }

  async close(): Promise<void> {
    await this.#line.close();
  }

  /** Asks for the prompt until it comes: from then on, what comes is the answer to what is asked. */
  async #knock(): Promise<void> {
    let knocked = false;
    const heard = new AbortController();
    this.#onKnocked = () => {
      knocked = true;
      heard.abort();
    };
    const deadlineMs = performance.now() + PROMPT_TIMEOUT_MS;
    while (!knocked) {
      if (this.#lost) throw this.#vanished();
      if (performance.now() > deadlineMs) throw this.#explainSilence();
      await this.#line.write(KNOCK);
      await setTimeout(KNOCK_MS, undefined, { signal: heard.signal }).catch(() => {});
    }
  }

  #take(bytes: Uint8Array): void {
    for (const raw of this.#splitter.push(bytes)) this.#takeLine(raw);
    const text = Buffer.from(bytes).toString("latin1");
    this.#heard.all += text.length;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a wrong speed makes of text.
    this.#heard.noise += text.match(/[^\t\r\n\u001b -~]/g)?.length ?? 0;
  }

  #takeLine(raw: string): void {
    if (plain(raw).endsWith(KNOCKED)) this.#onKnocked?.();
    const [, body] = plain(raw).match(/^= (.*)$/s) ?? [];
    if (body === undefined || this.#pending === undefined) return;
    const { answer, resolve, reject } = this.#pending;
    const [, code, text] = body.match(/^error ([A-Z0-9_]+) (.*)$/s) ?? [];
    if (body === "ok") resolve(answer);
    else if (code !== undefined) reject(new WasmoteError(code, "device", text ?? ""));
    else answer.push(body);
  }

  #explainSilence(): WasmoteError {
    const { all, noise } = this.#heard;
    if (all === 0) {
      const cure =
        "is it this port, is the firmware flashed, is the board asleep? Press its reset button and try again";
      return this.#silent(`nothing answers at ${this.#port}`, cure);
    }
    if (noise * 5 > all) {
      return this.#silent(
        `what ${this.#port} sends is no text at this speed`,
        "give the board's own with --baud, 115200",
      );
    }
    const cure = "flash this project's firmware: wasmote flash --firmware BUILD_FOLDER";
    return this.#silent(`what answers at ${this.#port} is not the console of wasmote`, cure);
  }

  #vanished(): WasmoteError {
    return this.#silent(`${this.#port} vanished`, "connect the board again");
  }

  #silent(message: string, cure: string): WasmoteError {
    return new WasmoteError("ENOANSWER", "device", message, { cure });
  }
}

/** Cuts an escaped value into pieces of at most so many bytes, never inside of a character or an escape; one at least. */
function piecesOf(escaped: string, bytes: number): string[] {
  const pieces = [""];
  for (const unit of escaped.match(/\\.|./gsu) ?? []) {
    const last = pieces.at(-1) ?? "";
    if (Buffer.byteLength(last + unit) <= bytes) pieces[pieces.length - 1] = last + unit;
    else pieces.push(unit);
  }
  return pieces;
}
