/** What many runs come to. */

import { EXCUSES, type Excuse } from "../../host/testing/invariants/excuses.ts";
import type { RunResult } from "./seed.ts";

type Counts = Record<string, number>;

export class Totals {
  seeds = 0;
  nodeHours = 0;
  steps = 0;
  readonly faults: Counts = {};
  readonly details: Counts = {};
  readonly readings = { taken: 0, delivered: 0, dropped: 0, lost: 0, repeated: 0 };
  readonly excused: Counts = {};
  readonly notes = { sent: 0, heard: 0 };
  readonly replayed = { calls: 0, bytes: 0 };
  readonly failures: RunResult[] = [];

  add(result: RunResult): void {
    this.seeds++;
    this.nodeHours += result.nodeHours;
    this.steps += result.steps;
    sum(this.faults, result.faults);
    sum(this.details, result.details);
    sum(this.excused, result.readings.excused);
    for (const key of Object.keys(this.readings) as (keyof Totals["readings"])[]) {
      this.readings[key] += result.readings[key];
    }
    this.notes.sent += result.notes.sent;
    this.notes.heard += result.notes.heard;
    this.replayed.calls += result.replayed.calls;
    this.replayed.bytes += result.replayed.bytes;
    if (result.failure !== undefined) this.failures.push(result);
  }

  get faultCount(): number {
    return Object.values(this.faults).reduce((total, count) => total + count, 0);
  }

  /** For a person, a line each. */
  lines(): string[] {
    const { taken, delivered, dropped, lost, repeated } = this.readings;
    return [
      `${number(this.seeds)} seeds, ${number(this.nodeHours)} node-hours, ${number(this.steps)} steps`,
      `readings: ${number(taken)} sampled, ${number(delivered)} delivered (${number(repeated)} again), ${number(dropped)} dropped and counted, ${number(lost)} lost uncounted`,
      ...Object.entries(this.excused)
        .sort(byCount)
        .map(([name, count]) => `  ${number(count)} lost where the pages say so: ${EXCUSES[name as Excuse]}`),
      `messages to nodes: ${number(this.notes.sent)} sent, ${number(this.notes.heard)} heard`,
      ...this.#replayLines(),
      `faults: ${number(this.faultCount)}`,
      ...columns(this.faults),
      "of acknowledgements, connection requests and segments:",
      ...columns(this.details),
    ];
  }

  #replayLines(): string[] {
    const { calls, bytes } = this.replayed;
    if (calls === 0) return [];
    const each = (bytes / calls).toFixed(1);
    return [`run again under wasm3: ${number(calls)} calls, from traces of ${each} bytes a call`];
  }
}

function columns(counts: Counts): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(byCount)
    .map(([name, count]) => `  ${number(count).padStart(11)}  ${name}`);
}

function byCount([, one]: [string, number], [, other]: [string, number]): number {
  return other - one;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function sum(into: Counts, from: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count = 0] of Object.entries(from)) into[name] = (into[name] ?? 0) + count;
}
