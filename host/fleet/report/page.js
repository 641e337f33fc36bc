/**
 * What the report does in a browser: it draws the charts with uPlot. Everything else is there without it. charts.ts says what the
 * data are.
 */

/* global uPlot */

(() => {
  const { charts, faults } = JSON.parse(document.getElementById("data").textContent);
  const reading = document.getElementById("reading");
  const HEIGHT = 220;
  const DASHES = [[], [8, 4], [2, 3]];
  const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const sync = uPlot.sync("time");
  let drawn = [];

  /** @param {string} name of a custom property */
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const clock = (seconds) => {
    const two = (value) => String(value).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };

  const shown = (value) => {
    const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
    return value.toLocaleString("en", { maximumFractionDigits: digits });
  };

  /** An axis has little room: 1.5k, 20M. */
  const short = (value) => value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3 });

  /** What stands for a value of x in words. */
  const place = { time: clock, latency: (value) => `from ${ms(value)} ms`, nodes: (value) => `${shown(value)} nodes` };

  const ms = (microseconds) => shown(Number((microseconds / 1000).toPrecision(3)));

  /** Bands under the lines: hatched, so that they are seen without colour, with the fault's letter above. */
  const drawFaults = (u) => {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top - 18 * ratio, width, height + 18 * ratio);
    ctx.clip();
    ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    let lastEnd = Number.NEGATIVE_INFINITY;
    for (const { letter, from, to } of faults) {
      const begin = u.valToPos(from, "x", true);
      const end = u.valToPos(to ?? u.scales.x.max, "x", true);
      if (begin > left + width || end < left) continue;
      const x0 = Math.max(begin, left);
      const x1 = Math.min(Math.max(end, begin + ratio), left + width);
      ctx.save();
      ctx.beginPath();
      ctx.rect(x0, top, x1 - x0, height);
      ctx.fillStyle = css("--band");
      ctx.fill();
      ctx.clip();
      ctx.strokeStyle = css("--hatch");
      ctx.lineWidth = ratio;
      ctx.beginPath();
      for (let x = x0 - height; x < x1; x += 7 * ratio) {
        ctx.moveTo(x, top + height);
        ctx.lineTo(x + height, top);
      }
      ctx.stroke();
      ctx.restore();
      ctx.fillStyle = css("--fault");
      ctx.fillRect(x0, top, ratio, height);
      // Letters that would lie on each other move to the right, as long as there is room.
      const half = ctx.measureText(letter).width / 2;
      const middle = Math.max(Math.min((x0 + x1) / 2, left + width - half), lastEnd + half + 3 * ratio, left + half);
      if (middle + half > left + width + ratio) continue;
      ctx.fillText(letter, middle, top - 3 * ratio);
      lastEnd = middle + half;
    }
    ctx.restore();
  };

  /** x is the end of a period: what was counted in it lies before, what was found at its end holds from there on. */
  const pathsOf = (kind, isTime) => {
    if (kind === "step") return uPlot.paths.stepped({ align: 1 });
    if (kind === "bars") return uPlot.paths.bars({ size: [0.9, 60], align: isTime ? -1 : 0 });
    return uPlot.paths.linear();
  };

  const xScales = {
    time: (xs) => ({ range: (_u, min, max) => [min === xs[0] ? 0 : min, max] }),
    latency: (xs) => ({ range: () => [-0.6, xs.length - 0.4] }),
    nodes: (xs) => ({ distr: 3, range: () => [xs[0] / 1.3, xs[xs.length - 1] * 1.3] }),
  };

  const xAxes = {
    time: () => ({ incrs: TIME_STEPS, space: 64, values: (_u, splits) => splits.map(clock) }),
    latency: (xs) => ({
      incrs: [1, 2, 4, 8, 16, 32],
      space: 56,
      values: (_u, splits) => splits.map((at) => (xs[at] === undefined ? "" : `${ms(xs[at])} ms`)),
    }),
    nodes: (xs) => ({
      splits: () => xs,
      filter: (_u, splits) => splits,
      values: (u, splits) => apart(u, splits).map((value) => (value === null ? "" : short(value))),
    }),
  };

  /** Of values on the axis those that have room for a label, `null` for others. */
  const apart = (u, splits) => {
    let end = Number.NEGATIVE_INFINITY;
    return splits.map((value) => {
      const at = u.valToPos(value, "x");
      if (at < end) return null;
      end = at + 34;
      return value;
    });
  };

  /** Whole powers of ten around the data. */
  const logRange = (_u, min, max) => {
    const low = 10 ** Math.floor(Math.log10(min || 1));
    const high = 10 ** Math.ceil(Math.log10(max || 1));
    return [low, high > low ? high : low * 10];
  };

  const powersOfTen = (_u, splits) => splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));

  const draw = ({ id, unit, scale, x, xs, series }) => {
    const figure = document.getElementById(id);
    const chart = figure.querySelector(".chart");
    chart.replaceChildren();
    const isTime = x === "time";
    const outputs = [...figure.querySelectorAll("output")];
    const ink = css("--ink");
    const axis = {
      stroke: css("--quiet"),
      grid: { stroke: css("--grid"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    const positions = x === "latency" ? xs.map((_, index) => index) : xs;

    const tell = (u) => {
      const at = u.cursor.idx;
      for (const [index, output] of outputs.entries()) {
        const value = at === null || at === undefined ? null : series[index].values[at];
        output.textContent = value === null || value === undefined ? "" : `${shown(value)}${unit ? ` ${unit}` : ""}`;
      }
    };

    const u = new uPlot(
      {
        width: chart.clientWidth,
        height: HEIGHT,
        padding: [isTime && faults.length > 0 ? 20 : 8, 26, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: isTime, y: false },
          points: { size: 7 },
          ...(isTime ? { sync: { key: sync.key } } : {}),
        },
        scales: {
          x: { time: false, ...xScales[x](xs) },
          y:
            scale === "log"
              ? { distr: 3, range: logRange }
              : { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
        },
        axes: [
          {
            ...axis,
            size: 30,
            ...xAxes[x](xs),
          },
          {
            ...axis,
            size: 56,
            ...(scale === "log" ? { filter: powersOfTen, grid: { ...axis.grid, filter: powersOfTen } } : {}),
            values: (_u, splits) => splits.map((value) => (value === null || value === undefined ? "" : short(value))),
          },
        ],
        series: [
          {},
          ...series.map(({ label, kind }, index) => ({
            label,
            stroke: css(`--line-${index}`) || ink,
            fill: kind === "bars" ? css("--bar") : undefined,
            width: kind === "bars" ? 1 : 1.75,
            dash: DASHES[index % DASHES.length],
            paths: pathsOf(kind, isTime),
            // Not every line has a value for each number of nodes.
            spanGaps: x === "nodes",
            points: { show: kind === "line" && (xs.length < 3 || x === "nodes") },
          })),
        ],
        hooks: { drawClear: isTime ? [drawFaults] : [], setCursor: [tell] },
      },
      [positions, ...series.map(({ values }) => values)],
      chart,
    );

    chart.onkeydown = (event) => {
      const { min, max } = u.scales.x;
      const first = positions.findIndex((each) => each >= min);
      const last = positions.findLastIndex((each) => each <= max);
      const now = u.cursor.idx ?? first - 1;
      const to = { ArrowLeft: Math.max(first, now - 1), ArrowRight: Math.min(last, now + 1), Home: first, End: last }[
        event.key
      ];
      if (to === undefined) return;
      event.preventDefault();
      u.setCursor({ left: u.valToPos(positions[to], "x"), top: 10 });
      const values = series.map(
        ({ label, values: all }) => `${label} ${all[to] === null ? "none" : `${shown(all[to])} ${unit}`}`,
      );
      reading.textContent = `${place[x](xs[to])}: ${values.join(", ")}`;
    };
    return u;
  };

  const drawAll = () => {
    for (const u of drawn) u.destroy();
    drawn = charts.map(draw);
    document.documentElement.dataset.drawn = String(drawn.length);
  };

  const fit = () => {
    for (const u of drawn) u.setSize({ width: u.root.parentElement.clientWidth, height: HEIGHT });
  };

  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("resize", fit);
  addEventListener("beforeprint", fit);
})();
