/** Numbers and names of results, as a person reads them. */

import { explain } from "../../node/explain.ts";
import type { FaultKind } from "../scenario.ts";

const FAULT_NAMES: Readonly<Record<FaultKind, string>> = {
  cut: "network cut",
  "broker-gone": "broker gone",
  "clock-skew": "clock skew",
  "frozen-probe": "frozen probe",
  "failed-probe": "failed probe",
  "dead-battery": "dead battery",
  "reconnect-storm": "reconnect storm",
};

export function faultName(kind: FaultKind): string {
  return FAULT_NAMES[kind];
}

/** What a name in `Counters.errors` stands for. */
export function errorInWords(name: string): string {
  const [, kind, code] = name.match(/^(mqtt|packet):(\d+)$/) ?? [];
  if (kind === "mqtt") return `the broker: ${explain(`disconnected: ${code}`) ?? `code ${code}`}`;
  if (kind === "packet") return explain(`bad packet: ${code}`) ?? `the broker's packet ${code} breaks the standard`;
  return explain(`link closed: -${name}`) ?? `error ${name}`;
}

/** `12,345`; with so many digits behind the point. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Milliseconds with three significant digits, or a dash for no value. */
export function milliseconds(microseconds: number | undefined): string {
  if (microseconds === undefined) return "–";
  const ms = microseconds / 1_000;
  return number(ms, ms >= 100 ? 0 : ms >= 10 ? 1 : 2);
}

/** Bytes with their unit. */
export function bytes(value: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = value < 1_024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${number(value / 1_024 ** power, power === 0 ? 0 : 1)} ${units[power]}`;
}

/** `2:05` or `1:02:05`, from seconds since the start. */
export function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = Number.isInteger(rest) ? two(rest) : rest.toFixed(1).padStart(4, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${shown}` : `${minutes}:${shown}`;
}
