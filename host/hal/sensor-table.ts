/** Tables of readings: CSV files whose first line is a header and whose first column is a time. */

import { readFileSync, statSync } from "node:fs";
import { systemCode, WasmoteError } from "../errors.ts";

const MAX_FILE_BYTES = 64 * 1_024 * 1_024;
const MAX_COLUMNS = 1_000;
const MAX_CELSIUS = 2_000_000;
const MILLIDEGREES = 1_000;
const DAY_MS = 86_400_000;

/** Readings of one day: at `ms[i]` milliseconds after midnight, ascending, `values[i]` millidegrees Celsius. */
export interface Day {
  readonly date: string;
  readonly ms: Int32Array;
  readonly values: Int32Array;
}

/** What was read already: a fleet's nodes share it. */
const columns = new Map<string, readonly Int32Array[]>();
const days = new Map<string, readonly Day[]>();

/**
 * Millidegrees Celsius, row by row, of one column: its name in the header, the first behind the time if there is no name, or
 * `*` for each of them. Throws `ESENSOR`.
 */
export function readColumns(path: string, column: string | undefined): readonly Int32Array[] {
  return cached(columns, `${path}#${column}`, () => {
    const { header, lines } = readLines(path);
    const cells = lines.map((line) => line.split(","));
    return columnsOf(path, header, column).map((at) =>
      Int32Array.from(cells, (row, index) => celsius(row[at], `${path}, line ${index + 2}`)),
    );
  });
}

/** The days of a table whose times are ISO 8601 without a zone, as `2010-07-04T13:00:00`. Throws `ESENSOR`. */
export function readDays(path: string, column: string | undefined): readonly Day[] {
  return cached(days, `${path}#${column}`, () => {
    const [values = new Int32Array()] = readColumns(path, column);
    const times = readLines(path).lines.map((line, index) => timeOf(line, `${path}, line ${index + 2}`));
    const result: Day[] = [];
    for (let from = 0, to = 0; from < times.length; from = to) {
      const date = times[from]?.date ?? "";
      while (times[to]?.date === date) to++;
      const ms = Int32Array.from(times.slice(from, to), (time) => time.ms);
      const disordered = ms.findIndex((each, index) => index > 0 && each <= (ms[index - 1] ?? 0));
      if (disordered >= 0)
        throw refused(`${path}, line ${from + disordered + 2}, is not later than the line before it`);
      result.push({ date, ms, values: values.slice(from, to) });
    }
    return result;
  });
}

/** Millidegrees at a time of that day, between readings in proportion; after the last of them towards the first. */
export function readingAt({ ms, values }: Day, msOfDay: number): number {
  let [low, high] = [0, ms.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ms[middle] ?? 0) > msOfDay) high = middle;
    else low = middle + 1;
  }
  const after = low % ms.length;
  const before = (after + ms.length - 1) % ms.length;
  const [from = 0, to = 0] = [ms[before], ms[after]];
  const span = (to - from + DAY_MS) % DAY_MS || DAY_MS;
  const passed = (msOfDay - from + DAY_MS) % DAY_MS;
  const [start = 0, end = 0] = [values[before], values[after]];
  return Math.round(start + ((end - start) * passed) / span);
}

/** Millidegrees from a text in degrees with at most three decimals. Throws `ESENSOR`, with where it stands. */
export function celsius(text: string | undefined, where: string): number {
  if (text === undefined || !/^-?\d{1,7}(\.\d{1,3})?$/.test(text) || Math.abs(Number(text)) > MAX_CELSIUS) {
    throw refused(`"${where}" holds no temperature in degrees Celsius`);
  }
  return Math.round(Number(text) * MILLIDEGREES);
}

export function refused(what: string): WasmoteError {
  return new WasmoteError("ESENSOR", "usage", what, {
    cure: "use constant:17.2, sine, walk:SEED, csv:FILE[#ROW], day:FILE[#DATE] or file:PATH",
  });
}

function cached<Value>(cache: Map<string, Value>, key: string, read: () => Value): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = read();
  cache.set(key, value);
  return value;
}

function readLines(path: string): { header: readonly string[]; lines: readonly string[] } {
  let text: string;
  try {
    if (statSync(path).size > MAX_FILE_BYTES) throw refused(`${path} is larger than 64 MiB`);
    text = readFileSync(path, "utf-8");
  } catch (cause) {
    if (cause instanceof WasmoteError) throw cause;
    throw refused(`can't read ${path}: ${systemCode(cause) ?? cause}`);
  }
  const [header = "", ...lines] = text.split(/\r?\n/).filter((line) => line !== "");
  if (lines.length === 0) throw refused(`${path} has no rows under its header`);
  return { header: header.split(",").map((name) => name.trim()), lines };
}

/** Their numbers, the time being 0. */
function columnsOf(path: string, header: readonly string[], column: string | undefined): readonly number[] {
  if (column === undefined) return [1];
  const all = header.slice(1, MAX_COLUMNS).map((_, index) => index + 1);
  if (column === "*" && all.length > 0) return all;
  const found = all.find((at) => header[at] === column);
  if (found === undefined) throw refused(`${path} has no column "${column}": it has ${header.slice(1).join(", ")}`);
  return [found];
}

function timeOf(line: string, where: string): { date: string; ms: number } {
  const [, date = "", time = ""] = line.match(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?=,)/) ?? [];
  const ms = Date.parse(`1970-01-01T${time}Z`);
  if (Number.isNaN(ms)) throw refused(`${where}, does not begin with a time such as 2010-07-04T13:00:00`);
  return { date, ms };
}
