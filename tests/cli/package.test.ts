/** The package, from `npm pack` to a project of one's own whose tests pass. */

import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBroker } from "../../host/broker.ts";
import { COMMANDS } from "../../host/cli/table/index.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { InstalledPackage, Job, run, runWell } from "./installed.ts";

const INSTALL_MS = 300_000;

let installed: InstalledPackage;
let version: string;

beforeAll(async () => {
  ({ version } = JSON.parse(await readFile(join(PROJECT_ROOT, "package.json"), "utf-8")) as { version: string });
  installed = await InstalledPackage.make();
  // It has to do without what only a checkout's TypeScript needs.
  await rm(join(installed.folder, "node_modules", "tsx"), { recursive: true, force: true });
}, INSTALL_MS);

afterAll(() => installed?.remove());

describe("the package", () => {
  test("holds the compiled host with its declarations, the SDK, the pages, and no source, test or board", () => {
    for (const file of [
      "dist/index.js",
      "dist/index.d.ts",
      "assembly/index.ts",
      "asconfig.json",
      "docs/cli.md",
      "LICENSE",
    ]) {
      expect(installed.files).toContain(file);
    }
    const strays = installed.files.filter(
      (file) =>
        /^(tests|boards|examples|node_modules)\//.test(file) || (file.startsWith("host/") && /\.tsx?$/.test(file)),
    );
    expect(strays).toEqual([]);
  });

  test("installs a command that knows its version and every command of the table", async () => {
    expect((await runWell(installed.folder, "npx", "wasmote", "--version")).trim()).toBe(version);
    const help = await runWell(installed.folder, "npx", "wasmote", "--help");
    for (const { name } of COMMANDS) expect(help).toContain(`  ${name.split(" ")[0]} `);
  });

  test("is what a program imports, and refuses what is not meant for it", async () => {
    const printed = await installed.script(
      installed.folder,
      `import * as wasmote from "wasmote";
       import { createRequire } from "node:module";
       const module = wasmote.loadModule(await wasmote.readModule("node_modules/wasmote/build/temperature.wasm"));
       const error = await wasmote.readModule("none.wasm").catch((error) => error);
       const inner = await import("wasmote/dist/errors.js").catch(({ code }) => code);
       const { version } = createRequire(import.meta.url)("wasmote/package.json");
       console.log(JSON.stringify([module.metadata.abiVersion, error instanceof wasmote.WasmoteError, error.code, inner, version]));`,
    );
    expect(JSON.parse(printed)).toEqual([1, true, "ENOMODULE", "ERR_PACKAGE_PATH_NOT_EXPORTED", version]);
  });

  test("starts the demonstration without building anything", async () => {
    const options = ["--duration", "2s", "--port", "0", "--ws-port", "0", "--json"];
    const { code, stdout } = await run(installed.folder, "npx", "wasmote", "start", ...options);
    expect(code).toBe(0);
    const topics = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { topic: string }).topic);
    expect(new Set(topics)).toEqual(new Set(["sensor/1/temperature", "sensor/2/temperature"]));
  });

  test("serves the page that shows nodes", async () => {
    const wasmote = join(installed.folder, "node_modules", ".bin", "wasmote");
    const ports = ["--http-port", "0", "--port", "0", "--ws-port", "0"];
    const job = new Job(installed.folder, wasmote, ["up", "--nodes", "2", "--json", ...ports]);
    try {
      const { page, nodes } = JSON.parse(await job.firstLine()) as { page: string; nodes: number };
      expect(nodes).toBe(2);
      const response = await fetch(page);
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(/<script type="module"/);
      job.interrupt();
      expect((await job.outcome()).code).toBe(0);
    } finally {
      job.kill();
    }
  });

  test("tests nodes in virtual time", async () => {
    const printed = await installed.script(
      installed.folder,
      `import { createWorld, minutes } from "wasmote/testing";
       const world = createWorld({ seed: 1 });
       world.node("node_modules/wasmote/build/temperature.wasm", { id: "42", sensor: () => 17_200 });
       await world.run(minutes(1));
       console.log(world.broker.messages("sensor/42/temperature").length);`,
    );
    // A reading a second.
    expect(Number(printed)).toBeGreaterThan(50);
  });

  test("has every page that a message of the command line names, where the message says that it is", async () => {
    const sources = (await readdir(join(PROJECT_ROOT, "host"), { recursive: true })).filter((name) =>
      /\.tsx?$/.test(name),
    );
    const named = new Set<string>();
    for (const source of sources) {
      const text = await readFile(join(PROJECT_ROOT, "host", source), "utf-8");
      for (const [, page = ""] of text.matchAll(/docsPage\("([^"]+)"\)/g)) named.add(page);
      // A path that is written out would not be found from a project's folder. Comments are for whoever has the source.
      const code = text.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, "");
      expect(code.match(/docs\/[\w-]+\.md/g) ?? [], source).toEqual([]);
    }
    expect(named).toContain("scenarios.md");
    for (const page of named) expect(installed.files).toContain(`docs/${page}`);

    const { code, stderr } = await run(installed.folder, "npx", "wasmote", "build", "x.ts", "--use", "none");
    expect(code).toBe(2);
    const [path = ""] = stderr.match(/node_modules\/wasmote\/docs\/[\w-]+\.md/) ?? [];
    expect(await readFile(join(installed.folder, path), "utf-8")).toContain("NODE_QUEUE");
  });

  test("says in one line that wasm3 needs a checkout", async () => {
    const { code, stderr } = await run(installed.folder, "npx", "wasmote", "start", "--engine", "wasm3");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error EWASM3: the installed package has no wasm3 engine: [^\n]+\n$/);
  });
});

