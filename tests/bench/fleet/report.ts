/** The run as a page with charts: what a node costs among more and more of them. */

import { writeOutput } from "../../../host/device/files.ts";
import type { Chart, ChartData, Table } from "../../../host/fleet/report/charts.ts";
import { type Html, html } from "../../../host/fleet/report/html.ts";
import { pageOf } from "../../../host/fleet/report/page.ts";
import { figure, tableOf } from "../../../host/fleet/report/sections.ts";
import { type Figure, formatBound, formatNumber } from "../figures.ts";
import { count, type RunRows, sizesOf, typical } from "./costs.ts";
import type { Row } from "./sides.ts";

const MEGABYTE = 1e6;

/** Writes the page. Throws `EWRITE`. */
export async function writeReport(path: string, rows: RunRows, figures: readonly Figure[]): Promise<void> {
  await writeOutput(path, Buffer.from(reportHtml(rows, figures)));
}

/** The page's text. */
export function reportHtml(rows: RunRows, figures: readonly Figure[]): string {
  const charts = chartsOf(rows);
  const body = html`<header>
<p class="brand">wasmote: npm run bench:fleet</p>
<h1>What a node of a fleet costs</h1>
<p>Nodes and clients of MQTT.js with real connections to Mosquitto, all on one machine; each kind in a process of its own, in one
thread.</p>
</header>
<main>
${verdict(figures)}
<section><h2>As their number grows</h2>
<p>Point at a chart, or focus it and use the arrow keys, to read its values.</p>
<div class="charts">${charts.map(figure)}</div>
<p id="reading" class="unseen" aria-live="polite"></p>
</section>
<div class="tables"><section><h2>Figures</h2><p>As docs/fleet.md explains them.</p><div class="scroll" tabindex="0">${tableOf(figureTable(figures), "figures")}</div></section></div>
</main>`;
  return pageOf({ title: "What a node of a fleet costs", body, charts: charts.map(({ data }) => data), faults: [] });
}

function verdict(figures: readonly Figure[]): Html {
  const over = figures.filter(({ state }) => state === "over").map(({ name }) => name);
  return over.length === 0
    ? html`<p class="verdict good" role="note"><strong>Every figure keeps its limit.</strong></p>`
    : html`<p class="verdict bad" role="note"><strong>Past the limit:</strong> ${over.join(", ")}</p>`;
}

function chartsOf({ compared, grown }: RunRows): Chart[] {
  const fleets = grown.flat();
  const sides = compared.flat();
  const nodes = sides.filter(({ side }) => side === "nodes");
  const clients = sides.filter(({ side }) => side === "mqttjs");
  return [
    chartOf({
      id: "growth",
      title: "CPU of a publish, each node every 5 s",
      caption:
        "Microseconds of the nodes' process, kernel time included. Of few nodes fewer share each time that it wakes up.",
      unit: "µs",
      scale: "log",
      lines: [["nodes", fleets]],
      of: (row) => row.cpuUsPerPublish,
    }),
    chartOf({
      id: "beside",
      title: "CPU of a publish, 4,000 a second",
      caption: "Microseconds, nodes beside clients of MQTT.js at the same time.",
      unit: "µs",
      lines: [
        ["nodes", nodes],
        ["MQTT.js", clients],
      ],
      of: (row) => row.cpuUsPerPublish,
    }),
    chartOf({
      id: "memory",
      title: "Memory of the whole process",
      caption: "Megabytes that the process has for itself. What the kernel holds for sockets is not in it.",
      unit: "MB",
      lines: [
        ["nodes", [...nodes, ...fleets]],
        ["MQTT.js", clients],
      ],
      of: (row) => row.privateBytes / MEGABYTE,
    }),
  ];
}

function chartOf(chart: {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly unit: string;
  readonly scale?: ChartData["scale"];
  readonly lines: readonly (readonly [label: string, rows: readonly Row[]])[];
  readonly of: (row: Row) => number;
}): Chart {
  const { id, title, caption, unit, scale = "linear", lines, of } = chart;
  const xs = sizesOf(lines.flatMap(([, rows]) => rows));
  const series = lines.map(([label, rows]) => ({
    label,
    kind: "line" as const,
    values: xs.map((size) => {
      const value = typical(rows, size, of);
      return Number.isNaN(value) ? null : value;
    }),
  }));
  return {
    title,
    caption,
    data: { id, unit, scale, x: "nodes", xs, series },
    table: {
      caption: title,
      head: ["nodes", ...series.map(({ label }) => `${label}, ${unit}`)],
      rows: xs.map((size, at) => [
        count(size),
        ...series.map(({ values }) => {
          const value = values[at];
          return value === null || value === undefined ? "–" : formatNumber(value);
        }),
      ]),
    },
  };
}

function figureTable(figures: readonly Figure[]): Table {
  return {
    caption: "Figures and their limits",
    head: ["figure", "value", "unit", "limit", "state"],
    rows: figures.map(({ name, value, unit, limit, verdict }) => [
      name,
      formatNumber(value),
      unit,
      limit === undefined ? "" : formatBound(limit.limit, limit),
      verdict,
    ]),
  };
}
