/** Turns the texts of options into values. Each throws `EUSAGE` with one clear line. */

import { WasmoteError } from "../errors.ts";
import { ENGINES, type Engine } from "../node/engine.ts";
import { LOG_LEVELS, type LogLevelName } from "../node/log.ts";
import { docsPage } from "../project.ts";
import { SHELLS, type Shell } from "./shells.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const DAY_MS = 86_400_000;
const MIN_INTERVAL_MS = 100;
const MAX_PORT = 65_535;
const MAX_NODES = 1_000;
/** V8 reserves 10 GB of addresses for each memory: a process has room for some 13,000. */
const MAX_UP_NODES = 10_000;
const MAX_U32 = 0xffff_ffff;
const MIN_BAUD = 300;
const MAX_BAUD = 5_000_000;

/** `500ms`, `5s`, `1.5m`, `2h`; more than nothing, and less than 24 days, the longest that a timer takes. */
export function parseDuration(text: string): number {
  const [, number, unit] = text.match(/^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/) ?? [];
  const ms = Math.round(Number(number) * (UNIT_MS[unit ?? ""] ?? Number.NaN));
  if (!(ms >= 1 && ms < 24 * DAY_MS)) throw usage(`"${text}" is no duration`, "write 500ms, 5s, 2m or 1h");
  return ms;
}

/** A duration, or milliseconds as a bare number, that a node takes for its interval. */
export function parseInterval(text: string): number {
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : parseDuration(text);
  if (ms < MIN_INTERVAL_MS || ms > DAY_MS) throw usage(`an interval of ${text} is out of range`, "use 100ms to 24h");
  return ms;
}

export function parseNodes(text: string): number {
  return integer(text, { what: "number of nodes", min: 1, max: MAX_NODES });
}

export function parseCount(text: string): number {
  return integer(text, { what: "count", min: 0, max: MAX_U32 });
}

/** As many as `up` runs in one process. */
export function parseUpNodes(text: string): number {
  return integer(text, { what: "number of nodes", min: 1, max: MAX_UP_NODES });
}

/** 0 lets the system choose. */
export function parsePort(text: string): number {
  return integer(text, { what: "port", min: 0, max: MAX_PORT });
}

export function parseSeed(text: string): number {
  return integer(text, { what: "seed", min: 0, max: MAX_U32 });
}

/** Bits per second of a serial line. */
export function parseBaud(text: string): number {
  return integer(text, { what: "baud rate", min: MIN_BAUD, max: MAX_BAUD });
}

/** One of a board's two slots for modules. */
export function parseSlot(text: string): 0 | 1 {
  return integer(text, { what: "slot", min: 0, max: 1 }) === 0 ? 0 : 1;
}

export function parseSequence(text: string): number {
  return integer(text, { what: "sequence number", min: 0, max: MAX_U32 });
}

export function parseEngine(text: string): Engine {
  return choice(text, "engine", ENGINES);
}

export function parseShell(text: string): Shell {
  return choice(text, "shell", SHELLS);
}

export function parseLogLevel(text: string): LogLevelName {
  return choice(text, "log level", LOG_LEVELS);
}

/** `key=value`, added to those before. */
export function parseSetting(text: string, previous: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, key, value] = text.match(/^([^=]+)=(.*)$/s) ?? [];
  if (key === undefined || value === undefined) throw usage(`"${text}" is no setting`, "write --set key=value");
  return { ...previous, [key]: value };
}

/** `NAME=value` of a compile-time option, added to those before. */
export function parseUse(text: string, previous: readonly string[] = []): string[] {
  if (/^[A-Za-z_]\w{0,63}=[\w.+-]{0,64}$/.test(text)) return [...previous, text];
  throw usage(
    `"${text}" is no option of the node`,
    `write --use NODE_QUEUE=64; ${docsPage("application.md")} has them all`,
  );
}

export function usage(message: string, cure: string): WasmoteError {
  return new WasmoteError("EUSAGE", "usage", message, { cure });
}

/** A whole number of at most ten digits. `what`: for what is said of another. */
export function parseWhole(text: string, range: { what: string; min: number; max: number }): number {
  return integer(text, range);
}

function integer(text: string, { what, min, max }: { what: string; min: number; max: number }): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value;
  throw usage(`"${text}" is no ${what}`, `use a whole number from ${min} to ${max}`);
}

function choice<Name extends string>(text: string, what: string, names: readonly Name[]): Name {
  const name = names.find((each) => each === text);
  if (name === undefined) throw usage(`there is no ${what} "${text}"`, `use ${names.join(" or ")}`);
  return name;
}
