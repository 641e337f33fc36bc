/** The report's charts: what each shows, and the same as a table. */

import { formatDuration } from "../duration.ts";
import { lowest, quantile } from "../histogram.ts";
import type { FleetResults, Histogram } from "../results.ts";
import { type Period, periodsOf } from "./periods.ts";
import { clock, milliseconds, number } from "./words.ts";

/** What page.js draws. */
export interface ChartData {
  readonly id: string;
  /** Of the values, behind them where the cursor is. */
  readonly unit: string;
  readonly scale: "linear" | "log";
  /** What x is: seconds since the start, microseconds at the edges of the bars, or a number of nodes on a logarithmic scale. */
  readonly x: "time" | "latency" | "nodes";
  readonly xs: readonly number[];
  readonly series: readonly SeriesData[];
}

export interface SeriesData {
  readonly label: string;
  readonly kind: "line" | "step" | "bars";
  /** `null` where there is no value. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  /** One sentence under the title. */
  readonly caption: string;
  readonly data: ChartData;
  readonly table: Table;
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const MAX_POINTS = 900;
const MAX_ROWS = 120;
const QUANTILES = [0.5, 0.95, 0.99] as const;
/** Bars of the latency's histogram for each power of two. */
const BARS_PER_OCTAVE = 4;

interface Column {
  readonly head: string;
  cell(period: Period): string;
}

export function chartsOf(results: FleetResults): readonly Chart[] {
  const points = periodsOf(results.timeline, MAX_POINTS);
  const rows = periodsOf(results.timeline, MAX_ROWS);
  const xs = points.map(({ from, seconds }) => from + seconds);
  const series = (label: string, kind: SeriesData["kind"], of: (period: Period) => number | null): SeriesData => ({
    label,
    kind,
    values: points.map(of),
  });
  const perSecond = (of: (period: Period) => number) => (period: Period) => of(period) / period.seconds;
  const timed = (
    chart: { id: string; title: string; caption: string; unit: string; scale?: ChartData["scale"] },
    lines: readonly SeriesData[],
    columns: readonly Column[],
  ): Chart => {
    const { id, title, caption, unit, scale = "linear" } = chart;
    return {
      title,
      caption,
      data: { id, unit, scale, x: "time", xs, series: lines },
      table: tableOf(title, rows, columns),
    };
  };
  const count = (head: string, of: (period: Period) => number): Column => ({
    head,
    cell: (period) => number(of(period)),
  });

  return [
    timed(
      { id: "connected", title: "Connected nodes", caption: `Of ${number(results.nodes)} nodes.`, unit: "nodes" },
      [series("connected", "step", (each) => each.connected)],
      [count("connected", (each) => each.connected)],
    ),
    timed(
      {
        id: "publishes",
        title: "Publishes and acknowledgements",
        caption: "PUBLISH packets sent and acknowledged, each second.",
        unit: "/s",
      },
      [
        series(
          "published",
          "line",
          perSecond((each) => each.publishes),
        ),
        series(
          "acknowledged",
          "line",
          perSecond((each) => each.acknowledged),
        ),
      ],
      [count("published", (each) => each.publishes), count("acknowledged", (each) => each.acknowledged)],
    ),
    timed(
      {
        id: "latency",
        title: "Latency",
        caption: "From a PUBLISH to its acknowledgement, in milliseconds on a logarithmic scale.",
        unit: "ms",
        scale: "log",
      },
      QUANTILES.map((part) => series(quantileName(part), "line", ({ latency }) => toMs(quantile(latency, part)))),
      [
        ...QUANTILES.map((part) => ({
          head: `${quantileName(part)} ms`,
          cell: ({ latency }: Period) => milliseconds(quantile(latency, part)),
        })),
        count("values", ({ latency }) => latency.count),
      ],
    ),
    timed(
      {
        id: "in-flight",
        title: "In flight",
        caption: "PUBLISH packets that waited for their acknowledgement.",
        unit: "packets",
      },
      [series("in flight", "step", (each) => each.inFlight)],
      [count("in flight", (each) => each.inFlight)],
    ),
    timed(
      {
        id: "errors",
        title: "Errors",
        caption: "Links that ended and connections that were refused, each second.",
        unit: "/s",
      },
      [
        series(
          "errors",
          "bars",
          perSecond((each) => each.errors),
        ),
      ],
      [count("errors", (each) => each.errors)],
    ),
    timed(
      {
        id: "overruns",
        title: "Overruns",
        caption: "Steps that the generator took more than 100 ms late, each second.",
        unit: "/s",
      },
      [
        series(
          "overruns",
          "bars",
          perSecond((each) => each.overruns),
        ),
      ],
      [count("overruns", (each) => each.overruns)],
    ),
    distribution(results.latency),
  ];
}

/** Rows of equal length in time. */
function tableOf(title: string, rows: readonly Period[], columns: readonly Column[]): Table {
  const seconds = rows[0]?.seconds ?? 1;
  return {
    caption: `${title}, each row ${formatDuration(seconds * 1_000)}`,
    head: ["time", ...columns.map(({ head }) => head)],
    rows: rows.map((period) => [clock(period.from), ...columns.map(({ cell }) => cell(period))]),
  };
}

function distribution(latency: Histogram): Chart {
  const bars = barsOf(latency);
  return {
    title: "Distribution of latency",
    caption:
      "How many acknowledgements took as long as it says under the bar, or up to the next; the scale is logarithmic.",
    data: {
      id: "distribution",
      unit: "",
      scale: "linear",
      x: "latency",
      xs: bars.map(({ from }) => from),
      series: [{ label: "acknowledgements", kind: "bars", values: bars.map(({ count }) => count) }],
    },
    table: {
      caption: "Distribution of latency",
      head: ["from ms", "to ms", "acknowledgements", "up to here"],
      rows: bars.map(({ from, to, count, seen }) => [
        milliseconds(from),
        milliseconds(to),
        number(count),
        `${number((100 * seen) / Math.max(1, latency.count), 2)} %`,
      ]),
    },
  };
}

interface Bar {
  /** Microseconds, both included. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Of this and all shorter ones. */
  readonly seen: number;
}

/** Buckets joined to a few for each power of two, from the first that counts anything to the last. */
function barsOf({ counts }: Histogram): readonly Bar[] {
  const byBar = new Map<number, number>();
  for (const [bucket, count] of Object.entries(counts)) {
    const bar = barOf(lowest(Number(bucket)));
    byBar.set(bar, (byBar.get(bar) ?? 0) + count);
  }
  const numbers = [...byBar.keys()];
  if (numbers.length === 0) return [];
  const bars: Bar[] = [];
  let seen = 0;
  for (let bar = Math.min(...numbers); bar <= Math.max(...numbers); bar++) {
    const count = byBar.get(bar) ?? 0;
    seen += count;
    bars.push({ from: barStart(bar), to: Math.max(barStart(bar), barStart(bar + 1) - 1), count, seen });
  }
  return bars;
}

/** What is shorter than 2^4 microseconds is one bar. */
const SHORTEST_OCTAVE = 4;

function barOf(microseconds: number): number {
  const octave = Math.floor(Math.log2(Math.max(1, microseconds)));
  if (octave < SHORTEST_OCTAVE) return SHORTEST_OCTAVE * BARS_PER_OCTAVE - 1;
  const part = Math.floor((microseconds / 2 ** octave - 1) * BARS_PER_OCTAVE);
  return octave * BARS_PER_OCTAVE + part;
}

function barStart(bar: number): number {
  const octave = Math.floor(bar / BARS_PER_OCTAVE);
  if (octave < SHORTEST_OCTAVE) return 0;
  return 2 ** octave * (1 + (bar % BARS_PER_OCTAVE) / BARS_PER_OCTAVE);
}

function quantileName(part: number): string {
  return `p${part * 100}`;
}

function toMs(microseconds: number | undefined): number | null {
  return microseconds === undefined ? null : microseconds / 1_000;
}
