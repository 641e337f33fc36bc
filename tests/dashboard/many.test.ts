import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { until } from "../host/modules.ts";
import { startBrowser, type Visit, visit } from "./browser.ts";
import { Job, killJobs } from "./job.ts";

const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");
const NODES = 2_000;
/** So many cells at most, however long the list is: what is in view, and some above and below. */
const MOST_CELLS = 40;
/** A reading comes every 20 s. */
const PATIENCE_MS = 50_000;

let browser: Browser;
let job: Job;
let current: Visit;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
  // In a process of its own, so that it takes no time from the test's.
  const options = ["--nodes", String(NODES), "--interval", "20s", "--module", MODULE, "--json"];
  job = new Job("up", ...options, "--port", "0", "--ws-port", "0", "--http-port", "0");
  await until("it says where", () => job.stdout.includes("\n"), 120_000);
  current = await visit(browser, (JSON.parse(job.stdout) as { page: string }).page);
  page = current.page;
  await page.getByText(`${NODES.toLocaleString("en")} online`).waitFor({ timeout: 120_000 });
}, 240_000);

afterAll(async () => {
  await browser.close();
  job.interrupt();
  expect(await job.exit).toBe(0);
  killJobs();
});

const cells = (): Promise<number> => page.getByRole("listbox", { name: "Nodes" }).getByRole("option").count();

test("of 2,000 nodes only those in view are in the document", async () => {
  expect(await cells()).toBeLessThan(MOST_CELLS);
  expect(await page.locator("*").count()).toBeLessThan(2_000);
  const first = page.getByRole("option", { name: /^Node 1, Online,/ });
  expect(await first.getAttribute("aria-setsize")).toBe(String(NODES));
  expect(await first.getAttribute("aria-posinset")).toBe("1");
});

test("the list goes to its end and back by keyboard, and what is in view is live", async () => {
  await page.getByRole("listbox", { name: "Nodes" }).focus();
  await page.keyboard.press("End");
  await page.getByRole("option", { name: /^Node 2000, Online, -?\d/ }).waitFor({ timeout: PATIENCE_MS });
  expect(await cells()).toBeLessThan(MOST_CELLS);
  await page.keyboard.press("PageUp");
  await page.keyboard.press("PageUp");
  const active = (): Promise<string | null> =>
    page.getByRole("listbox", { name: "Nodes" }).getAttribute("aria-activedescendant");
  await expect.poll(async () => (await active()) ?? "", { timeout: 10_000 }).toMatch(/^item-19\d\d$/);
  await page.keyboard.press("Home");
  await page.getByRole("option", { name: /^Node 1, Online, -?\d/ }).waitFor({ timeout: PATIENCE_MS });
});

test("one of them is found by its id, and cut off; the state then finds it", async () => {
  await page.getByRole("searchbox", { name: "Search" }).fill("1234");
  await page.getByText("1 of 2,000").waitFor();
  await page.getByRole("option", { name: /^Node 1234,/ }).click();
  const panel = page.getByRole("tabpanel", { name: "Node" });
  await panel.getByRole("button", { name: "Cut network" }).click();
  await page.getByRole("searchbox", { name: "Search" }).fill("");
  await page.getByRole("combobox", { name: "State" }).selectOption("will");
  await page.getByText("1 of 2,000").waitFor();
  await page.getByRole("option", { name: /^Node 1234, .*offline by will/ }).waitFor();
  await page.getByRole("combobox", { name: "State" }).selectOption("all");
});

test("scrolling through all of them keeps up with the list, and nothing complains", async () => {
  // How long frames take depends on the machine: it is printed, and only that they come is held against the page.
  const longest = await page.evaluate<{ frames: number; longestMs: number; cells: number }>(`new Promise((resolve) => {
    const list = document.querySelector("[role=listbox]");
    let frames = 0, longestMs = 0, cells = 0, last = performance.now();
    const next = (now) => {
      longestMs = Math.max(longestMs, now - last);
      last = now;
      cells = Math.max(cells, list.querySelectorAll("[role=option]").length);
      list.scrollTop += 1_000;
      if (++frames === 100) resolve({ frames, longestMs, cells });
      else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })`);
  console.log(`2,000 nodes: the longest of ${longest.frames} frames took ${longest.longestMs.toFixed(0)} ms`);
  expect(longest.cells).toBeLessThan(MOST_CELLS);
  await page.getByRole("option", { name: /^Node 2000,/ }).waitFor();
  expect(current.complaints).toEqual([]);
  expect(current.strangers).toEqual([]);
  expect(job.stderr).not.toContain("error");
});
