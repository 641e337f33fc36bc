/** Tables of pages, between markers, each written by the command that its marker names. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

const SIZE_PAGE = "size.md";

/** The command that writes a table. */
export function refreshCommand(table: string): string {
  return `npm run ${table} -- --write`;
}

/** A table as docs/size.md has it. */
export async function readTable(table: string): Promise<string> {
  const page = await readFile(pathOf(SIZE_PAGE), "utf-8");
  const [start, end] = find(page, table, SIZE_PAGE);
  return page.slice(start, end);
}

/** Puts a table into a page of docs/ in place of the last one. */
export async function writeTable(table: string, markdown: string, name = SIZE_PAGE): Promise<void> {
  const page = await readFile(pathOf(name), "utf-8");
  const [start, end] = find(page, table, name);
  await writeFile(pathOf(name), page.slice(0, start) + markdown + page.slice(end));
}

function pathOf(name: string): string {
  return join(PROJECT_ROOT, "docs", name);
}

/** Where the table begins and where it ends. */
function find(page: string, table: string, name: string): [start: number, end: number] {
  const begin = `<!-- ${refreshCommand(table)} -->\n\n`;
  const start = page.indexOf(begin) + begin.length;
  const end = page.indexOf("\n<!-- end -->", start);
  if (start < begin.length || end < 0) {
    throw new WasmoteError("EPAGE", "usage", `docs/${name} has no place for the table of "${table}"`, {
      cure: `put the lines "${begin.trim()}" and "<!-- end -->" into it`,
    });
  }
  return [start, end];
}
