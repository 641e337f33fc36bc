/** Drives wasmote-parts: boards/parts/README.md. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { program, run } from "../boards/programs.ts";

export type Bytes = string | readonly number[] | Uint8Array;

/** With a signed char and without sanitizers, and the other way round. */
export const VARIANTS = ["", "sanitize"] as const;

/** Gives records to a mode of the sanitized program, and returns a line for each. */
export function records(mode: string, inputs: readonly Bytes[], ...flags: string[]): string[] {
  const input = Buffer.concat(inputs.map(record));
  const options = { input, encoding: "utf-8", maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr } = spawnSync(program("parts", "sanitize"), [mode, ...flags], options);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").slice(0, inputs.length);
}

/** The line for one record. */
export function oneRecord(mode: string, input: Bytes, ...flags: string[]): string {
  return records(mode, [input], ...flags)[0] ?? "";
}

/** Types into a console and returns everything that it says. */
export function type(
  input: Bytes,
  options: { readonly flags?: string[]; readonly variant?: "" | "sanitize" } = {},
): string {
  const { flags = [], variant = "sanitize" } = options;
  const { status, stdout, stderr } = run(program("parts", variant), ["console", ...flags], bytes(input));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** Types lines and returns the lines of their answers, without the `= ` in front. */
export function ask(...lines: string[]): string[] {
  return answers(type(lines.map((line) => `${line}\r`).join("")));
}

/** The lines of answers among all that a console says. */
export function answers(output: string): string[] {
  return output.split("\r\n").flatMap((line) => (line.startsWith("= ") ? [line.slice(2)] : []));
}

/** A folder that lives as long as the tests of this file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "wasmote-parts-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function u16(value: number): Buffer {
  const field = Buffer.alloc(2);
  field.writeUInt16LE(value);
  return field;
}

export function u32(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32LE(value);
  return field;
}

export function bytes(input: Bytes): Buffer {
  return typeof input === "string" ? Buffer.from(input) : Buffer.from(input);
}

function record(input: Bytes): Buffer {
  const contents = bytes(input);
  return Buffer.concat([u32(contents.length), contents]);
}
