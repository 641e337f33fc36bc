/** What is measured, and how it is judged. */

import { LIMITS, type Limit, MISSED, type Missed } from "./limits.ts";

/** A measured value; without a limit of that name it is only printed. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** `missed`: past its limit, as everybody knows, and no further than it was. Only `over` fails a command. */
export type State = "ok" | "missed" | "over" | "unlimited";

export interface Figure extends Measurement {
  readonly state: State;
  /** The state in a few words; empty for a figure without a limit. */
  readonly verdict: string;
  readonly limit?: Limit;
}

export interface Rules {
  readonly limits: readonly Limit[];
  readonly missed: readonly Missed[];
}

export const RULES: Rules = { limits: LIMITS, missed: MISSED };

/** Judges one measurement. A value that is no number is over every limit. */
export function judge(measurement: Measurement, { limits, missed }: Rules = RULES): Figure {
  const limit = limits.find(({ name }) => name === measurement.name);
  if (limit === undefined) return { ...measurement, state: "unlimited", verdict: "" };
  const ceiling = missed.find(({ name }) => name === measurement.name)?.ceiling;
  const { value } = measurement;
  const verdict = (state: State, text: string): Figure => ({ ...measurement, state, verdict: text, limit });
  if (keeps(value, limit.limit, limit)) {
    return verdict("ok", ceiling === undefined ? "ok" : "ok, though listed as missed in tests/bench/limits.ts");
  }
  if (ceiling === undefined) return verdict("over", "OVER ITS LIMIT");
  const held = formatBound(ceiling, limit);
  if (keeps(value, ceiling, limit)) return verdict("missed", `misses its limit, held at ${held}`);
  return verdict("over", `OVER: misses its limit, and left ${held}`);
}

function keeps(value: number, bound: number, limit: Limit): boolean {
  return limit.bound === "most" ? value <= bound : value >= bound;
}

/** `<= 5,120` or `>= 40`. */
export function formatBound(bound: number, limit: Limit): string {
  return `${limit.bound === "most" ? "<=" : ">="} ${bound.toLocaleString("en-US", { maximumFractionDigits: 2 })}`;
}

/** With commas, and with one decimal below 1,000 unless it is whole. */
export function formatNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 1_000 ? 1 : 0 });
}
