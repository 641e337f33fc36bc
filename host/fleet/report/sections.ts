/** The parts of the report that are text and tables. */

import { formatDuration } from "../duration.ts";
import { quantile } from "../histogram.ts";
import { errorInWords } from "../node-log.ts";
import type { FaultRecord, FleetResults, Observed } from "../results.ts";
import type { Chart, Table } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { bytes, clock, faultName, milliseconds, number } from "./words.ts";

/** Of all publishes; more late steps than this, or one missed reading, and the figures are the generator's. */
const SATURATED_SHARE = 0.001;

/** The letter that marks a fault in charts and table: A to Z, then AA. */
export function faultLetter(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${faultLetter(Math.floor(index / 26) - 1)}${letter}`;
}

export function isSaturated({ counters }: FleetResults): boolean {
  return counters.missed > 0 || counters.overruns > SATURATED_SHARE * counters.publishes;
}

export function header({ run, nodes, shards }: FleetResults): Html {
  const part =
    shards.length < run.shardCount ? html` This is a part of the run: ${partOf(shards, run.shardCount)}.` : html``;
  return html`<header>
<p class="brand">wasmote fleet report</p>
<h1>${run.scenario}</h1>
<p>${number(nodes)} nodes against ${run.broker}, from ${new Date(run.startAtMs)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC")}${
    run.durationMs > 0 ? html` for ${formatDuration(run.durationMs)}` : html``
  }.${part}</p>
</header>`;
}

function partOf(shards: readonly number[], shardCount: number): string {
  return `${shards.length === 1 ? "shard" : "shards"} ${shards.join(", ")} of ${shardCount}, counted from 0`;
}

/** Whether the generator kept up: what all other figures stand or fall with. */
export function verdict(results: FleetResults): Html {
  const { overruns, missed } = results.counters;
  const late = `${number(overruns)} ${overruns === 1 ? "step" : "steps"} of nodes came more than 100 ms late`;
  if (isSaturated(results)) {
    return html`<p class="verdict bad" role="note"><strong>The generator was saturated.</strong> ${late}, and nodes missed
${number(missed)} readings. Rates and latencies here are those of the machine that ran the nodes, not of the broker. Run fewer nodes
on it, or divide them among more machines with --shard.</p>`;
  }
  return html`<p class="verdict good" role="note"><strong>The generator kept up.</strong> ${
    overruns === 0 ? "No step of a node came more than 100 ms late" : late
  }, and no reading was missed.</p>`;
}

/** The few figures that one looks at first. */
export function tiles({ counters, latency, nodes, observed, timeline }: FleetResults): Html {
  const most = timeline.reduce((max, { connected }) => Math.max(max, connected), 0);
  const errors = Object.values(counters.errors).reduce((sum, count) => sum + count, 0);
  const all: [string, string, string][] = [
    ["Connected at most", number(most), `of ${number(nodes)} nodes`],
    ["Published", number(counters.publishes), `${number(counters.acknowledged)} acknowledged`],
    ["Latency p99", `${milliseconds(quantile(latency, 0.99))} ms`, `p50 ${milliseconds(quantile(latency, 0.5))} ms`],
    ["Errors", number(errors), `${number(counters.dropped)} readings dropped`],
    ["Gaps end to end", ...gapsOf(observed)],
  ];
  return html`<ul class="tiles">${all.map(
    ([name, value, note]) =>
      html`<li><span class="name">${name}</span> <strong>${value}</strong> <span class="note">${note}</span></li>`,
  )}</ul>`;
}

/** A chart that would be empty is one word instead. */
export function isDrawn({ data }: Chart): boolean {
  return data.series.some(({ values }) => values.some((value) => value !== null && value !== 0));
}

/** Nothing is no gap where nothing could be told. */
function gapsOf(observed: Observed | undefined): [string, string] {
  if (observed === undefined) return ["–", "nothing observed"];
  if (isUnnumbered(observed)) return ["–", "no sequence numbers"];
  return [number(observed.gaps), `${number(observed.duplicates)} duplicates`];
}

function isUnnumbered({ messages, unnumbered }: Observed): boolean {
  return unnumbered > 0 && unnumbered === messages;
}

export function figure(chart: Chart): Html {
  const { title, caption, data, table } = chart;
  const { id, series } = data;
  const drawing = html`<ul class="legend">${series.map(
    ({ label }, index) => html`<li><span class="mark mark-${index}"></span>${label} <output></output></li>`,
  )}</ul>
<div class="chart" tabindex="0" role="group" aria-label="${title}: arrow keys read the values"></div>`;
  return html`<figure id="${id}">
<figcaption><h3>${title}</h3><p>${caption}</p></figcaption>
${isDrawn(chart) ? drawing : html`<p class="none">None.</p>`}
<details><summary>${title} as a table</summary>${scrolling(tableOf(table, id))}</details>
</figure>`;
}

export function faults({ faults }: FleetResults): Html {
  if (faults.length === 0) return html``;
  return section(
    "Faults",
    "In the charts each is a hatched band, or a line if it has no length, with its letter.",
    plain("faults-table", ["letter", "fault", "from", "to", "nodes"], faults.map(faultRow)),
  );
}

function faultRow({ kind, atMs, forMs, nodes }: FaultRecord, index: number): readonly string[] {
  const end = forMs === undefined ? (kind === "reconnect-storm" ? "" : "for good") : clock((atMs + forMs) / 1_000);
  return [faultLetter(index), faultName(kind), clock(atMs / 1_000), end, number(nodes)];
}

export function errors({ counters }: FleetResults): Html {
  const all = Object.entries(counters.errors).sort(([, a], [, b]) => b - a);
  if (all.length === 0) return html``;
  return section(
    "Errors",
    "Why links ended or did not open.",
    plain(
      "reasons-table",
      ["reason", "code", "times"],
      all.map(([name, count]) => [errorInWords(name), name, number(count)]),
    ),
  );
}

export function observer({ observed, counters }: FleetResults): Html {
  if (observed === undefined) return html``;
  const counted = (count: number): string => (isUnnumbered(observed) ? "–" : number(count));
  const note = isUnnumbered(observed)
    ? "No message carried a sequence number: build the module with NODE_PAYLOAD=2 to have gaps counted."
    : "By the sequence numbers in the payloads, as a subscriber of its own received them from the broker.";
  return section(
    "End to end",
    note,
    pairs("observed-table", [
      ["messages observed", number(observed.messages)],
      ["acknowledged to the nodes", number(counters.acknowledged)],
      ["gaps", counted(observed.gaps)],
      ["duplicates", counted(observed.duplicates)],
      ["reordered", counted(observed.reordered)],
      ["without a sequence number", number(observed.unnumbered)],
      ["missed by the observer itself", number(observed.unseen)],
    ]),
  );
}

export function summary({ counters, latency, cost, nodes, observed }: FleetResults): Html {
  const perNode = nodes === 0 ? 0 : cost.peakRssBytes / nodes;
  return section(
    "Summary",
    "Sums over all nodes.",
    pairs("summary-table", [
      ["nodes", number(nodes)],
      ["connections tried", number(counters.connectAttempts)],
      ["connections made", number(counters.connected)],
      ["publishes", number(counters.publishes)],
      ["of them, sent again (DUP)", number(counters.resent)],
      ["of them, of QoS 0", number(counters.qos0)],
      ["acknowledged", number(counters.acknowledged)],
      ["readings dropped by nodes", number(counters.dropped)],
      ["not delivered at the end", number(counters.unconfirmed)],
      ["readings missed", number(counters.missed)],
      ["messages received", number(counters.received)],
      ["sent", bytes(counters.bytesOut)],
      ["received", bytes(counters.bytesIn)],
      ["latency p50", `${milliseconds(quantile(latency, 0.5))} ms`],
      ["latency p95", `${milliseconds(quantile(latency, 0.95))} ms`],
      ["latency p99", `${milliseconds(quantile(latency, 0.99))} ms`],
      ["latency, mean", `${milliseconds(latency.count === 0 ? undefined : latency.sum / latency.count)} ms`],
      ["latency, longest", `${milliseconds(latency.count === 0 ? undefined : latency.max)} ms`],
      ["traps", number(counters.traps)],
      ["overruns", number(counters.overruns)],
      ["messages observed", observed === undefined ? "no observer" : number(observed.messages)],
      ["CPU time", `${number(cost.cpuMs / 1_000, 1)} s`],
      ["memory at most", `${bytes(cost.peakRssBytes)}, ${bytes(perNode)} per node`],
      ["time that it took", `${number(cost.wallMs / 1_000, 1)} s`],
    ]),
  );
}

export function runDetails({ run, shards }: FleetResults): Html {
  return section(
    "The run",
    "What to give to have it once more.",
    pairs("run-table", [
      ["scenario", run.scenario],
      ["module", run.module],
      ["its SHA-256", run.moduleSha256],
      ["broker", run.broker],
      ["seed", String(run.seed)],
      ["nodes of all shards", number(run.nodes)],
      ["shards", shards.length === run.shardCount ? `all ${run.shardCount}` : partOf(shards, run.shardCount)],
      ["start", new Date(run.startAtMs).toISOString()],
      ["duration", run.durationMs > 0 ? formatDuration(run.durationMs) : "until it was ended"],
    ]),
  );
}

function section(title: string, note: string, content: Html): Html {
  return html`<section><h2>${title}</h2><p>${note}</p>${scrolling(content)}</section>`;
}

/** What is too wide for a narrow window scrolls by itself, also by keyboard. */
function scrolling(content: Html): Html {
  return html`<div class="scroll" tabindex="0">${content}</div>`;
}

function pairs(id: string, all: readonly (readonly [string, string])[]): Html {
  return html`<table id="${id}" class="pairs"><tbody>${all.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}</tbody></table>`;
}

function plain(id: string, head: readonly string[], rows: readonly (readonly string[])[]): Html {
  return html`<table id="${id}">${headOf(head)}<tbody>${rows.map(rowOf)}</tbody></table>`;
}

export function tableOf({ caption, head, rows }: Table, id: string): Html {
  return html`<table id="${id}-table"><caption>${caption}</caption>${headOf(head)}<tbody>${rows.map(rowOf)}</tbody></table>`;
}

function headOf(head: readonly string[]): Html {
  return html`<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>`;
}

function rowOf([first = "", ...rest]: readonly string[]): Html {
  return html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`;
}
