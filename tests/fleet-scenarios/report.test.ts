import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EMPTY_HISTOGRAM, quantile } from "../../host/fleet/histogram.ts";
import { reportHtml, writeReport } from "../../host/fleet/report/index.ts";
import { milliseconds, number } from "../../host/fleet/report/words.ts";
import type { FleetResults } from "../../host/fleet/results.ts";
import { openFile, startBrowser } from "./browser.ts";
import { fleetResults } from "./results.ts";

const CHARTS = ["connected", "publishes", "latency", "in-flight", "errors", "overruns", "distribution"];
const SATURATED = fleetResults({ nodes: 500, seconds: 110, overruns: 20 });

const folder = mkdtempSync(join(tmpdir(), "wasmote-report-"));
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

let reports = 0;

async function reportOf(results: FleetResults): Promise<string> {
  const path = join(folder, `report-${reports++}.html`);
  await writeReport(results, path);
  return path;
}

/** The texts of a table's cells, row by row, its head left out. */
async function cells(page: Page, table: string): Promise<string[][]> {
  return page
    .locator(`#${table} tbody tr`)
    .evaluateAll((rows) =>
      rows.map((row) =>
        [...(row as unknown as { cells: Iterable<{ textContent: string }> }).cells].map((cell) => cell.textContent),
      ),
    );
}

function toNumber(text: string | undefined): number {
  return Number(text?.replaceAll(",", ""));
}

function sumOfColumn(rows: readonly (readonly string[])[], column: number): number {
  return rows.reduce((sum, row) => sum + toNumber(row[column]), 0);
}

