/** What the command line prints: messages on stdout, everything else on stderr. Colours only on a terminal. */

import { styleText } from "node:util";
import type { DeviceLine } from "../device/log-lines.ts";
import { WasmoteError } from "../errors.ts";
import { explained } from "../node/explain.ts";
import { type LogLine, printable } from "../node/log.ts";

type Style = Parameters<typeof styleText>[0];

/** A message as it came from the broker. */
export interface Message {
  readonly time: Date;
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
}

/** Errors that cause each other in a circle end somewhere. */
const MAX_CAUSES = 8;

/** What takes no longer needs no words. */
const PATIENCE_MS = 300;

const LEVEL_STYLES: Readonly<Record<LogLine["level"], Style>> = {
  debug: "gray",
  info: "blue",
  warn: "yellow",
  error: "red",
};

/** A message as one line for a person. */
export function formatMessage({ time, topic, payload }: Message): string {
  return `${paint("gray", clock(time))}  ${paint("cyan", printable(topic))}  ${printable(payload)}`;
}

/** A message as one line of JSON; the time is ISO 8601 in UTC. */
export function formatMessageJson({ time, topic, payload, qos, retain }: Message): string {
  return JSON.stringify({ time: time.toISOString(), topic, payload, qos, retain });
}

/** Something that a node logged. */
export function printLog(id: string, { level, text }: LogLine): void {
  const label = paint(LEVEL_STYLES[level], level.padEnd(5), process.stderr);
  process.stderr.write(
    `${paint("gray", clock(new Date()), process.stderr)}  ${label} node ${id}: ${explained(text)}\n`,
  );
}

/** What a board said; `time` goes before it. */
export function formatDeviceLine({ text, log }: DeviceLine, time?: Date): string {
  const at = time === undefined ? "" : `${paint("gray", clock(time))}  `;
  if (log === undefined) return `${at}${text}`;
  const head = text.slice(0, text.length - log.message.length);
  const words = log.explanation === undefined ? "" : ` (${log.explanation})`;
  return `${at}${paint(LEVEL_STYLES[log.level], head)}${log.message}${words}`;
}

/** The same as one line of JSON. */
export function formatDeviceLineJson({ text, log }: DeviceLine, time: Date): string {
  return JSON.stringify({ time: time.toISOString(), ...(log ?? { text }) });
}

/** What goes on, for a person. */
export function printNote(text: string): void {
  process.stderr.write(`${paint("gray", text, process.stderr)}\n`);
}

/** Says what is done while it is done, and how long it took, unless it is over at once. */
export async function withProgress<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const startedMs = performance.now();
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    process.stderr.write(`${what} …`);
  }, PATIENCE_MS);
  try {
    const result = await work();
    if (shown) process.stderr.write(` ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
    return result;
  } finally {
    clearTimeout(timer);
    if (shown) process.stderr.write("\n");
  }
}

/** An error as the one line that ends a command: `error CODE: what happened — what to do`. */
export function formatError(error: unknown): string {
  const { code, message, cure } = error instanceof WasmoteError ? error : unforeseen(error);
  return `${paint("red", `error ${code}`, process.stderr)}: ${message}${cure === undefined ? "" : ` — ${cure}`}`;
}

/** The same line, then where the error arose, and of each error that caused it what it says and where that arose. */
export function formatErrorWithCauses(error: unknown): string {
  const lines = [formatError(error), ...stackOf(error)];
  let { cause } = error instanceof Error ? error : {};
  for (let depth = 0; cause !== undefined && depth < MAX_CAUSES; depth++) {
    lines.push(`caused by ${cause instanceof Error ? `${cause.name}: ${cause.message}` : printable(String(cause))}`);
    lines.push(...stackOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join("\n");
}

/** An error that nobody meant to throw. */
function unforeseen(error: unknown): { code: string; message: string; cure: string } {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: "EINTERNAL",
    message: printable(what),
    cure: "this is a defect of wasmote: run it again with --verbose, and report what it says",
  };
}

/** Where an error arose, without its message, which may have lines of its own. */
function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return (error.stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
}

/** hh:mm:ss.mmm, local time. */
function clock(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

/** The text in that style, on a terminal whose owner has not said NO_COLOR. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const { NO_COLOR } = process.env;
  return stream.isTTY && !NO_COLOR ? styleText(style, text) : text;
}
