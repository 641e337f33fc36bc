/** The report of a fleet's run: one HTML file that needs nothing else, opened from anywhere, network or not. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { writeOutput } from "../../device/files.ts";
import { PROJECT_ROOT } from "../../project.ts";
import type { FleetResults } from "../results.ts";
import { chartsOf } from "./charts.ts";
import { Html, html, scriptJson } from "./html.ts";
import * as sections from "./sections.ts";

/** Writes the report. Throws `EWRITE`. */
export async function writeReport(results: FleetResults, path: string): Promise<void> {
  await writeOutput(path, Buffer.from(reportHtml(results)));
}

/** The report's text. */
export function reportHtml(results: FleetResults): string {
  const charts = chartsOf(results);
  const data = scriptJson({
    charts: charts.filter(sections.isDrawn).map((chart) => chart.data),
    faults: results.faults.map(({ kind, atMs, forMs }, index) => ({
      letter: sections.faultLetter(index),
      from: atMs / 1_000,
      // For good: to the end of the chart.
      to: kind === "reconnect-storm" ? atMs / 1_000 : forMs === undefined ? null : (atMs + forMs) / 1_000,
    })),
  });
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
<title>${results.run.scenario}: wasmote fleet report</title>
<style>${new Html(style)}</style>
</head>
<body>
${sections.header(results)}
<main>
${sections.verdict(results)}
${sections.tiles(results)}
<section><h2>Over time</h2>
<p>Time is counted from the start of the run. Point at a chart, or focus it and use the arrow keys, to read its values.</p>
<div class="charts">${charts.map(sections.figure)}</div>
<p id="reading" class="unseen" aria-live="polite"></p>
</section>
<div class="tables">
<div>${sections.summary(results)}</div>
<div>
${sections.faults(results)}
${sections.errors(results)}
${sections.observer(results)}
${sections.runDetails(results)}
</div>
</div>
</main>
<script type="application/json" id="data">${data}</script>
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
