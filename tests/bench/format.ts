/** Figures as a table for people, a table for docs/size.md, and JSON for programs. */

import { styleText } from "node:util";
import { type Figure, formatBound, formatNumber, type State } from "./figures.ts";

const HEADINGS = ["name", "value", "unit", "limit", "aim", "state"] as const;
const RIGHT_ALIGNED: ReadonlySet<string> = new Set(["value", "limit", "aim"]);
const COLUMN_GAP = "  ";

const COLOURS = { ok: "green", missed: "yellow", over: "red", unlimited: "gray" } as const satisfies Record<
  State,
  Parameters<typeof styleText>[0]
>;

/** A table with aligned columns. */
export function formatTable(figures: readonly Figure[], colours: boolean): string {
  const rows = [HEADINGS, ...figures.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row, index) => {
    const padded = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return RIGHT_ALIGNED.has(HEADINGS[column] ?? "") ? cell.padStart(width) : cell.padEnd(width);
    });
    const line = padded.join(COLUMN_GAP).trimEnd();
    if (!colours) return line;
    const style = index === 0 ? "bold" : COLOURS[figures[index - 1]?.state ?? "ok"];
    // Whether there is a terminal has been decided.
    return styleText(style, line, { validateStream: false });
  });
  return `${lines.join("\n")}\n`;
}

/** A table in Markdown. */
export function formatMarkdown(figures: readonly Figure[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |\n`;
  const rule = HEADINGS.map((heading) => (RIGHT_ALIGNED.has(heading) ? "---:" : "---"));
  const rows = figures.map((figure) => cells(figure).map((cell, column) => (column === 0 ? code(cell) : cell)));
  return [HEADINGS, rule, ...rows].map(line).join("");
}

/** One array of `{name, value, unit, limit}`: the figures that have a limit. */
export function formatJson(figures: readonly Figure[]): string {
  const limited = figures.flatMap(({ name, value, unit, limit }) =>
    limit === undefined ? [] : [{ name, value, unit, limit: limit.limit }],
  );
  return `${JSON.stringify(limited)}\n`;
}

function cells({ name, value, unit, limit, verdict }: Figure): string[] {
  const bound = limit === undefined ? "" : formatBound(limit.limit, limit);
  const aim = limit?.aim === undefined ? "" : formatNumber(limit.aim);
  return [name, formatNumber(value), unit, bound, aim, verdict];
}

/** The name of a figure is an identifier; a remark is words. */
function code(name: string): string {
  return name.includes(" ") ? name : `\`${name}\``;
}
