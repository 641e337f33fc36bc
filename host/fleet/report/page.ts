/** A page with charts that needs nothing but itself: its style, its script and its data are in it. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PROJECT_ROOT } from "../../project.ts";
import type { ChartData } from "./charts.ts";
import { Html, html, scriptJson } from "./html.ts";

export interface Page {
  readonly title: string;
  /** Has, for each chart, a `sections.figure` and, once, an element `#reading` for what the keyboard reads out. */
  readonly body: Html;
  readonly charts: readonly ChartData[];
  /** Bands in the charts over time, in seconds; `to` is null for one without end. */
  readonly faults: readonly { readonly letter: string; readonly from: number; readonly to: number | null }[];
}

/** The page's text. */
export function pageOf({ title, body, charts, faults }: Page): string {
  const script = `${uplot()}\n${asset("page.js")}`;
  const style = `${readFileSync(join(uplotFolder(), "dist", "uPlot.min.css"), "utf-8")}\n${asset("page.css")}`;
  // Whatever a module's name or a broker's address holds: only these two texts run or style anything, and nothing is fetched.
  const policy = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${scriptJson({ charts, faults })}</script>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

/** uPlot with its licence, which must go where it goes. */
function uplot(): string {
  const licence = readFileSync(join(uplotFolder(), "LICENSE"), "utf-8").trim();
  return `/*! uPlot. ${licence} */\n${readFileSync(join(uplotFolder(), "dist", "uPlot.iife.min.js"), "utf-8")}`;
}

function uplotFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
}

function asset(name: string): string {
  return readFileSync(join(PROJECT_ROOT, "host", "fleet", "report", name), "utf-8");
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
