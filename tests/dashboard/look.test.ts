import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { layoutShifts, startBrowser, type Visit, visit } from "./browser.ts";
import { Stage } from "./stage.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");

let browser: Browser;
let stage: Stage;
let current: Visit | undefined;

beforeAll(async () => {
  browser = await startBrowser();
  stage = await Stage.start();
});

afterAll(async () => {
  await browser.close();
  await stage.close();
});

afterEach(async () => {
  await current?.page.context().close();
  expect(current?.complaints ?? []).toEqual([]);
  // Afresh, so that no back-off of one test is waited for in the next.
  for (const id of ["1", "2", "3"]) {
    await stage.nodes.act(id, "restore");
    await stage.nodes.act(id, "kill");
    await stage.nodes.act(id, "start");
  }
});

async function open(options: Parameters<typeof visit>[2] = {}): Promise<Page> {
  current = await visit(browser, stage.url, options);
  return current.page;
}

/** What axe-core finds against WCAG 2.2 AA and its own best practices, each with the first element that it is about. */
function violations(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(async () => {
    ${AXE};
    const { violations } = await axe.run(document);
    return violations.map(({ id, nodes }) => id + ": " + nodes[0].html + " " + nodes[0].failureSummary);
  })()`);
}

const background = (page: Page): Promise<string> =>
  page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");

const LIGHT = "rgb(243, 245, 247)";
const DARK = "rgb(14, 19, 23)";

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test.each([1280, 390])("nothing stands in the way of anybody, contrast included, at %d pixels", async (width) => {
    const page = await open({ colorScheme, viewport: { width, height: 800 } });
    expect(await background(page)).toBe(colorScheme === "dark" ? DARK : LIGHT);
    await stage.nodes.act("1", "cut");
    await stage.nodes.act("2", "kill");
    await page.getByRole("option", { name: /^Node 1, Queueing, network cut · offline by will/ }).waitFor();
    await page.getByRole("option", { name: /^Node 2, Off/ }).waitFor();
    expect(await violations(page)).toEqual([]);
    for (const tab of ["Node", "Console"]) {
      await page.getByRole("tab", { name: tab }).click();
      expect(await violations(page)).toEqual([]);
    }
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  });
});

test("the theme is the system's until somebody chooses, and then stays after a reload", async () => {
  const page = await open({ colorScheme: "light" });
  const choice = page.getByRole("combobox", { name: "Theme" });
  await choice.selectOption("dark");
  expect(await background(page)).toBe(DARK);
  await page.reload();
  await page.getByRole("option", { name: /^Node 1,/ }).waitFor();
  expect(await background(page)).toBe(DARK);
  await choice.selectOption("auto");
  expect(await background(page)).toBe(LIGHT);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await background(page)).toBe(DARK);
});

test.each([1280, 390])("nothing moves while states and values change, at %d pixels", async (width) => {
  const page = await open({ viewport: { width, height: 800 } });
  await page.getByRole("option", { name: /^Node 3, Online, \d/ }).waitFor();
  await stage.nodes.act("1", "cut");
  await stage.nodes.act("2", "kill");
  await page.getByRole("option", { name: /^Node 1, Queueing, .* queue \d\d, / }).waitFor();
  await page.getByRole("option", { name: /^Node 2, Off/ }).waitFor();
  await stage.nodes.act("1", "restore");
  await stage.nodes.act("2", "start");
  await page.getByRole("option", { name: /^Node 1, Online, / }).waitFor();
  await page.getByRole("option", { name: /^Node 2, Online, / }).waitFor();
  expect(await layoutShifts(page)).toEqual([]);
});

test("for who wants less motion, nothing is animated", async () => {
  const page = await open({ reducedMotion: "reduce" });
  const durations = await page.evaluate<string[]>(
    "[...new Set([...document.querySelectorAll('*')].flatMap((element) => {" +
      "const { transitionDuration, animationName } = getComputedStyle(element); return [transitionDuration, animationName]; }))]",
  );
  expect(durations.toSorted()).toEqual(["0s", "none"]);
});

describe("by keyboard alone", () => {
  /** What has the focus, by its role or element and its name. */
  const focused = (page: Page): Promise<string> =>
    page.evaluate<string>(`(() => {
      const element = document.activeElement;
      const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.querySelector("span")?.textContent ?? element.textContent;
      return (element.getAttribute("role") ?? element.localName) + " " + name;
    })()`);

  /** Tab until something has the focus. */
  async function tabTo(page: Page, wanted: string): Promise<void> {
    const seen: string[] = [];
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press("Tab");
      const now = await focused(page);
      if (now === wanted) return;
      seen.push(now);
    }
    throw new Error(`Tab does not come to ${wanted}: ${seen.join(" | ")}`);
  }

  test("the focus goes through the page in the order in which it is read", async () => {
    const page = await open();
    const order: string[] = [];
    for (let presses = 0; presses < 7; presses++) {
      await page.keyboard.press("Tab");
      order.push(await focused(page));
    }
    expect(order).toEqual([
      "select Theme",
      "input Search",
      "select State",
      "listbox Nodes",
      "tab Try it",
      "select Node",
      "button Cut network",
    ]);
  });

  test("a node is chosen in the list, its network cut and restored", async () => {
    const page = await open();
    await tabTo(page, "listbox Nodes");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    const panel = page.getByRole("tabpanel", { name: "Node" });
    await panel.getByRole("heading", { name: "Node 2" }).waitFor();
    expect(await page.getByRole("option", { name: /^Node 2,/ }).getAttribute("aria-selected")).toBe("true");
    await tabTo(page, "button Cut network");
    await page.keyboard.press("Space");
    await page.getByRole("option", { name: /^Node 2, Queueing, network cut/ }).waitFor();
    await page.getByRole("status").filter({ hasText: "The network of node 2 is cut." }).waitFor();
    expect(await focused(page)).toBe("button Restore network");
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: /^Node 2, Online, -?\d/ }).waitFor();
  });

  test("tabs are gone through with arrow keys, and the console is used", async () => {
    const page = await open();
    await tabTo(page, "tab Try it");
    await page.keyboard.press("End");
    expect(await focused(page)).toBe("tab Console");
    await page.keyboard.press("ArrowRight");
    expect(await focused(page)).toBe("tab Try it");
    await page.keyboard.press("ArrowLeft");
    await tabTo(page, "input Topic filter");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("sensor/1/temperature");
    await page.keyboard.press("Enter");
    const console = page.getByRole("tabpanel", { name: "Console" });
    await console.locator(".transcript .topic", { hasText: "sensor/1/temperature" }).first().waitFor();
  });
});
