/** What the posix board leaves of a node that trapped or hung, and of one that was recorded to its end. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { Trace } from "../../host/trace/reader.ts";
import { describeOutcome } from "../../host/trace/replay.ts";
import { file, module, program, run, type Started, start } from "../boards/programs.ts";
import { ENGINES, PATIENCE_MS, replayUnderBoth } from "./traces.ts";

const IMPORTS = `(import "hal" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "hal" "random" (func $random (result i32)))
  (import "hal" "config_get" (func $get (param i32 i32 i32 i32) (result i32)))`;
const OWNER_ONLY = 0o600;

/** Its third step does that; each keeps a random number and the step's. */
function failing(body: string, rest = ""): Uint8Array {
  return module(`${IMPORTS} ${rest}`, {
    step: `(func (export "step") (param $now i32) (result i32)
      (i32.store (i32.const 0) (i32.add (i32.const 1) (i32.load (i32.const 0))))
      (i32.store (i32.const 4) (call $random))
      (if (i32.eq (i32.load (i32.const 0)) (i32.const 3)) (then ${body}))
      (i32.const 10))`,
  });
}

interface Ran {
  readonly node: Started;
  readonly wasm: Uint8Array;
  readonly wasmPath: string;
  readonly tracePath: string;
}

/** Starts the sanitized program, and ends it with the test. */
function startTraced(wasm: Uint8Array, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Ran {
  const [wasmPath, tracePath] = [file(wasm), file("")];
  const all = [wasmPath, "--id", "7", "--trap-trace", tracePath, ...args];
  const node = start(program("posix", "sanitize"), all, env);
  onTestFinished(() => void node.child.kill("SIGKILL"));
  return { node, wasm, wasmPath, tracePath };
}

const TRAPS: readonly (readonly [name: string, body: string, says: string])[] = [
  ["unreachable", "unreachable", "it traps: unreachable"],
  ["a division by zero", "(i32.store (i32.const 8) (i32.div_u (i32.const 1) (i32.load (i32.const 60))))", "by zero"],
  ["a pointer outside the image", "(drop (call $log (i32.const 1) (i32.const 60) (i32.const 9)))", "out of bounds"],
];

test.each(TRAPS)(
  "a node that traps leaves a file that replays to the same trap under both engines: %s",
  async (...row) => {
    const [, body, says] = row;
    const { node, wasm, wasmPath, tracePath } = startTraced(failing(body));
    await node.says(/what led to it: wasmote replay/);
    expect(node.stderr).toContain(`info: [7] what led to it: wasmote replay ${tracePath} ${wasmPath}\n`);
    expect(statSync(tracePath).mode & 0o777).toBe(OWNER_ONLY);
    const replayed = await replayUnderBoth(readFileSync(tracePath), wasm);
    expect(replayed).toMatchObject({ calls: 4, steps: 3, difference: undefined, cutOffAt: undefined });
    expect(replayed.last && describeOutcome(replayed.last)).toContain(says);
  },
);

test("a write outside the image is the same trap under wasm3, and V8 finds it after the call", async () => {
  const { node, wasm, tracePath } = startTraced(failing("(i32.store (i32.const 64) (i32.const 1))"));
  await node.says(/what led to it/);
  for (const [name, replay] of ENGINES) {
    const replayed = await replay(readFileSync(tracePath), wasm);
    expect(replayed, name).toMatchObject({ calls: 4, difference: undefined, last: { kind: "trapped" } });
  }
});

test("a node that hangs leaves what it did before, and hangs again in the replay", {
  timeout: PATIENCE_MS,
}, async () => {
  const { node, wasm, tracePath } = startTraced(failing("(drop (call $random)) (loop $forever (br $forever))"));
  await node.says(/watchdog: the module did not return/);
  await node.says(/what led to it/);
  const replayed = await replayUnderBoth(readFileSync(tracePath), wasm);
  expect(replayed).toMatchObject({ calls: 4, last: { kind: "hung" }, difference: undefined });
});

test("the trace of --trace goes on through traps and through the watchdog's resets", {
  timeout: PATIENCE_MS,
}, async () => {
  const whole = file("");
  const { node, wasm } = startTraced(failing("(loop $forever (br $forever))"), ["--trace", whole]);
  await node.says(/watchdog: the module did not return/, 2);
  node.child.kill("SIGKILL");
  await node.ended;
  const trace = readFileSync(whole);
  const calls = [...new Trace(trace).frames()].filter(({ kind }) => kind === "call");
  // What the reset cut off ends in a frame of its own, and the next life begins behind it.
  expect(calls.filter((each) => "end" in each && each.end?.kind === "hung").length).toBeGreaterThanOrEqual(1);
  expect(calls.length).toBeGreaterThanOrEqual(7);
  expect((await replayUnderBoth(trace, wasm)).difference).toBeUndefined();
});

test("memory does not grow: of a long run the newest part is kept, which replays from the image it begins with", async () => {
  // 16,000 bytes for each step: several times what is kept, before the trap.
  const noisy = module(IMPORTS, {
    step: `(func (export "step") (param $now i32) (result i32) (local $i i32)
      (i32.store (i32.const 0) (i32.add (i32.const 1) (i32.load (i32.const 0))))
      (if (i32.eq (i32.load (i32.const 0)) (i32.const 100)) (then unreachable))
      (loop $again
        (i32.store (i32.const 4) (call $random))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 2000))))
      (i32.const 0))`,
  });
  const whole = file("");
  const { node, wasm, tracePath } = startTraced(noisy, ["--trace", whole]);
  await node.says(/what led to it/);
  const kept = readFileSync(tracePath);
  expect(kept.length).toBeLessThan(150_000);
  const replayed = await replayUnderBoth(kept, wasm);
  expect(replayed).toMatchObject({ difference: undefined, last: { kind: "trapped" } });
  expect(replayed.calls).toBeLessThan(100);
  // The file that has all of it begins with setup, and agrees.
  const all = await replayUnderBoth(readFileSync(whole).subarray(0), wasm, { until: 101 });
  expect(all).toMatchObject({ calls: 101, steps: 100, difference: undefined, last: { kind: "trapped" } });
});

test("a password is in no trace, whichever part of it the image keeps", async () => {
  const PASSWORD = "Tr0ub4dor-and-3";
  // It asks for the password, and writes over its beginning.
  const wasm = failing(
    `(drop (call $get (i32.const 40) (i32.const 8) (i32.const 8) (i32.const 20)))
     (i64.store (i32.const 8) (i64.const 0))
     (drop (call $log (i32.const 1) (i32.const 16) (i32.const 7)))
     unreachable`,
    '(data (i32.const 40) "password")',
  );
  const { node, tracePath } = startTraced(wasm, ["--username", "me"], { WASMOTE_PASSWORD: PASSWORD });
  await node.says(/what led to it/);
  const text = readFileSync(tracePath, "latin1");
  for (let at = 0; at + 4 <= PASSWORD.length; at++) expect(text).not.toContain(PASSWORD.slice(at, at + 4));
  expect(await replayUnderBoth(readFileSync(tracePath), wasm)).toMatchObject({ difference: undefined });
});

test("a password that is too short to be found: no trace, and the log says why", async () => {
  const { node, tracePath } = startTraced(failing("unreachable"), ["--username", "me"], { WASMOTE_PASSWORD: "abc" });
  await node.says(/the node trapped/);
  expect(node.stderr).toContain(
    "warn: [7] a trap will leave no trace: a password of less than 4 bytes can't be kept out",
  );
  expect(readFileSync(tracePath)).toHaveLength(0);
  const args = [file(failing("")), "--id", "7", "--username", "me", "--set", "password=abc", "--trace", file("")];
  const { status, stderr } = run(program("posix", "sanitize"), args);
  expect([status, stderr]).toEqual([
    1,
    "wasmote-posix: error: a password of less than 4 bytes can't be kept out of a trace (give another file, or a longer password)\n",
  ]);
});

test("where there is no other place, a trap's trace is in the folder for temporary files, or none is", async () => {
  const wasm = file(failing("unreachable"));
  const folder = file("");
  const posix = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Started => {
    const node = start(program("posix", "sanitize"), [wasm, "--id", "nine", ...args], env);
    onTestFinished(() => void node.child.kill("SIGKILL"));
    return node;
  };
  const image = file("");
  const beside = posix(["--image", image]);
  await beside.says(/what led to it/);
  expect(existsSync(`${image}.trace`)).toBe(true);
  // That is no folder.
  const nowhere = posix([], { TMPDIR: folder });
  await nowhere.says(/its trace can't be written to \S+\/wasmote-nine\.trace: Not a directory/);
  const none = posix(["--trap-trace", "none"]);
  await none.says(/the node trapped/, 2);
  expect(none.stderr).not.toContain("what led to it");
});

test("a trace that can't be written is said at once", () => {
  const args = [file(failing("")), "--id", "7", "--trace", "/no/such/folder/trace"];
  expect(run(program("posix", "sanitize"), args)).toMatchObject({
    status: 1,
    stderr:
      "wasmote-posix: error: can't write the trace /no/such/folder/trace: No such file or directory (give another file, or a longer password)\n",
  });
});
