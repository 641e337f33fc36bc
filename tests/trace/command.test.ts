/** `wasmote replay` and `wasmote run --trace` as a user calls them. */

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { file, module, program, start } from "../boards/programs.ts";
import { Command, type Outcome } from "../device/command.ts";
import { Mosquitto } from "../integration/mosquitto.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { frameOffsets, PATIENCE_MS, recordLife } from "./traces.ts";

let wasm: Uint8Array;
let modulePath: string;
let trace: Uint8Array;
let tracePath: string;
beforeAll(async () => {
  wasm = await compileApp("examples/temperature/index.ts");
  modulePath = file(wasm);
  trace = await recordLife(wasm, { username: "kitchen", password: "Tr0ub4dor-and-3" });
  tracePath = file(trace);
}, PATIENCE_MS);

function replay(...args: readonly string[]): Promise<Outcome> {
  return new Command(["replay", ...args]).outcome();
}

/** stderr without its colours' absence mattering: the one line that ends a command. */
async function errorOf(...args: readonly string[]): Promise<{ code: number | null; line: string }> {
  const { code, stderr } = await replay(...args);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  return { code, line: stderr.trimEnd() };
}

describe("wasmote replay", () => {
  test.each(["v8", "wasm3"])("says under %s that all is as recorded, and exits with 0", async (engine) => {
    const { code, stdout, stderr } = await replay(tracePath, modulePath, "--engine", engine);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^as recorded: \\d+ calls, \\d+ of step, under ${engine}\\n$`));
  });

  test("prints the same story under both engines, without the password", async () => {
    const [v8, wasm3] = await Promise.all(
      ["v8", "wasm3"].map((engine) => replay(tracePath, modulePath, "--print", "--engine", engine)),
    );
    const story = (outcome: Outcome | undefined): string[] =>
      (outcome?.stdout ?? "").trimEnd().split("\n").slice(0, -1);
    expect(story(wasm3)).toEqual(story(v8));
    const text = story(v8).join("\n");
    for (const part of ["on a fresh image", "#1 setup()", "CONNECT 3.1.1", "info online", "PUBACK id", "it traps: "]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("password = ***");
    expect(text).not.toContain("Tr0u");
  });

  test("prints its result as JSON", async () => {
    const { stdout } = await replay(tracePath, modulePath, "--json", "--until", "3");
    expect(JSON.parse(stdout)).toEqual({ engine: "v8", calls: 3, steps: 2, last: expect.anything() });
  });

  test("writes the image, for its owner alone, and takes it for the first one of a trace", async () => {
    const [byV8, byWasm3] = [`${tracePath}.v8`, `${tracePath}.wasm3`];
    await replay(tracePath, modulePath, "--until", "20", "--image-out", byV8);
    await replay(tracePath, modulePath, "--until", "20", "--image-out", byWasm3, "--engine", "wasm3");
    expect(readFileSync(byWasm3).equals(readFileSync(byV8))).toBe(true);
    for (const path of [byV8, byWasm3]) expect(statSync(path).mode & 0o777).toBe(0o600);
    const { code, line } = await errorOf(tracePath, modulePath, "--image", byV8);
    expect(code).toBe(2);
    expect(line).toBe(
      "error EDIFFERS: the trace begins with a fresh image, not with one that is given — leave out --image",
    );
  });

  test("stops at the first difference with one line and exit code 1", async () => {
    // Another module that has the recorded one's build id: its node waits longer.
    const other = Buffer.from(wasm);
    const constant = other.indexOf(Buffer.from([0x41, 0xd0, 0x0f]));
    other[constant + 1] = 0xd1;
    for (const engine of ["v8", "wasm3"]) {
      const { code, line } = await errorOf(tracePath, file(other), "--engine", engine);
      expect(code).toBe(1);
      expect(line).toMatch(
        /^error EDIFFERS: it goes another way: call \d+, .*, in the trace .* — see what it did before with --print --until \d+$/,
      );
    }
  });

  test("names a module of another build, a version from the future, a damaged trace and a file that is none", async () => {
    const later = Buffer.from(trace);
    later[4] = 9;
    const damaged = Buffer.from(trace);
    const offset = frameOffsets(trace)[3] ?? 0;
    damaged[offset] = 0x99;
    const cases: readonly (readonly [string, string, RegExp])[] = [
      [
        tracePath,
        file(module("")),
        /^error ETRACEMODULE: the trace is of build [0-9a-f]{16}, .* — give the module that/,
      ],
      [file(later), modulePath, /^error ETRACEVERSION: the trace has version 9 of the format, .*reads version 1 — /],
      [file(damaged), modulePath, new RegExp(`^error ETRACE: the trace is damaged at offset ${offset}: .* — `)],
      [modulePath, modulePath, /^error ETRACE: this is no trace: .* — give a file that --trace wrote$/],
      ["/no/such", modulePath, /^error ETRACEFILE: the trace \/no\/such can't be read: ENOENT — /],
    ];
    for (const [given, wasmPath, pattern] of cases) {
      for (const engine of ["v8", "wasm3"]) {
        const { code, line } = await errorOf(given, wasmPath, "--engine", engine);
        expect(line).toMatch(pattern);
        expect(code).toBe(given === "/no/such" ? 1 : 2);
      }
    }
  });

  test("says of a trace that was cut off where, and replays what there is", async () => {
    const { code, stdout } = await replay(file(trace.subarray(0, 2_000)), modulePath);
    expect(code).toBe(0);
    expect(stdout).toMatch(/the trace was cut off at offset \d+\n$/);
  });
});

describe("wasmote run --trace", () => {
  test.each(["v8", "wasm3"])("records under %s what replays", { timeout: PATIENCE_MS }, async (engine) => {
    const broker = await Mosquitto.start();
    const path = `${file("")}.trace`;
    const address = `mqtt://127.0.0.1:${broker.port}`;
    const args = ["run", modulePath, "--id", "7", "--broker", address, "--engine", engine, "--trace", path];
    const node = new Command([...args, "--interval", "100ms"]);
    while (!node.stderr.includes("online")) await new Promise((resolve) => setTimeout(resolve, 20));
    node.interrupt();
    expect((await node.outcome()).code).toBe(0);
    await broker.dispose();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { code, stdout } = await replay(path, modulePath, "--engine", engine === "v8" ? "wasm3" : "v8");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^as recorded: \d+ calls/)]);
  });

  test("refuses to watch too, a password that can't be hidden, and a file that can't be written", async () => {
    const run = async (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> => {
      const all = ["run", modulePath, "--id", "7", "--broker", "mqtt://127.0.0.1:1", ...args];
      return new Command(all, { env }).outcome();
    };
    const path = `${file("")}.trace`;
    const watching = await run({}, "--trace", path, "--watch");
    expect([watching.code, watching.stderr]).toEqual([
      2,
      "error EUSAGE: a trace is of one module: --trace and --watch exclude each other — leave out one of them\n",
    ]);
    const short = await run({ WASMOTE_PASSWORD: "abc" }, "--username", "me", "--trace", path);
    expect([short.code, short.stderr]).toEqual([
      1,
      "error ETRACESECRET: the value of password has less than 4 bytes: it can't be kept out of a trace — record the node with a longer one\n",
    ]);
    expect(existsSync(path)).toBe(false);
    const nowhere = await run({}, "--trace", "/no/such/folder/trace");
    expect([nowhere.code, nowhere.stderr]).toEqual([
      1,
      "error ETRACEFILE: the trace /no/such/folder/trace can't be written: ENOENT — give another file, or make room\n",
    ]);
  });
});

test("a trace of the board is continued by nobody: another run begins it anew", async () => {
  const path = file("an older file, which is longer than the header of a trace");
  const node = start(program("posix", "sanitize"), [file(module("")), "--id", "7", "--trace", path]);
  expect(await node.ended).toBe(0);
  const length = readFileSync(path).length;
  writeFileSync(path, readFileSync(path), { flag: "a" });
  expect(await start(program("posix", "sanitize"), [file(module("")), "--id", "7", "--trace", path]).ended).toBe(0);
  expect(Math.abs(readFileSync(path).length - length)).toBeLessThan(8);
});
