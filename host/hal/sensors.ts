/**
 * Simulated and real temperature sensors, made from a text such as `constant:17.2`.
 *
 * | text | readings |
 * | --- | --- |
 * | `constant:17.2` | always the same |
 * | `sine`, `sine:16,6` | a day's curve with that mean and amplitude, warmest at 15:00 UTC |
 * | `sine:16,6~0.3` | with noise: normally distributed, with that standard deviation |
 * | `walk:42` | a random walk from 20.0 in steps of at most 0.1, the same for each seed |
 * | `walk:42,10..30` | within these bounds |
 * | `csv:FILE`, `csv:FILE#24` | the rows of a `time,celsius` file, from row 0 or another, one a reading, over and over |
 * | `csv:FILE#*` | each node from a row of its own |
 * | `csv:FILE#0,kitchen` | the column of that name; `*` gives node after node the next column |
 * | `day:FILE`, `day:FILE#2010-07-04` | the file's first day, or that one, by the time of day in UTC, over and over |
 * | `day:FILE#*` | each node a day of its own |
 * | `file:PATH` | a file that holds millidegrees Celsius, as Linux's hwmon does, read at each reading |
 */

import { join } from "node:path";
import { Errno } from "../abi.ts";
import { PROJECT_ROOT } from "../project.ts";
import type { Sensors } from "./board.ts";
import { mix32 } from "./random.ts";
import { parseSensor } from "./sensor-model.ts";

/** Puts a reading in millidegrees Celsius into `out[0]` and returns 0, or returns an errno. */
export type Sensor = (out: Int32Array) => number;

/** The sensors of many nodes that have the same text. */
export interface GroupSensor {
  /**
   * The reading of the node with the global index `indexes[slot]`. Puts millidegrees Celsius into `out[0]` and returns 0, or
   * returns an errno. `unixMs`: milliseconds since 1970.
   */
  read(slot: number, unixMs: number, out: Int32Array): number;
  /** Lets the node begin anew, as one does that was without power. */
  restart(slot: number): void;
}

export interface GroupSensorOptions {
  /** Global indexes of the nodes, which must stay as they are. */
  readonly indexes: ArrayLike<number>;
  /** The run's, 32 bits. Seed, index and time, and the number of the reading for `walk` and `csv`, make the reading. */
  readonly seed: number;
}

/** The demo's: a year of hourly temperatures, whose origin host/data/README.md tells. */
const YEAR = join(PROJECT_ROOT, "host", "data", "seattle-hourly-normals-2010.csv");
const YEAR_ROWS = 8_759;

/** What nodes of a fleet read that were given no sensor: the demo's year, each from a season of its own. */
export const DEFAULT_GROUP_SENSOR = `csv:${YEAR}#*`;

/** What a node reads that was given no sensor: the demo's year, from a season that depends on its id alone. */
export function defaultSensor(id: string): string {
  let hash = 0;
  for (const character of id) hash = Math.imul(hash, 31) + (character.codePointAt(0) ?? 0);
  // Knuth's multiplicative hash spreads ids that follow each other over the whole year.
  return `csv:${YEAR}#${Math.floor(((Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32) * YEAR_ROWS)}`;
}

/**
 * Makes the sensor of one node. Throws `ESENSOR` if the text is none, or names a table that can't be read. `*`, which
 * tells nodes of a fleet apart, is the first row, column or day.
 *
 * `unixMs`: milliseconds since 1970, for `sine` and `day`; `noiseSeed`: 32 bits that a sine's noise follows from.
 */
export function createSensor(text: string, unixMs: () => number = Date.now, noiseSeed = 0): Sensor {
  const model = parseSensor(text);
  const state = new Int32Array(model.stateWords);
  model.begin(state, 0, 0);
  const reading = { state, at: 0, node: 0, salt: mix32(noiseSeed), unixMs: 0 };
  return (out) => {
    reading.unixMs = unixMs();
    return model.read(reading, out);
  };
}

/** Makes the sensors of nodes of a fleet, which take 0 to 8 bytes for each node. Throws `ESENSOR` as `createSensor` does. */
export function createGroupSensor(text: string, { indexes, seed }: GroupSensorOptions): GroupSensor {
  const model = parseSensor(text);
  const runSalt = mix32(seed ^ 0x5e4507);
  const saltOf = (node: number): number => mix32(runSalt ^ node);
  const state = new Int32Array(indexes.length * model.stateWords);
  const reading = { state, at: 0, node: 0, salt: 0, unixMs: 0 };
  const restart = (slot: number): void => {
    model.begin(state, slot * model.stateWords, saltOf(indexes[slot] ?? 0));
  };
  for (let slot = 0; slot < indexes.length; slot++) restart(slot);
  return {
    restart,
    read(slot, unixMs, out) {
      const node = indexes[slot] ?? 0;
      reading.at = slot * model.stateWords;
      reading.node = node;
      reading.salt = saltOf(node);
      reading.unixMs = unixMs;
      return model.read(reading, out);
    },
  };
}

/** A board with this one sensor, on channel 0. */
export function singleSensor(sensor: Sensor): Sensors {
  return { read: (channel, out) => (channel === 0 ? sensor(out) : Errno.ENOENT) };
}