/** How many pixels of the figure's canvas have that custom property's colour. */
async function pixels(page: Page, figure: string, property: string): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector("#${figure} canvas");
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("${property}").trim();
    probe.fillRect(0, 0, 1, 1);
    const wanted = probe.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if ([0, 1, 2].every((channel) => Math.abs(data[at + channel] - wanted[channel]) < 8) && data[at + 3] > 200) count++;
    }
    return count;
  })()`);
}

describe.each(["light", "dark"] as const)("a report in a %s browser", (colorScheme) => {
  test("opens without a complaint, asks for nothing else, and draws every chart", async () => {
    const path = await reportOf(SATURATED);
    const { page, complaints, requests } = await openFile(browser, path, { colorScheme });
    // Chromium will have advice on reading canvases, which no report does.
    expect(complaints).toEqual([]);
    for (const figure of CHARTS) {
      expect(await pixels(page, figure, "--line-0"), figure).toBeGreaterThan(100);
    }
    for (const line of ["--line-1", "--line-2"]) expect(await pixels(page, "latency", line)).toBeGreaterThan(50);
    expect(await pixels(page, "connected", "--fault")).toBeGreaterThan(100);
    expect(requests).toEqual([pathToFileURL(path).href]);
    await page.close();
  });

  test("has nothing that an audit of accessibility finds, tables opened", async () => {
    const { page } = await openFile(browser, await reportOf(SATURATED), { colorScheme });
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8"));
    const violations = await page.evaluate(
      "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).join(' ')))",
    );
    expect(violations).toEqual([]);
    await page.close();
  });
});

test("a browser that changes between light and dark draws the charts anew, in colours that are seen there", async () => {
  const { page, complaints } = await openFile(browser, await reportOf(SATURATED), { colorScheme: "light" });
  const before = await page.evaluate("getComputedStyle(document.body).backgroundColor");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(
    "getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)' && document.querySelectorAll('.uplot').length > 0",
  );
  expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).not.toBe(before);
  expect(complaints).toEqual([]);
  await expect.poll(() => pixels(page, "connected", "--line-0")).toBeGreaterThan(100);
  expect(await page.locator(".uplot").count()).toBe(CHARTS.length);
  await page.close();
});

test("its tables have the results' numbers", async () => {
  const { page } = await openFile(browser, await reportOf(SATURATED));
  const { counters, latency, timeline, observed, faults, nodes } = SATURATED;
  const published = await cells(page, "publishes-table");
  expect(published).toHaveLength(timeline.length);
  expect(sumOfColumn(published, 1)).toBe(counters.publishes);
  expect(sumOfColumn(published, 2)).toBe(counters.acknowledged);
  expect((await cells(page, "connected-table")).map(([, value]) => toNumber(value))).toEqual(
    timeline.map(({ connected }) => connected),
  );
  expect((await cells(page, "in-flight-table")).map(([, value]) => toNumber(value))).toEqual(
    timeline.map(({ inFlight }) => inFlight),
  );
  const errors = Object.values(counters.errors).reduce((sum, count) => sum + count, 0);
  expect(sumOfColumn(await cells(page, "errors-table"), 1)).toBe(errors);
  expect(sumOfColumn(await cells(page, "overruns-table"), 1)).toBe(counters.overruns);
  const percentiles = await cells(page, "latency-table");
  expect(percentiles.map(([, p50]) => p50)).toEqual(
    timeline.map((second) => milliseconds(quantile(second.latency, 0.5))),
  );
  expect(percentiles.map(([, , , p99]) => p99)).toEqual(
    timeline.map((second) => milliseconds(quantile(second.latency, 0.99))),
  );
  const bars = await cells(page, "distribution-table");
  expect(sumOfColumn(bars, 2)).toBe(latency.count);
  expect(bars.at(-1)?.[3]).toBe("100.00 %");

  const summary = Object.fromEntries(await cells(page, "summary-table"));
  expect(summary).toMatchObject({
    nodes: number(nodes),
    publishes: number(counters.publishes),
    "of them, sent again (DUP)": number(counters.resent),
    acknowledged: number(counters.acknowledged),
    "readings dropped by nodes": number(counters.dropped),
    "not delivered at the end": "17",
    "readings missed": number(counters.missed),
    overruns: number(counters.overruns),
    "latency p99": `${milliseconds(quantile(latency, 0.99))} ms`,
    "latency, longest": `${milliseconds(latency.max)} ms`,
  });
  expect(Object.fromEntries(await cells(page, "observed-table"))).toMatchObject({
    "messages observed": number(observed?.messages ?? Number.NaN),
    gaps: "12",
    duplicates: "34",
  });
  expect(await cells(page, "faults-table")).toEqual([
    ["A", "broker gone", "0:36", "0:55", number(nodes)],
    ["B", "reconnect storm", "1:22", "", number(nodes)],
    ["C", "frozen probe", "1:33", "for good", number(faults[2]?.nodes ?? Number.NaN)],
  ]);
  const reasons = await cells(page, "reasons-table");
  expect(reasons.map(([reason, code]) => [reason, code])).toEqual([
    ["the link broke", "10"],
    ["nothing listens there", "9"],
    ["the broker: it is busy", "mqtt:137"],
    ["the broker's PINGRESP breaks the standard", "packet:208"],
  ]);
  expect(reasons.map(([, , count]) => toNumber(count))).toEqual(
    Object.values(counters.errors).toSorted((a, b) => b - a),
  );
  await page.close();
});

test("a chart is read by keyboard, its value also aloud", async () => {
  const { page } = await openFile(browser, await reportOf(SATURATED));
  const { timeline } = SATURATED;
  await page.locator("#connected .chart").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  const second = number(timeline[1]?.connected ?? Number.NaN);
  await expect.poll(() => page.locator("#connected output").textContent()).toBe(`${second} nodes`);
  expect(await page.locator("#reading").textContent()).toBe(`0:02: connected ${second} nodes`);
  expect(await page.locator("#reading").getAttribute("aria-live")).toBe("polite");
  await page.keyboard.press("End");
  const last = number(timeline.at(-1)?.connected ?? Number.NaN);
  await expect.poll(() => page.locator("#connected output").textContent()).toBe(`${last} nodes`);
  await page.close();
});

test("a part of the time that is dragged over is shown larger in every chart, and read by keyboard", async () => {
  const { page, complaints } = await openFile(browser, await reportOf(SATURATED));
  const box = await page.locator("#connected .u-over").boundingBox();
  if (box === null) throw new Error("the chart is not shown");
  await page.mouse.move(box.x + box.width / 2, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 50, { steps: 4 });
  await page.mouse.up();
  for (const figure of ["connected", "publishes"]) {
    await page.locator(`#${figure} .chart`).focus();
    await page.keyboard.press("Home");
    const [, seconds] = (await page.locator("#reading").textContent())?.match(/^0:(\d\d): /) ?? [];
    expect(Math.abs(Number(seconds) - 55)).toBeLessThanOrEqual(2);
    await expect.poll(() => page.locator(`#${figure} output`).first().textContent()).not.toBe("");
  }
  expect(complaints).toEqual([]);
  await page.close();
});

