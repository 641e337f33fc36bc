/** `build`: what it finds, what it writes, and what it says of an application that is none. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readBuildConfig } from "../../host/build/config.ts";
import { buildProject } from "../../host/build/project.ts";
import { loadModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { readMetadata } from "../../host/module/metadata.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Command, wasmote } from "../device/command.ts";
import { until } from "../host/modules.ts";
import { compileApp } from "../unit/harness/modules.ts";

const APP = readFileSync(join(PROJECT_ROOT, "templates", "project", "assembly", "index.ts"), "utf-8");

/** The application with something before its end, and something before its step. */
function app({ step = "", module = "" }: { step?: string; module?: string } = {}): string {
  return APP.replace("export function step", `${module}\nexport function step`)
    .replace("  return node.finish", `  ${step}\n  return node.finish`)
    .replace("{ node, sensor }", "{ node, sensor, utf8 }");
}

let root: string;
let folder: string;
let count = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "wasmote-build-"));
});

beforeEach(() => {
  folder = join(root, `project-${count++}`);
  write("package.json", "{}");
});

afterAll(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function refusal(promise: Promise<unknown>): Promise<WasmoteError> {
  const error = await promise.then(
    () => "built",
    (each: unknown) => each,
  );
  if (error instanceof WasmoteError) return error;
  throw new Error(`it was not refused, but ${error}`);
}

describe("a build", () => {
  test("finds entry and configuration of the project from a folder within, and obeys outFile and textFile", async () => {
    write("assembly/index.ts", app());
    const options = { outFile: "out/a.wasm", textFile: "out/a.wat", use: ["NODE_QUEUE=64"] };
    write("asconfig.json", JSON.stringify({ extends: "wasmote/asconfig.json", options }));
    const within = join(folder, "some", "where");
    mkdirSync(within, { recursive: true });
    const { path, wasm, metadata } = await buildProject({}, within);
    expect(path).toBe(join(folder, "out", "a.wasm"));
    expect(readFileSync(path)).toEqual(Buffer.from(wasm));
    expect(readFileSync(join(folder, "out", "a.wat"), "utf-8")).toMatch(/^\(module/);
    expect(loadModule(wasm).metadata).toEqual(metadata);
    // 32 further places in the queue, of 4 bytes each.
    const { imageSize } = readMetadata(await compileApp("examples/temperature/index.ts"));
    expect(metadata.imageSize - imageSize).toBe(128);
  });

  test("needs no configuration, and names the module after the entry file, or after its folder", async () => {
    write("assembly/door.ts", app());
    write("nodes/window/index.ts", app());
    expect((await buildProject({ entry: "assembly/door.ts" }, folder)).path).toBe(join(folder, "build", "door.wasm"));
    expect((await buildProject({ entry: "nodes/window" }, folder)).path).toBe(join(folder, "build", "window.wasm"));
  });

  test("makes of the same application what a checkout makes of it: the same layout, the same image", async () => {
    write("assembly/index.ts", app());
    const { metadata, wasm } = await buildProject({}, folder);
    const inCheckout = await compileApp("examples/temperature/index.ts");
    const { layoutId, imageSize } = readMetadata(inCheckout);
    expect(metadata).toMatchObject({ layoutId, imageSize });
    expect(Math.abs(wasm.length - inCheckout.length)).toBeLessThan(16);
  });

  test("has the same layout wherever the application lies, and another one when its state is another", async () => {
    const counter = (field: string): string =>
      app({
        module: `@unmanaged class State { ${field}: i32 = 0; }\nconst state = changetype<State>(memory.data(offsetof<State>(), 4));`,
        step: `state.${field}++;`,
      });
    write("one/index.ts", counter("count"));
    write("two/deeper/index.ts", counter("count"));
    write("three/index.ts", counter("total"));
    const [one, two, three] = [
      await buildProject({ entry: "one" }, folder),
      await buildProject({ entry: "two/deeper" }, folder),
      await buildProject({ entry: "three" }, folder),
    ];
    expect(two?.metadata.layoutId).toBe(one?.metadata.layoutId);
    expect(three?.metadata.layoutId).not.toBe(one?.metadata.layoutId);
    expect(three?.metadata.imageSize).toBe(one?.metadata.imageSize);
  });

  test("keeps names where it is asked to", async () => {
    write("assembly/index.ts", app());
    const plain = await buildProject({ out: "plain.wasm" }, folder);
    const named = await buildProject({ out: "named.wasm", debugNames: true }, folder);
    expect(Buffer.from(named.wasm).includes("~lib/wasmote/assembly/node/node/setupNode")).toBe(true);
    expect(Buffer.from(plain.wasm).includes("setupNode")).toBe(false);
    expect(named.metadata.layoutId).toBe(plain.metadata.layoutId);
  });
});

describe("a configuration", () => {
  test("goes before what it extends, and `use` before both, name by name", async () => {
    write("base.json", JSON.stringify({ options: { noAssert: false, use: ["NODE_QOS=0", "NODE_QUEUE=8"] } }));
    const path = write(
      "asconfig.json",
      JSON.stringify({ extends: "./base.json", options: { use: ["NODE_QUEUE=16"] } }),
    );
    const { options, files } = await readBuildConfig(path, ["NODE_QOS=2"]);
    expect(Object.fromEntries(options.use.map((each) => each.split("=")))).toEqual({
      abort: "",
      NODE_QOS: "2",
      NODE_QUEUE: "16",
    });
    expect(options).toMatchObject({ noAssert: false, runtime: "stub", maximumMemory: 1 });
    expect(files).toEqual([path, join(folder, "base.json"), join(PROJECT_ROOT, "asconfig.json")]);
  });

  test("may have a target `release`, which is the compiler's own default", async () => {
    const targets = { release: { use: ["NODE_QUEUE=16"], outFile: "r.wasm" }, debug: { outFile: "d.wasm" } };
    const path = write("asconfig.json", JSON.stringify({ targets, options: { use: ["NODE_QUEUE=8"] } }));
    const { options } = await readBuildConfig(path);
    expect(options.use).toContain("NODE_QUEUE=16");
    expect(options).toMatchObject({ outFile: "r.wasm" });
  });

  test.each([
    ["no JSON", "{", "it is no JSON: "],
    ["a list", "[]", "it is no object"],
    ["options that are none", '{"options":3}', "its `options` is no object"],
    ["an extends that is none", '{"extends":3}', "its `extends` is no text"],
    ["a target that is none", '{"targets":{"release":3}}', "its target `release` is no object"],
    ["a use that is none", '{"options":{"use":["NODE_QUEUE"]}}', '`use` holds "NODE_QUEUE"'],
    ["itself", '{"extends":"./asconfig.json"}', "over and over"],
    ["what is not there", '{"extends":"./none.json"}', "it can't be read: ENOENT"],
    ["what is not installed", '{"extends":"no-such-package/x.json"}', "which is not installed"],
    ["much more than one", `{"options":{"x":"${"x".repeat(70_000)}"}}`, "bytes"],
  ])("of %s is refused in one line", async (_, text, message) => {
    const error = await refusal(readBuildConfig(write("asconfig.json", text)));
    expect(error).toMatchObject({ code: "ECONFIG", fault: "usage" });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
  });
});

describe("an application that can't be built", () => {
  async function refused(text: string, options: { use?: string[] } = {}): Promise<WasmoteError> {
    write("assembly/index.ts", text);
    const error = await refusal(buildProject(options, folder));
    expect(existsSync(join(folder, "build"))).toBe(false);
    return error;
  }

  test.each([
    ["a mutable global", app({ module: "let n = 0;", step: "n++; if (n > 5) node.publish(n);" }), "mutable global"],
    ["`new`", app({ step: "const a = new Array<i32>(5); a.push(nowMs); node.publish(a[0]);" }), "start function"],
    ["a string", app({ step: 'const s = "a" + nowMs.toString(); node.publish(s.length);' }), "start function"],
    ["console.log", app({ step: 'console.log("x");' }), "it imports env.console.log, which is not in the ABI"],
    ["no step", "export { resume, stop } from 'wasmote/assembly'; export function setup(): void {}", "export step()"],
  ])("because of %s: one line with a cure", async (_, text, message) => {
    const error = await refused(text);
    expect(error).toMatchObject({ code: "EIMAGE", fault: "module" });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
    expect(error.cure).toBeDefined();
  });

  test("because it does not compile: the compiler's message, with the file's path in the project", async () => {
    const error = await refused(app({ step: "nothing();" }));
    expect(error).toMatchObject({ code: "ECOMPILE" });
    expect(error.message).toContain("Cannot find name 'nothing'");
    expect(error.message).toContain("in assembly/index.ts(");
  });

  test("because of an option that is out of range: what may be", async () => {
    const error = await refused(app(), { use: ["NODE_QUEUE=33"] });
    expect(error.message).toContain("NODE_QUEUE is a power of two");
  });

  test.each([
    ["is too long", `utf8("${"x".repeat(70_000)}")`],
    ["has an escape of JavaScript's alone", 'utf8("\\x41")'],
  ])("because a text %s: one line that names the file", async (_, literal) => {
    const error = await refused(app({ step: `node.say(1, ${literal});` }));
    expect(error).toMatchObject({ code: "ECOMPILE" });
    expect(error.message).toContain(join(folder, "assembly", "index.ts"));
    expect(error.message).not.toContain("\n");
  });

  test("because it is not there: how to name one, and how to begin", async () => {
    const error = await refusal(buildProject({}, folder));
    expect(error).toMatchObject({ code: "EUSAGE", cure: expect.stringContaining("wasmote new") });
  });
});

describe("`wasmote build`", () => {
  test("prints the module and its sizes, as JSON with --json", async () => {
    write("assembly/index.ts", app());
    const options = ["--use", "NODE_QUEUE=64", "--out", "m.wasm"];
    const { code, stdout } = await wasmote(["build", ...options, "--json"], { cwd: folder });
    expect(code).toBe(0);
    const wasm = readFileSync(join(folder, "m.wasm"));
    const { imageSize: imageBytes, ...metadata } = readMetadata(wasm);
    expect(JSON.parse(stdout)).toEqual({ module: "m.wasm", bytes: wasm.length, imageBytes, ...metadata });
    const again = await wasmote(["build", ...options], { cwd: folder });
    expect(again.stdout).toBe(`m.wasm  ${wasm.length} bytes, image ${imageBytes} bytes\n`);
  });

  test("with --watch builds again when a source changes, or comes that was missing, also behind an error", async () => {
    write("assembly/index.ts", APP.replace("const PROBE = 0;", 'import { PROBE } from "./probe";'));
    const probe = join(folder, "assembly", "probe.ts");
    const job = new Command(["build", "--watch", "--json"], { cwd: folder });
    const ids = (): unknown[] =>
      job.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as { buildId: string }).buildId);
    try {
      await until("it misses a file", () => /'assembly\/probe\.ts' not found/.test(job.stderr), 50_000);
      await until("it waits", () => job.stderr.includes("waiting for changes"));
      writeFileSync(probe, "export const PROBE = 0;\n");
      await until("it is built", () => ids().length === 1, 50_000);
      writeFileSync(probe, "export const PROBE = ;\n");
      await until("it does not compile", () => job.stderr.includes("Expression expected"), 50_000);
      // An editor that writes a new file in the old one's place.
      writeFileSync(`${probe}.new`, "export const PROBE = 3;\n");
      renameSync(`${probe}.new`, probe);
      await until("it is built again", () => ids().length === 2, 50_000);
      expect(ids()[1]).not.toBe(ids()[0]);
      job.interrupt();
      expect((await job.outcome()).code).toBe(0);
    } finally {
      job.kill();
    }
  });
});
