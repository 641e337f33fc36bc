/** The report of a fleet's run: one HTML file that needs nothing else, opened from anywhere, network or not. */

import { writeOutput } from "../../device/files.ts";
import type { FleetResults } from "../results.ts";
import { chartsOf } from "./charts.ts";
import { html } from "./html.ts";
import { pageOf } from "./page.ts";
import * as sections from "./sections.ts";

/** Writes the report. Throws `EWRITE`. */
export async function writeReport(results: FleetResults, path: string): Promise<void> {
  await writeOutput(path, Buffer.from(reportHtml(results)));
}

/** The report's text. */
export function reportHtml(results: FleetResults): string {
  const charts = chartsOf(results);
  const body = html`${sections.header(results)}
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
</main>`;
  return pageOf({
    title: `${results.run.scenario}: wasmote fleet report`,
    body,
    charts: charts.filter(sections.isDrawn).map((chart) => chart.data),
    faults: results.faults.map(({ kind, atMs, forMs }, index) => ({
      letter: sections.faultLetter(index),
      from: atMs / 1_000,
      // For good: to the end of the chart.
      to: kind === "reconnect-storm" ? atMs / 1_000 : forMs === undefined ? null : (atMs + forMs) / 1_000,
    })),
  });
}
