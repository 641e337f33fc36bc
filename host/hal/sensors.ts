/**
 * Simulated and real temperature sensors, made from a text such as `constant:17.2`.
 *
 * | text | readings |
 * | --- | --- |
 * | `constant:17.2` | always the same |
 * | `sine`, `sine:16,6` | a day's curve with that mean and amplitude, warmest at 15:00 UTC |
 * | `walk:42` | a random walk from 20.0 in steps of at most 0.1, the same for each seed |
 * | `csv:FILE`, `csv:FILE#24` | the rows of a `time,celsius` file, from row 0 or another, one a reading, over and over |
 * | `file:PATH` | a file that holds millidegrees Celsius, as Linux's hwmon does, read at each reading |
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Errno } from "../abi.ts";
import { systemCode, WasmoteError } from "../errors.ts";
import { PROJECT_ROOT } from "../project.ts";
import type { Sensors } from "./board.ts";
import { Xorshift32 } from "./random.ts";

/** Puts a reading in millidegrees Celsius into `out[0]` and returns 0, or returns an errno. */
export type Sensor = (out: Int32Array) => number;

/** The demo's: a year of hourly temperatures, whose origin host/data/README.md tells. */
const YEAR = join(PROJECT_ROOT, "host", "data", "seattle-hourly-normals-2010.csv");
const YEAR_ROWS = 8_759;

const HOUR_MS = 3_600_000;
const COLDEST_HOUR = 3;
const MILLIDEGREES = 1_000;
const SINE_DEFAULT = [16, 6] as const;
const WALK = { start: 20_000, step: 100, min: -40_000, max: 85_000 } as const;
const MAX_CELSIUS = 2_000_000;

/** What a node reads that was given no sensor: the demo's year, from a season that depends on its id alone. */
export function defaultSensor(id: string): string {
  let hash = 0;
  for (const character of id) hash = Math.imul(hash, 31) + (character.codePointAt(0) ?? 0);
  // Knuth's multiplicative hash spreads ids that follow each other over the whole year.
  return `csv:${YEAR}#${Math.floor(((Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32) * YEAR_ROWS)}`;
}

/**
 * Makes a sensor. Throws `ESENSOR` if the text is none, or names a table that can't be read.
 *
 * `unixMs`: milliseconds since 1970, for `sine`.
 */
export function createSensor(text: string, unixMs: () => number = Date.now): Sensor {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const argument = colon < 0 ? undefined : text.slice(colon + 1);
  switch (kind) {
    case "constant":
      return constant(celsius(argument, text));
    case "sine":
      return sine(argument, text, unixMs);
    case "walk":
      return walk(argument, text);
    case "csv":
      return csv(required(argument, text));
    case "file":
      return file(required(argument, text));
    default:
      throw refused(`there is no sensor "${text}"`);
  }
}

/** A board with this one sensor, on channel 0. */
export function singleSensor(sensor: Sensor): Sensors {
  return { read: (channel, out) => (channel === 0 ? sensor(out) : Errno.ENOENT) };
}

function constant(value: number): Sensor {
  return (out) => {
    out[0] = value;
    return 0;
  };
}

function sine(argument: string | undefined, text: string, unixMs: () => number): Sensor {
  const parts = argument === undefined ? SINE_DEFAULT.map(String) : argument.split(",");
  if (parts.length !== 2) throw refused(`"${text}" is not sine:MEAN,AMPLITUDE`);
  const mean = celsius(parts[0], text);
  const amplitude = celsius(parts[1], text);
  return (out) => {
    const quarters = (unixMs() / HOUR_MS - COLDEST_HOUR) / 6;
    out[0] = Math.round(mean - amplitude * Math.cos((quarters * Math.PI) / 2));
    return 0;
  };
}

function walk(argument: string | undefined, text: string): Sensor {
  if (argument === undefined || !/^\d{1,10}$/.test(argument)) throw refused(`"${text}" is not walk:SEED`);
  const random = new Xorshift32(Number(argument));
  let value: number = WALK.start;
  return (out) => {
    const step = ((random.next() >>> 0) % (2 * WALK.step + 1)) - WALK.step;
    value = Math.min(WALK.max, Math.max(WALK.min, value + step));
    out[0] = value;
    return 0;
  };
}

function csv(argument: string): Sensor {
  const [, path = argument, firstRow = "0"] = argument.match(/^(.+)#(\d{1,9})$/) ?? [];
  const readings = rows(path);
  let row = Number(firstRow) % readings.length;
  return (out) => {
    out[0] = readings[row] ?? 0;
    row = (row + 1) % readings.length;
    return 0;
  };
}

function file(path: string): Sensor {
  return (out) => {
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
  };
}

/** Tables that were read already: a fleet's nodes share them. */
const tables = new Map<string, Int32Array>();

function rows(path: string): Int32Array {
  let table = tables.get(path);
  if (table === undefined) {
    table = readRows(path);
    tables.set(path, table);
  }
  return table;
}

function readRows(path: string): Int32Array {
  let text: string;
  try {
    text = readFileSync(path, "utf-8");
  } catch (cause) {
    throw refused(`can't read ${path}: ${systemCode(cause) ?? cause}`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  const readings = lines.slice(1).map((line, index) => celsius(line.split(",")[1], `${path}, line ${index + 2}`));
  if (readings.length === 0) throw refused(`${path} has no rows under its header`);
  return Int32Array.from(readings);
}

/** Millidegrees from a text in degrees with at most three decimals. */
function celsius(text: string | undefined, where: string): number {
  if (text === undefined || !/^-?\d{1,7}(\.\d{1,3})?$/.test(text) || Math.abs(Number(text)) > MAX_CELSIUS) {
    throw refused(`"${where}" holds no temperature in degrees Celsius`);
  }
  return Math.round(Number(text) * MILLIDEGREES);
}

function required(argument: string | undefined, text: string): string {
  if (!argument) throw refused(`"${text}" names no file`);
  return argument;
}

function refused(what: string): WasmoteError {
  return new WasmoteError("ESENSOR", "usage", what, {
    cure: "use constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH",
  });
}
