/** Durations as scenarios have them. */

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { d: DAY_MS, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds of a duration such as `500ms`, `90s`, `1.5h` or `-5m`, or NaN if it is none. A number is milliseconds. */
export function durationMs(duration: string | number): number {
  if (typeof duration === "number") return duration;
  const [, number, unit = ""] = duration.match(/^(-?\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/) ?? [];
  return Math.round(Number(number) * (UNIT_MS[unit] ?? Number.NaN));
}

/** `1h 30m` for so many milliseconds: the units that are not 0. */
export function formatDuration(ms: number): string {
  let rest = Math.abs(ms);
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return `${ms < 0 ? "-" : ""}${parts.join(" ") || "0s"}`;
}