describe("a project that `wasmote new` began", () => {
  let app: string;

  beforeAll(async () => {
    await runWell(installed.folder, "npx", "wasmote", "new", "app");
    // Outside, so that nothing is found but what is its own.
    app = join(await mkdtemp(join(installed.folder, "..", "home-")), "app");
    await rename(join(installed.folder, "app"), app);
    // The version that its package.json asks for is not in the registry while that is worked on.
    const manifest = join(app, "package.json");
    const text = await readFile(manifest, "utf-8");
    await writeFile(manifest, text.replace(`"wasmote": "${version}"`, `"wasmote": "file:${installed.tarball}"`));
    expect(await readFile(manifest, "utf-8")).not.toBe(text);
    await runWell(app, "npm", "install", "--prefer-offline");
  }, INSTALL_MS);

  test("has tests that pass", async () => {
    const { code, stdout, stderr } = await run(app, "npm", "test");
    expect(stdout + stderr).toMatch(/Tests +1 passed/);
    expect(code).toBe(0);
  });

  test("has tests that fail if the node reads another value", async () => {
    const entry = join(app, "assembly", "index.ts");
    const text = await readFile(entry, "utf-8");
    await writeFile(entry, text.replace("sensor.read(PROBE)", "sensor.read(PROBE) + 100"));
    const { code, stdout, stderr } = await run(app, "npm", "test");
    await writeFile(entry, text);
    expect(stdout + stderr).toMatch(/Test timed out|failed/);
    expect(code).not.toBe(0);
  });

  test("type-checks against the package's declarations", async () => {
    const tsc = join(PROJECT_ROOT, "node_modules", ".bin", "tsc");
    expect(await run(app, tsc, "-p", ".")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("has a node that `wasmote build` makes and `wasmote run` runs at a broker", async () => {
    await rm(join(app, "build"), { recursive: true, force: true });
    const built: unknown = JSON.parse(await runWell(app, "npx", "wasmote", "build", "--json"));
    const { length } = await readFile(join(app, "build", "node.wasm"));
    expect(built).toMatchObject({ module: join("build", "node.wasm"), bytes: length, abiVersion: 1 });
    const broker = await startBroker({ port: 0, wsPort: 0 });
    const address = `mqtt://${broker.host}:${broker.port}`;
    const subscriber = await mqtt.connectAsync(address);
    await subscriber.subscribeAsync("sensor/app-1/temperature");
    const first = new Promise<string>((resolve) => {
      subscriber.once("message", (_topic, payload) => resolve(String(payload)));
    });
    const options = ["--id", "app-1", "--broker", address, "--sensor", "constant:-4.5"];
    const job = new Job(app, join(app, "node_modules", ".bin", "wasmote"), ["run", "build/node.wasm", ...options]);
    try {
      expect(await first).toBe('{"msg":"-4.5"}');
      job.interrupt();
      expect((await job.outcome()).code).toBe(0);
    } finally {
      job.kill();
      await subscriber.endAsync();
      await broker.close();
    }
  });

  test("takes a scenario in TypeScript, also where Node.js takes it for a CommonJS module", async () => {
    const folder = join(app, "common");
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), '{ "type": "commonjs" }');
    await writeFile(
      join(folder, "scenario.ts"),
      `import { defineScenario } from "wasmote";
       export default defineScenario({ name: "common", groups: [{ name: "all" }] });`,
    );
    const broker = await startBroker({ port: 0, wsPort: 0 });
    try {
      const options = ["--scenario", "common/scenario.ts", "--broker", `mqtt://${broker.host}:${broker.port}`];
      const module = "node_modules/wasmote/build/commands.wasm";
      const counts = ["--nodes", "2", "--duration", "1s", "--json"];
      const printed = await runWell(app, "npx", "wasmote", "fleet", "run", module, ...options, ...counts);
      expect(JSON.parse(printed)).toMatchObject({ nodes: 2, run: { scenario: "common" } });
    } finally {
      await broker.close();
    }
  });

  test("has a scenario that `wasmote fleet run` runs it through", async () => {
    await runWell(app, "npx", "wasmote", "build");
    const broker = await startBroker({ port: 0, wsPort: 0 });
    try {
      const address = `mqtt://${broker.host}:${broker.port}`;
      const options = [
        "--broker",
        address,
        "--scenario",
        "scenario.json",
        "--nodes",
        "8",
        "--duration",
        "2s",
        "--json",
      ];
      const printed = await runWell(app, "npx", "wasmote", "fleet", "run", "build/node.wasm", ...options);
      expect(JSON.parse(printed)).toMatchObject({ nodes: 8, run: { scenario: "app" }, counters: { connected: 8 } });
    } finally {
      await broker.close();
    }
  });
});
