/** A line of temperatures over time, drawn by uPlot. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { History } from "../data/history.ts";
import { useSize } from "./hooks.ts";

/** A flat line is drawn as one: the scale spans at least so many degrees. */
const MIN_SPAN = 1;
/** A young chart begins with its first reading, and shows at least so much. */
const MIN_WINDOW_MS = 15_000;
const TICK_MS = 1_000;

interface ChartProps {
  readonly history: History;
  /** Changes with each reading. */
  readonly version: number;
  readonly windowMs: number;
  readonly hasAxes: boolean;
  readonly label: string;
}

/** Fills its parent, whose size must not depend on it. */
export function Chart({ history, version, windowMs, hasAxes, label }: ChartProps) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const plot = useRef<uPlot | undefined>(undefined);
  const draw = useRef(() => {});
  draw.current = () => {
    const now = Date.now();
    const data = history.since(now - windowMs);
    const from = Math.min((data[0][0] ?? 0) * 1_000 || now, now - MIN_WINDOW_MS);
    plot.current?.batch(() => {
      plot.current?.setData(data, false);
      plot.current?.setScale("x", { min: from / 1_000, max: now / 1_000 });
      const [min, max] = range(data[1]);
      plot.current?.setScale("y", { min, max });
    });
  };

  const isReady = width > 0 && height > 0;
  useEffect(() => {
    const element = ref.current;
    if (element === null || !isReady) return;
    const build = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, hasAxes), [[], []], element);
      draw.current();
    };
    build();
    window.addEventListener("themechange", build);
    // Time goes on while no reading comes.
    const timer = setInterval(() => draw.current(), TICK_MS);
    return () => {
      window.removeEventListener("themechange", build);
      clearInterval(timer);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [isReady, hasAxes]);

  useEffect(() => {
    if (isReady) plot.current?.setSize({ width, height });
  }, [isReady, width, height]);

  useEffect(() => draw.current(), [version, history, windowMs]);

  return <div class="chart" ref={ref} role="img" aria-label={label} />;
}

function range(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, MIN_SPAN];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const padding = Math.max((high - low) * 0.1, (MIN_SPAN - (high - low)) / 2);
  return [low - padding, high + padding];
}

function options(element: HTMLElement, hasAxes: boolean): uPlot.Options {
  const { fontFamily } = getComputedStyle(element);
  const colour = (name: string): string => colourOf(element, name);
  const axis = {
    stroke: colour("--text-soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    padding: hasAxes ? [8, 30, 0, 0] : [4, 4, 4, 4],
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: hasAxes
      ? [
          { ...axis, size: 28, space: 90, values: (_plot, splits) => splits.map(clock) },
          { ...axis, size: 48, values: (_plot, splits) => splits.map((value) => value.toFixed(1)) },
        ]
      : [{ show: false }, { show: false }],
    series: [
      {},
      { stroke: colour("--accent"), width: 2, fill: colour("--accent-wash"), points: { show: false }, spanGaps: true },
    ],
  };
}

/** What a custom property comes to under the theme: a canvas knows no variables. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = element.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function clock(seconds: number): string {
  return time.format(seconds * 1_000);
}
