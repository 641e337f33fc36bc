/** What a trace is made of: docs/trace.md is the format, and boards/trace has the same in C. */

import { EXPORTS, IMPORTS } from "../abi.ts";

export const MAGIC = "WMTR";
/** The one version of the format that this host reads and writes. */
export const TRACE_VERSION = 1;
export const HEADER_BYTES = 36;

export type ImportName = keyof typeof IMPORTS;
export type ExportName = keyof typeof EXPORTS;

/** An import's number is its place in docs/abi.md's table, and so is an export's. */
export const IMPORT_NAMES = Object.keys(IMPORTS) as readonly ImportName[];
export const EXPORT_NAMES = Object.keys(EXPORTS) as readonly ExportName[];

/** The first byte of each record. An import's is its number and, in the upper four bits, what its result is. */
export const Tag = {
  fresh: 0xd0,
  image: 0xd1,
  /** And the export's number. */
  call: 0xe0,
  returned: 0xf0,
  trapped: 0xf1,
  cut: 0xf2,
  hung: 0xf3,
} as const;

/** What the upper four bits of an import's tag say of its result. */
export const Outcome = {
  zero: 0,
  positive: 1,
  negative: 2,
  /** None: the call of the export ended in it. */
  none: 3,
} as const;

/** Why a module trapped; the engines' own words differ. */
export const TRAPS = [
  "another trap",
  "unreachable",
  "a memory access out of bounds",
  "an integer division by zero",
  "an integer overflow, or a conversion out of range",
  "an indirect call of no such function",
  "a stack overflow",
  "the module resized its memory",
  "a write outside the image, found after the call",
] as const;

export const Trap = {
  other: 0,
  unreachable: 1,
  outOfBounds: 2,
  divideByZero: 3,
  overflow: 4,
  indirectCall: 5,
  stackOverflow: 6,
  resized: 7,
  /** Of an engine that can't trap at the image's end. */
  overrun: 8,
} as const;

/** Longest image, as a memory has one page. */
export const MAX_IMAGE_BYTES = 65_536;

/** Where an import's parameters lie that a trace has: all but pointers, which say nothing to a host. */
export const RECORDED_PARAMETERS: readonly (readonly number[])[] = IMPORT_NAMES.map((name) =>
  IMPORTS[name].flatMap((parameter, index) => (/ptr$/i.test(parameter) ? [] : [index])),
);

/** What an import hands to the module: the parameter that says where, and how many bytes; 0 as its result says. */
const HANDED: Readonly<Partial<Record<ImportName, { readonly pointer: number; readonly bytes: number }>>> = {
  net_recv: { pointer: 1, bytes: 0 },
  sensor_read: { pointer: 1, bytes: 4 },
  clock_unix_ms: { pointer: 0, bytes: 8 },
  config_get: { pointer: 2, bytes: 0 },
};

/** How many bytes an import with that result has handed to the module. */
export function handedBytes(name: ImportName, result: number): number {
  const handed = HANDED[name];
  if (handed === undefined) return 0;
  if (handed.bytes === 0) return Math.max(0, result);
  return result === 0 ? handed.bytes : 0;
}

/** Which parameter points to where an import writes. */
export function handedPointer(name: ImportName): number | undefined {
  return HANDED[name]?.pointer;
}
