import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Overview } from "../../host/dashboard/protocol.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { until } from "../host/modules.ts";
import { Job, killJobs } from "./job.ts";

const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");
const PORTS = ["--port", "0", "--ws-port", "0"];

afterEach(killJobs);

async function overview(url: string): Promise<Overview> {
  const response = await fetch(`${url}/api/nodes`);
  return (await response.json()) as Overview;
}

describe("wasmote up", () => {
  test("serves the page for its nodes, says where, and ends with 0 at Ctrl-C", async () => {
    const options = ["--nodes", "3", "--http-port", "0", "--module", MODULE, "--json", "--interval", "200ms"];
    const job = new Job("up", ...PORTS, ...options);
    await until("it says where", () => job.stdout.includes("\n"), 50_000);
    const { page, mqtt, ws, nodes } = JSON.parse(job.stdout) as Record<string, string>;
    expect(nodes).toBe(3);
    expect(await (await fetch(String(page))).text()).toContain('<div id="app">');
    const { nodes: reports, broker, intervalMs } = await overview(String(page));
    expect(reports.map(({ id, module }) => `${id} ${module}`)).toEqual([
      "1 temperature",
      "2 temperature",
      "3 temperature",
    ]);
    expect(broker).toEqual({ mqtt, ws });
    expect(intervalMs).toBe(200);
    job.interrupt();
    expect(await job.exit).toBe(0);
    expect(job.stderr).toMatch(/stopping\n$/);
    expect(job.stderr).not.toContain("error");
  });

  test("has a last node that takes commands, unless it is told which module to run", async () => {
    const job = new Job("up", ...PORTS, "--nodes", "2", "--http-port", "0");
    await until("it says where", () => job.stderr.includes("Ctrl-C stops"), 120_000);
    expect(job.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(job.stderr).toMatch(/2 nodes under v8, broker at mqtt:\/\/127\.0\.0\.1:\d+ and ws:.*; Ctrl-C stops\n$/);
    const { nodes } = await overview(job.stdout.trim());
    expect(nodes.map(({ module }) => module)).toEqual(["temperature", "commands"]);
    job.interrupt();
    expect(await job.exit).toBe(0);
  }, 180_000);

  test.each([
    [["--nodes", "10001"], 'error EUSAGE: "10001" is no number of nodes — use a whole number from 1 to 10000'],
    [["--http-port", "70000"], 'error EUSAGE: "70000" is no port — use a whole number from 0 to 65535'],
    [["--htp-port", "80"], "error EUSAGE: unknown option '--htp-port' — did you mean --http-port?"],
  ])("refuses %j in one line, with exit code 2", async (args, message) => {
    const job = new Job("up", ...args);
    expect(await job.exit).toBe(2);
    expect(job.stderr).toBe(`${message}\n`);
    expect(job.stdout).toBe("");
  });
});

test.runIf(process.platform === "linux")("more nodes than the process may open files are refused at once", () => {
  const main = join(PROJECT_ROOT, "host", "cli", "main.ts");
  const command = `ulimit -n 500 && exec "${process.execPath}" --import tsx "${main}" up --nodes 300`;
  const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: PROJECT_ROOT, encoding: "utf-8" });
  expect(status).toBe(1);
  expect(stderr).toBe(
    "error ENOFILE: 300 nodes need 700 open files, and this process may have 500 — " +
      "allow more with ulimit -n 700, or start fewer nodes\n",
  );
});

describe("the port of the page", () => {
  let taken: Server | undefined;
  afterEach(() => taken?.close());

  async function takePort(): Promise<number> {
    const server = createServer();
    taken = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  test.each(["up", "start"])(
    "of `%s` that was asked for and is in use is one line that says what to do",
    async (command) => {
      const port = await takePort();
      const job = new Job(command, ...PORTS, "--module", MODULE, "--http-port", String(port));
      expect(await job.exit).toBe(1);
      expect(job.stderr.split("\n").filter((line) => line.startsWith("error "))).toEqual([
        `error EADDRINUSE: port ${port} on 127.0.0.1 is in use — ` +
          "choose another for the page with --http-port N, or leave that out to take any that is free",
      ]);
      expect(job.stdout).toBe("");
    },
  );
});

describe("npm start", () => {
  test("serves the page beside its messages, and says where", async () => {
    const job = new Job("start", ...PORTS, "--module", MODULE, "--http-port", "0", "--interval", "200ms");
    await until("messages come", () => job.stdout.split("\n").length > 4, 50_000);
    const [, url = ""] = job.stderr.match(/the page that shows them is at (\S+)/) ?? [];
    const { nodes } = await overview(url);
    expect(nodes.map(({ id, phase }) => `${id} ${phase}`)).toEqual(["1 online", "2 online"]);
    job.interrupt();
    expect(await job.exit).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  test("serves none with --no-dashboard, nor at a broker that is not its own", async () => {
    const job = new Job("start", ...PORTS, "--module", MODULE, "--no-dashboard", "--duration", "1s");
    expect(await job.exit).toBe(0);
    expect(job.stderr).not.toContain("page");
    const refused = new Job("start", "--broker", "mqtt://127.0.0.1:1", "--module", MODULE, "--http-port", "0");
    expect(await refused.exit).toBe(2);
    expect(refused.stderr).toBe(
      "error EUSAGE: the page needs the broker that start brings — leave out --broker or --http-port\n",
    );
  });
});
