/** The shape of the last readings, small enough for a row. */

import { useEffect, useRef } from "preact/hooks";
import type { History } from "../data/history.ts";

const WIDTH = 140;
const HEIGHT = 28;
const MIN_SPAN = 1;

interface SparklineProps {
  readonly history: History;
  /** Changes with each reading. */
  readonly version: number;
  readonly windowMs: number;
}

/** Says nothing that the row does not say in numbers, so it is hidden from screen readers. */
export function Sparkline({ history, version, windowMs }: SparklineProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    if (canvas !== null) draw(canvas, history, windowMs);
  }, [history, version, windowMs]);
  return (
    <span class="sparkline" aria-hidden="true">
      <canvas ref={ref} />
    </span>
  );
}

function draw(canvas: HTMLCanvasElement, history: History, windowMs: number): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const scale = devicePixelRatio;
  canvas.width = WIDTH * scale;
  canvas.height = HEIGHT * scale;
  const now = Date.now();
  const [seconds, values] = history.since(now - windowMs);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = Math.max(high - low, MIN_SPAN);
  const bottom = (high + low - span) / 2;
  context.scale(scale, scale);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [index, value] of values.entries()) {
    const x = (1 - (now - (seconds[index] ?? 0) * 1_000) / windowMs) * WIDTH;
    context.lineTo(x, HEIGHT - 3 - ((value - bottom) / span) * (HEIGHT - 6));
  }
  context.stroke();
}
