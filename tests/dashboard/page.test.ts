import mqtt from "mqtt";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { until } from "../host/modules.ts";
import { startBrowser, type Visit, visit } from "./browser.ts";
import { Stage } from "./stage.ts";

let browser: Browser;
let stage: Stage;
let current: Visit;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  stage = await Stage.start();
  current = await visit(browser, stage.url);
  page = current.page;
});

afterEach(async () => {
  await page.context().close();
  await stage.close();
  expect(current.complaints).toEqual([]);
  expect(current.strangers).toEqual([]);
  expect(stage.errors).toEqual([]);
});

/** A node in the list, whose name is all that the list says of it. */
function option(name: RegExp): Locator {
  return page.getByRole("option", { name });
}

function step(title: string): Locator {
  return page.getByRole("region", { name: title });
}

const button = (where: Page | Locator, name: string): Locator => where.getByRole("button", { name, exact: true });

/** The lines of a transcript, without times. */
async function lines(where: Locator): Promise<string[]> {
  const all = await where.locator(".transcript li:not(.nothing)").allInnerTexts();
  return all.map((text) =>
    text
      .replace(/^\d\d:\d\d:\d\d/, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
}

/** Waits until the transcript ends with this line; fails with what it has instead. */
async function lastLine(where: Locator, wanted: RegExp | string): Promise<void> {
  await expect.poll(async () => (await lines(where)).at(-1), { timeout: 20_000 }).toMatch(wanted);
}

describe("the list", () => {
  test("shows each node with its state, its last reading, queue and drops, and draws its readings", async () => {
    for (const id of [1, 2, 3]) {
      await option(new RegExp(`^Node ${id}, Online, -?\\d+\\.\\d °C, queue [01], drops 0$`)).waitFor();
    }
    const pixels = (): Promise<number> =>
      page.evaluate<number>(`(() => {
        const canvas = document.querySelectorAll("[role=option] canvas")[1];
        // A copy, as Chromium complains about a canvas that is read again and again.
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        return [...data].filter((value, index) => index % 4 === 3 && value > 0).length;
      })()`);
    await expect.poll(pixels, { timeout: 10_000 }).toBeGreaterThan(200);
  });

  test("goes on live: the values change without anybody touching the page", async () => {
    const name = (): Promise<string | null> =>
      option(/^Node 1,/)
        .locator(".unseen")
        .textContent();
    const seen = new Set<string | null>();
    await expect.poll(async () => seen.add(await name()).size, { timeout: 20_000, interval: 50 }).toBeGreaterThan(3);
  });

  test("is searched by id and narrowed to a state", async () => {
    await page.getByRole("searchbox", { name: "Search" }).fill("2");
    await expect.poll(() => page.getByRole("listbox", { name: "Nodes" }).getByRole("option").count()).toBe(1);
    await option(/^Node 2,/).waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill("nobody");
    await page.getByText("No node matches.").waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill("");
    await stage.nodes.act("3", "kill");
    await page.getByRole("combobox", { name: "State" }).selectOption("off");
    await expect.poll(() => page.getByRole("listbox", { name: "Nodes" }).getByRole("option").count()).toBe(1);
    await option(/^Node 3, Off,/).waitFor();
  });

  test("shows a node that begins again after its power was cut", async () => {
    await option(/^Node 2,/).click();
    const panel = page.getByRole("tabpanel", { name: "Node" });
    await panel.getByRole("heading", { name: "Node 2" }).waitFor();
    await button(panel, "Cut power").click();
    await option(/^Node 2, Off, offline by will/).waitFor();
    await button(panel, "Switch on").click();
    await option(/^Node 2, Online,/).waitFor();
    const log = panel.getByRole("region", { name: "Log of node 2" });
    await expect.poll(() => log.locator("li").first().innerText()).toContain("online");
  });
});

describe("the steps", () => {
  test("1: a network that is cut makes the broker publish the will, and restored the node delivers what it queued", async () => {
    const will = step("The last will");
    await will.getByRole("combobox", { name: "Node" }).selectOption("2");
    await button(will, "Cut network").click();
    await lastLine(will, /^← received ?sensor\/2\/status offline QoS 1$/);
    await option(/^Node 2, Queueing, network cut · offline by will, .* queue [1-9]\d*, drops 0$/).waitFor();
    await button(will, "Restore network").click();
    await lastLine(will, /^← received ?sensor\/2\/status online QoS 0$/);
    await option(/^Node 2, Online, [^·]*queue \d, /).waitFor();
    const { settled, dropped } = stage.nodes.node("2").report();
    await until("it has delivered what waited", () => (stage.nodes.node("2").report().settled ?? 0) > (settled ?? 0));
    expect(dropped).toBe(0);
  });

  test("2: a late subscriber gets the second of two retained messages", async () => {
    const retained = step("Retained messages");
    await button(retained, "Publish two").click();
    await lastLine(retained, /^→ published ?demo\/retained second QoS 1, retained$/);
    await button(retained, "Subscribe late").click();
    await lastLine(retained, /^← received ?late subscriber demo\/retained second QoS 1, retained$/);
    const others = await mqtt.connectAsync(`mqtt://127.0.0.1:${stage.broker.port}`);
    const got: string[] = [];
    others.on("message", (topic, payload, { retain }) => got.push(`${topic} ${payload} ${retain}`));
    await others.subscribeAsync("demo/#", { qos: 1 });
    await until("another client gets it too", () => got.length > 0);
    expect(got).toEqual(["demo/retained second true"]);
    await others.endAsync();
    await button(retained, "Remove it").click();
    await lastLine(retained, /^→ published ?demo\/retained \(empty\) QoS 1, retained$/);
    await button(retained, "Subscribe late").click();
    await lastLine(retained, "nothing is retained there");
  });

  test("3: what is published while a client is away waits in its session, and drains when it comes back", async () => {
    const session = step("A session that waits");
    await button(session, "Subscribe and leave").click();
    await lastLine(session, "it has left; its session waits at the broker");
    await button(session, "Publish three").click();
    await session.getByText("Waiting at the broker: 3").waitFor();
    expect((await lines(session)).filter((line) => line.startsWith("←"))).toEqual([]);
    await button(session, "Come back").click();
    await lastLine(session, "demo/notices three QoS 1");
    expect((await lines(session)).filter((line) => line.startsWith("←"))).toEqual([
      expect.stringContaining("demo/notices one QoS 1"),
      expect.stringContaining("demo/notices two QoS 1"),
      expect.stringContaining("demo/notices three QoS 1"),
    ]);
    await session.getByText("Waiting at the broker: 0").waitFor();
    await button(session, "End session").click();
    await lastLine(session, "the session is ended");
  });

  test("4: a node answers the command `interval`, and refuses one that is out of range", async () => {
    const command = step("A command and its answer");
    await expect.poll(() => command.getByRole("combobox", { name: "Node" }).inputValue()).toBe("3");
    await command.getByRole("combobox", { name: "Interval" }).selectOption("1000");
    await button(command, "Send").click();
    await lastLine(command, /^← received ?sensor\/3\/cmd\/interval\/result {"result":1000} QoS 0$/);
    await command.getByRole("combobox", { name: "Interval" }).selectOption("50");
    await button(command, "Send").click();
    await lastLine(command, '{"error":2}');
  });

  test("4: a command for a node whose network is cut waits in its session, and is answered when the node is back", async () => {
    const command = step("A command and its answer");
    await expect.poll(() => command.getByRole("combobox", { name: "Node" }).inputValue()).toBe("3");
    await stage.nodes.act("3", "cut");
    await option(/^Node 3, Queueing, network cut · offline by will/).waitFor();
    await button(command, "Send").click();
    await lastLine(command, /^→ published ?sensor\/3\/cmd\/interval 250 QoS 1$/);
    await stage.nodes.act("3", "restore");
    await lastLine(command, '{"result":250}');
  });
});

describe("the console", () => {
  let panel: Locator;
  beforeEach(async () => {
    await page.getByRole("tab", { name: "Console" }).click();
    panel = page.getByRole("tabpanel", { name: "Console" });
  });

  async function subscribe(filter: string): Promise<void> {
    await panel.getByRole("textbox", { name: "Topic filter" }).fill(filter);
    await button(panel, "Subscribe").click();
  }

  test("subscribes to any filter, and publishes any message", async () => {
    await panel.getByRole("form", { name: "Subscribe" }).getByRole("combobox", { name: "QoS" }).selectOption("2");
    await subscribe("house/+/lamp");
    await panel.getByRole("list", { name: "Subscriptions" }).getByText("house/+/lamp").waitFor();
    const form = panel.getByRole("form", { name: "Publish" });
    await form.getByRole("textbox", { name: "Topic" }).fill("house/attic/lamp");
    await form.getByRole("textbox", { name: "Payload" }).fill('{"on":true} ✓');
    await form.getByRole("combobox", { name: "QoS" }).selectOption("2");
    await form.getByRole("checkbox", { name: "Retain" }).check();
    await button(form, "Publish").click();
    await expect.poll(() => lines(panel)).toEqual(['house/attic/lamp {"on":true} ✓ QoS 2']);
    // What it asked to be retained is.
    const late = await mqtt.connectAsync(`mqtt://127.0.0.1:${stage.broker.port}`);
    const got = new Promise((resolve) =>
      late.once("message", (_topic, payload, { retain }) => resolve(`${payload} ${retain}`)),
    );
    await late.subscribeAsync("house/attic/lamp");
    expect(await got).toBe('{"on":true} ✓ true');
    await late.endAsync();
    await button(panel, "Unsubscribe from house/+/lamp").click();
    await expect.poll(() => panel.getByRole("list", { name: "Subscriptions" }).locator("li").count()).toBe(0);
  });

  test.each([
    ["", "at least one character"],
    ["sensor/#/status", "# stands alone"],
    ["sensor/a#", "# stands alone"],
    ["sensor/a+/status", "+ stands for one whole level"],
  ])("names what is wrong with the filter %j", async (filter, message) => {
    await subscribe(filter);
    await panel.getByRole("alert").filter({ hasText: message }).waitFor();
    expect(await panel.getByRole("textbox", { name: "Topic filter" }).getAttribute("aria-invalid")).toBe("true");
  });

  test.each([
    ["", "at least one character"],
    ["sensor/+/status", "no wildcards"],
    ["$SYS/x", "the broker's own"],
  ])("names what is wrong with the topic %j", async (topic, message) => {
    await panel.getByRole("textbox", { name: "Topic", exact: true }).fill(topic);
    await button(panel, "Publish").click();
    await panel.getByRole("alert").filter({ hasText: message }).waitFor();
  });

  test("keeps the last 200 messages and says how many there were", async () => {
    await subscribe("flood/#");
    await panel.getByRole("list", { name: "Subscriptions" }).getByText("flood/#").waitFor();
    const source = await mqtt.connectAsync(`mqtt://127.0.0.1:${stage.broker.port}`);
    for (let i = 1; i <= 500; i++) await source.publishAsync("flood/x", String(i), { qos: 1 });
    await source.endAsync();
    await panel.getByText("the last 200 of 500").waitFor();
    const all = await lines(panel);
    expect(all).toHaveLength(200);
    expect(all[0]).toContain("flood/x 500");
    expect(all[199]).toContain("flood/x 301");
    await button(panel, "Clear").click();
    await expect.poll(() => lines(panel)).toEqual([]);
  });

  test("shows what is no text, and what looks like markup, as text", async () => {
    await subscribe("odd");
    await panel.getByRole("list", { name: "Subscriptions" }).getByText("odd").waitFor();
    const source = await mqtt.connectAsync(`mqtt://127.0.0.1:${stage.broker.port}`);
    await source.publishAsync("odd", "<img src=x onerror=alert(1)>", { qos: 1 });
    await source.publishAsync("odd", Buffer.from([0xff, 0x00, 0x41]), { qos: 1 });
    await source.endAsync();
    await expect
      .poll(() => lines(panel))
      .toEqual([expect.stringContaining("\ufffd"), "odd <img src=x onerror=alert(1)> QoS 1"]);
    expect(await panel.locator("img").count()).toBe(0);
  });
});

test("under wasm3 the network can't be cut, and the page says why; what it can't know it does not show", async () => {
  const other = await Stage.start({ engine: "wasm3", examples: ["temperature"] });
  const { page: its, complaints } = await visit(browser, other.url);
  await its.getByRole("option", { name: /^Node 1, Online, -?\d+\.\d °C, drops 0$/ }).click({ timeout: 60_000 });
  const panel = its.getByRole("tabpanel", { name: "Node" });
  expect(await panel.getByRole("button", { name: "Cut network" }).isDisabled()).toBe(true);
  await panel.getByText("The network can’t be cut: under wasm3 a node has a process of its own").waitFor();
  expect(await panel.locator("dt", { hasText: "Queue" }).locator("~ dd").innerText()).toBe("–");
  await panel.getByRole("button", { name: "Cut power" }).click();
  await its.getByRole("option", { name: /^Node 1, Off, offline by will/ }).waitFor();
  await its.context().close();
  await other.close();
  expect(complaints).toEqual([]);
});

test("the page says when it loses the broker, and goes on when it is back", async () => {
  await page.getByText("Live from the broker").waitFor();
  const { port } = stage.dashboard;
  await stage.dashboard.close();
  await page.getByText("Reconnecting to the broker …").waitFor();
  const again = await stage.serveAgain(port);
  await page.getByText("Live from the broker").waitFor({ timeout: 30_000 });
  await option(/^Node 1, Online, /).waitFor();
  await again.close();
  // Chromium itself says that nothing listened there in between.
  const own = current.complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED"));
  current = { ...current, complaints: own };
});
