/**
 * What a sensor's text means, for any number of nodes. sensors.ts has the table of texts.
 *
 * Most models are pure functions of node and time. What the others must remember of a node is one or two 32-bit numbers,
 * which the caller keeps, for all nodes in one array.
 */

import { readFileSync } from "node:fs";
import { Errno } from "../abi.ts";
import { mix32, xorshift32 } from "./random.ts";
import { celsius, readColumns, readDays, readingAt, refused } from "./sensor-table.ts";

export interface SensorModel {
  /** 32-bit numbers that are remembered of each node. */
  readonly stateWords: number;
  /**
   * Puts what a node begins with at `state[at]`. `salt`: 32 bits that look random and follow from run and node; 0 for a node that
   * is alone and reads just what the text says.
   */
  begin(state: Int32Array, at: number, salt: number): void;
  /** Puts a reading in millidegrees Celsius into `out[0]` and returns 0, or returns an errno. */
  read(reading: ReadingOf, out: Int32Array): number;
}

export interface ReadingOf {
  readonly state: Int32Array;
  /** Where the node's numbers begin in `state`. */
  readonly at: number;
  /** The node's global index. */
  readonly node: number;
  /** As above, but of a node that is alone, too. */
  readonly salt: number;
  readonly unixMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const COLDEST_HOUR = 3;
const SINE_DEFAULT = "16,6";
const WALK = { start: 20_000, step: 100, min: -40_000, max: 85_000 } as const;
const MAX_MILLIDEGREES = 0x7fff_ffff;
const UINT32 = 2 ** 32;

/** Throws `ESENSOR` if the text is no sensor, or names a table that can't be read. */
export function parseSensor(text: string): SensorModel {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const argument = colon < 0 ? undefined : text.slice(colon + 1);
  switch (kind) {
    case "constant":
      return constant(celsius(argument, text));
    case "sine":
      return sine(argument ?? SINE_DEFAULT, text);
    case "walk":
      return walk(argument, text);
    case "csv":
      return csv(required(argument, text));
    case "day":
      return day(required(argument, text));
    case "file":
      return file(required(argument, text));
    default:
      throw refused(`there is no sensor "${text}"`);
  }
}

/** The text with the file that it names, if any, found from that folder on. */
export function locateSensor(text: string, resolvePath: (path: string) => string): string {
  const [, kind, argument] = text.match(/^(csv|day|file):(.+)$/s) ?? [];
  return kind === undefined || argument === undefined ? text : `${kind}:${resolvePath(argument)}`;
}

function constant(value: number): SensorModel {
  return stateless((_, out) => {
    out[0] = value;
    return 0;
  });
}

function sine(argument: string, text: string): SensorModel {
  const [curve = "", noise, ...more] = argument.split("~");
  const parts = curve.split(",");
  if (parts.length !== 2 || more.length > 0)
    throw refused(`"${text}" is not sine:MEAN,AMPLITUDE or sine:MEAN,AMPLITUDE~NOISE`);
  const mean = celsius(parts[0], text);
  const amplitude = celsius(parts[1], text);
  const deviation = noise === undefined ? 0 : celsius(noise, text);
  if (deviation < 0) throw refused(`"${text}" has a noise below 0`);
  return stateless(({ salt, unixMs }, out) => {
    const quarters = (unixMs / HOUR_MS - COLDEST_HOUR) / 6;
    const noiseless = mean - amplitude * Math.cos((quarters * Math.PI) / 2);
    const value = Math.round(deviation === 0 ? noiseless : noiseless + deviation * gaussian(salt, unixMs));
    out[0] = clamp(value, -MAX_MILLIDEGREES, MAX_MILLIDEGREES);
    return 0;
  });
}

/** A number of the standard normal distribution that follows from salt and millisecond (Box and Muller's transform). */
function gaussian(salt: number, unixMs: number): number {
  const ms = Math.floor(unixMs);
  const moment = mix32(mix32(ms % UINT32) ^ Math.floor(ms / UINT32) ^ salt);
  const radius = Math.sqrt(-2 * Math.log((moment + 1) / UINT32));
  return radius * Math.cos(2 * Math.PI * (mix32(moment ^ 0x9e3779b9) / UINT32));
}

/** State: the random generator's, then the last reading. */
function walk(argument: string | undefined, text: string): SensorModel {
  const [, seed, from, to] = argument?.match(/^(\d{1,10})(?:,([^.,]+(?:\.\d+)?)\.\.([^.,]+(?:\.\d+)?))?$/) ?? [];
  if (seed === undefined) throw refused(`"${text}" is not walk:SEED or walk:SEED,LEAST..MOST`);
  const min = from === undefined ? WALK.min : celsius(from, text);
  const max = to === undefined ? WALK.max : celsius(to, text);
  if (min >= max) throw refused(`"${text}" leaves no room to walk`);
  const start = clamp(WALK.start, min, max);
  return {
    stateWords: 2,
    begin(state, at, salt) {
      state[at] = Number(seed) ^ salt || 0x9e3779b9;
      state[at + 1] = start;
    },
    read({ state, at }, out) {
      const random = xorshift32(state[at] ?? 1);
      const step = ((random >>> 0) % (2 * WALK.step + 1)) - WALK.step;
      const value = clamp((state[at + 1] ?? start) + step, min, max);
      state[at] = random;
      state[at + 1] = value;
      out[0] = value;
      return 0;
    },
  };
}

/** State: the row that is next. */
function csv(argument: string): SensorModel {
  const { path, start = "0", column } = tableArgument(argument, /^\d{1,9}$/);
  const tables = readColumns(path, column);
  const rows = tables[0]?.length ?? 0;
  return {
    stateWords: 1,
    begin(state, at, salt) {
      state[at] = start === "*" ? Math.floor((salt / UINT32) * rows) : Number(start) % rows;
    },
    read({ state, at, node }, out) {
      const row = state[at] ?? 0;
      out[0] = tables[node % tables.length]?.[row] ?? 0;
      state[at] = (row + 1) % rows;
      return 0;
    },
  };
}

function day(argument: string): SensorModel {
  const { path, start, column } = tableArgument(argument, /^\d{4}-\d\d-\d\d$/);
  if (column === "*") throw refused(`"day:${argument}" needs one column`);
  const all = readDays(path, column);
  const given = all.find(({ date }) => start === undefined || date === start);
  if (given === undefined && start !== "*") throw refused(`${path} has no day ${start}`);
  return stateless(({ salt, unixMs }, out) => {
    const chosen = given ?? all[Math.floor((salt / UINT32) * all.length)];
    if (chosen === undefined) return Errno.EIO;
    out[0] = readingAt(chosen, ((unixMs % DAY_MS) + DAY_MS) % DAY_MS);
    return 0;
  });
}

function file(path: string): SensorModel {
  return stateless((_, out) => {
    let text: string;
    try {
      text = readFileSync(path, "utf-8").trim();
    } catch {
      return Errno.EIO;
    }
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value !== (value | 0)) return Errno.EIO;
    out[0] = value;
    return 0;
  });
}

function stateless(read: SensorModel["read"]): SensorModel {
  return { stateWords: 0, begin: () => {}, read };
}

/** `FILE`, `FILE#START` or `FILE#START,COLUMN`; START may be `*`. Whatever else stands behind a `#` belongs to the file's name. */
function tableArgument(argument: string, start: RegExp): { path: string; start?: string; column?: string } {
  const [, path, from = "", column] = argument.match(/^(.+)#([^#,]+)(?:,([^#,]+))?$/s) ?? [];
  if (path === undefined || !(from === "*" || start.test(from))) return { path: argument };
  return { path, start: from, ...(column === undefined ? {} : { column }) };
}

function required(argument: string | undefined, text: string): string {
  if (!argument) throw refused(`"${text}" names no file`);
  return argument;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