test("no results lead to a number that is none", () => {
  const shapes = fc.record({
    nodes: fc.integer({ min: 0, max: 40 }),
    seconds: fc.integer({ min: 0, max: 300 }),
    seed: fc.integer({ min: 1, max: 1_000 }),
    overruns: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(shapes, (shape) => {
      const text = reportHtml(fleetResults(shape)).replace(/<script>.*<\/script>/s, "");
      expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
    }),
    { numRuns: 40 },
  );
});

test("its tables open by keyboard", async () => {
  const { page } = await openFile(browser, await reportOf(SATURATED));
  expect(await page.locator("#errors-table").isVisible()).toBe(false);
  await page.locator("#errors summary").focus();
  await page.keyboard.press("Enter");
  await page.locator("#errors-table").waitFor({ state: "visible" });
  await page.close();
});

test("a narrow window scrolls down only", async () => {
  const { page } = await openFile(browser, await reportOf(SATURATED), { viewport: { width: 390, height: 800 } });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  await page.setViewportSize({ width: 320, height: 800 });
  await expect.poll(() => page.evaluate("document.documentElement.scrollWidth")).toBe(320);
  await page.close();
});

test("whatever names hold is shown as text, and nothing of it runs", async () => {
  const hostile = `</script><script>globalThis.pwned = 1</script><img src=x onerror="globalThis.pwned = 1">'"&`;
  const { run, counters } = SATURATED;
  const path = await reportOf({
    ...SATURATED,
    run: { ...run, scenario: hostile, module: hostile, broker: hostile, moduleSha256: hostile },
    counters: { ...counters, errors: { [hostile]: 3 } },
  });
  const { page, complaints, requests } = await openFile(browser, path);
  expect(await page.evaluate("globalThis.pwned")).toBeUndefined();
  expect(await page.locator("h1").textContent()).toBe(hostile);
  expect((await cells(page, "run-table"))[1]).toEqual(["module", hostile]);
  expect((await cells(page, "reasons-table"))[0]?.[1]).toBe(hostile);
  expect(await page.locator("img").count()).toBe(0);
  expect(complaints).toEqual([]);
  expect(requests).toHaveLength(1);
  await page.close();
});

test("its policy lets no other script run and nothing be fetched", async () => {
  const { page, complaints } = await openFile(browser, await reportOf(SATURATED));
  await page.evaluate(`{
    const script = document.createElement("script");
    script.textContent = "globalThis.pwned = 1";
    document.body.append(script);
  }`);
  expect(await page.evaluate("globalThis.pwned")).toBeUndefined();
  expect(await page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'fetched', () => 'refused')")).toBe("refused");
  expect(complaints.some((text) => text.includes("Content Security Policy"))).toBe(true);
  await page.close();
});

test("a day's run has tables that can be read, and loses nothing in them", async () => {
  const day = fleetResults({ nodes: 100, seconds: 86_400 });
  const path = await reportOf(day);
  expect(readFileSync(path).length).toBeLessThan(400_000);
  const { page, complaints } = await openFile(browser, path);
  const rows = await cells(page, "publishes-table");
  expect(rows.length).toBeLessThanOrEqual(120);
  expect(sumOfColumn(rows, 1)).toBe(day.counters.publishes);
  expect(sumOfColumn(rows, 2)).toBe(day.counters.acknowledged);
  expect(rows[1]?.[0]).toBe("15:00");
  expect(await page.locator("#publishes-table caption").textContent()).toBe(
    "Publishes and acknowledgements, each row 15m",
  );
  expect(complaints).toEqual([]);
  await page.close();
});

test("seconds in which nothing happened are there, with the nodes that were connected", async () => {
  const first = SATURATED.timeline[5];
  if (first === undefined) throw new Error("there is no such second");
  const { page } = await openFile(
    browser,
    await reportOf({
      ...SATURATED,
      timeline: [
        { ...first, second: 2, connected: 7 },
        { ...first, second: 5 },
      ],
    }),
  );
  expect((await cells(page, "connected-table")).map(([time, value]) => [time, value])).toEqual([
    ["0:00", "0"],
    ["0:01", "0"],
    ["0:02", "7"],
    ["0:03", "7"],
    ["0:04", "7"],
    ["0:05", number(first.connected)],
  ]);
  await page.close();
});

test("a run in which nothing happened has a report", async () => {
  const nothing = fleetResults({ nodes: 0, seconds: 0 });
  const { page, complaints } = await openFile(
    browser,
    await reportOf({ ...nothing, latency: EMPTY_HISTOGRAM, faults: [] }),
  );
  expect(await page.locator(".none").count()).toBe(CHARTS.length);
  expect(await page.locator("canvas").count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
});

describe("what a report says of the generator", () => {
  const text = (results: FleetResults): string => reportHtml(results).replaceAll("\n", " ");
  const calm = fleetResults({ nodes: 100, seconds: 60 });
  const withCounters = (counters: Partial<FleetResults["counters"]>): FleetResults => ({
    ...calm,
    counters: { ...calm.counters, ...counters },
  });

  test("is plain when it was saturated", () => {
    expect(text(withCounters({ publishes: 1_000, overruns: 20, missed: 0 }))).toContain(
      "<strong>The generator was saturated.</strong> 20 steps of nodes came more than 100 ms late, and nodes missed 0 readings.",
    );
    expect(text(withCounters({ overruns: 0, missed: 1 }))).toContain("The generator was saturated.");
  });

  test("is plain when it was not", () => {
    expect(text(calm)).toContain(
      "<strong>The generator kept up.</strong> No step of a node came more than 100 ms late",
    );
    expect(text(withCounters({ publishes: 100_000, overruns: 1, missed: 0 }))).toContain(
      "<strong>The generator kept up.</strong> 1 step of nodes came more than 100 ms late, and no reading was missed.",
    );
  });

  test("tells a part of a run from the whole", () => {
    const { run } = calm;
    expect(text(calm)).not.toContain("a part of the run");
    expect(text({ ...calm, shards: [0, 2], run: { ...run, shardCount: 4 } })).toContain(
      "This is a part of the run: shards 0, 2 of 4, counted from 0.",
    );
  });

  test("asks for sequence numbers where the module sent none", () => {
    const observed = { messages: 9, unnumbered: 9, gaps: 0, duplicates: 0, reordered: 0, unseen: 0 };
    expect(text({ ...calm, observed })).toContain("NODE_PAYLOAD=2");
    expect(text({ ...calm, observed })).toContain('<strong>–</strong> <span class="note">no sequence numbers</span>');
    const { observed: _, ...unobserved } = calm;
    expect(text(unobserved)).toContain("nothing observed");
  });

  test("keeps uPlot's licence", () => {
    expect(reportHtml(calm)).toContain("The MIT License (MIT)");
    expect(reportHtml(calm)).toMatch(/Copyright \(c\) \d+ Leon Sorokin/);
  });
});

test("a report that can't be written is one line", async () => {
  const path = join(folder, "no", "such", "folder", "report.html");
  await expect(writeReport(SATURATED, path)).rejects.toMatchObject({
    code: "EWRITE",
    message: expect.stringContaining("ENOENT"),
  });
});
