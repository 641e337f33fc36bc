/** Chromium of the system, without a window, and one page in it whose every complaint is kept. */

import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const EXECUTABLE = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

/** Nothing of its own that goes to the network, and no sandbox: in a container root has none. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts it with an empty profile of its own. */
export async function startBrowser(): Promise<Browser> {
  if (EXECUTABLE === undefined) throw new Error("the tests of the dashboard need chromium: npm test installs it");
  return chromium.launch({ executablePath: EXECUTABLE, headless: true, args: FLAGS });
}

/** Adds up how far things have moved that nobody has touched: the score that is called Cumulative Layout Shift. */
const COUNT_SHIFTS = `
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? node?.textContent);
      window.shifts.push(entry.value + ": " + moved.join(", "));
    }
  }).observe({ type: "layout-shift", buffered: true });`;

/** Every such move since the page was opened, with what moved. */
export function layoutShifts(page: Page): Promise<string[]> {
  return page.evaluate<string[]>("window.shifts");
}

export interface Visit {
  readonly page: Page;
  /** What the browser's console had to complain about, and errors that nobody caught. */
  readonly complaints: readonly string[];
  /** Addresses that were asked for and are not on this machine's loopback. */
  readonly strangers: readonly string[];
}

/** Opens the page in a context of its own, and waits until its nodes are there. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  const check = (address: string): void => {
    if (!/^(?:http|ws):\/\/127\.0\.0\.1:/.test(address)) strangers.push(address);
  };
  page.on("request", (request) => check(request.url()));
  page.on("websocket", (socket) => check(socket.url()));
  await page.addInitScript(COUNT_SHIFTS);
  await page.goto(url);
  await page.getByRole("listbox", { name: "Nodes" }).getByRole("option").first().waitFor();
  return { page, complaints, strangers };
}
