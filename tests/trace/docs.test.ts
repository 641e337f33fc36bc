/** docs/trace.md has the format as the code has it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { IMPORTS } from "../../host/abi.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import {
  EXPORT_NAMES,
  handedBytes,
  IMPORT_NAMES,
  RECORDED_PARAMETERS,
  Tag,
  TRACE_VERSION,
  TRAPS,
} from "../../host/trace/format.ts";

const page = readFileSync(join(PROJECT_ROOT, "docs", "trace.md"), "utf-8");

/** The cells of the rows of the first table below a text. */
function rowsBelow(text: string): string[][] {
  const start = page.indexOf(text);
  if (start < 0) throw new Error(`the page has no ${JSON.stringify(text)}`);
  const [, body = ""] = page.slice(start).match(/^\|[-:| ]+\|\n((?:\|.*\n)+)/m) ?? [];
  return body
    .trimEnd()
    .split("\n")
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

function codes(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

function hex(byte: number): string {
  return `0x${byte.toString(16).toUpperCase()}`;
}

describe("docs/trace.md", () => {
  test("has this version of the format", () => {
    expect(page).toContain(`\nVersion ${TRACE_VERSION}. `);
  });

  test("has each import with its number, what is recorded of it, and what it hands over", () => {
    const shown = rowsBelow("| number | import |").map(([number, name, parameters, bytes = ""]) => ({
      number: Number(number),
      name: codes(name)[0],
      parameters: codes(parameters),
      bytes: bytes.startsWith("as many") ? "result" : Number(bytes.match(/^(\d+) if the result is 0$/)?.[1] ?? 0),
    }));
    const expected = IMPORT_NAMES.map((name, number) => ({
      number,
      name,
      parameters: (RECORDED_PARAMETERS[number] ?? []).map((index) => IMPORTS[name][index]),
      bytes: handedBytes(name, 7) === 7 ? "result" : handedBytes(name, 0),
    }));
    expect(shown).toEqual(expected);
  });

  test("has each tag", () => {
    const calls = rowsBelow("| first byte | export |").map(([tag, name]) => [codes(tag)[0], codes(name)[0]]);
    expect(calls).toEqual(EXPORT_NAMES.map((name, number) => [hex(Tag.call | number), name]));
    const images = rowsBelow("### Images").map(([tag]) => codes(tag)[0]);
    expect(images).toEqual([Tag.fresh, Tag.image].map(hex));
    const ends = rowsBelow("#### Ends").map(([tag]) => codes(tag)[0]);
    expect(ends).toEqual([Tag.returned, Tag.trapped, Tag.cut, Tag.hung].map(hex));
  });

  test("has each reason of a trap", () => {
    expect(rowsBelow("| reason | the trap |")).toEqual(TRAPS.map((text, reason) => [String(reason), text]));
  });

  test("has each error that a trace can come to", () => {
    const sources = readdirSync(join(PROJECT_ROOT, "host", "trace")).map((name) => join("host", "trace", name));
    const text = [...sources, join("host", "cli", "commands", "replay.ts")]
      .map((path) => readFileSync(join(PROJECT_ROOT, path), "utf-8"))
      .join("");
    const thrown = new Set([...text.matchAll(/"(ETRACE[A-Z]*|EDIFFERS)"/g)].map(([, code]) => code));
    expect(rowsBelow("| code | meaning |").map(([code]) => codes(code)[0])).toEqual(
      expect.arrayContaining([...thrown]),
    );
    expect(rowsBelow("| code | meaning |")).toHaveLength(thrown.size);
  });
});
