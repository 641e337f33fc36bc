/** What a replay finds, under each engine: the first thing that is not as it was recorded, and where. */

import { beforeAll, describe, expect, test } from "vitest";
import { loadModule } from "../../host/engine/module.ts";
import { createWorld, minutes } from "../../host/testing/index.ts";
import { type CallFrame, type Frame, Trace } from "../../host/trace/reader.ts";
import { checkModule } from "../../host/trace/replay.ts";
import { module as wat } from "../boards/programs.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { codeOf, collect, differenceOf, ENGINES, forged, PATIENCE_MS, recordLife, replayUnderBoth } from "./traces.ts";

let wasm: Uint8Array;
let trace: Uint8Array;
beforeAll(async () => {
  wasm = await compileApp("examples/temperature/index.ts");
  trace = await recordLife(wasm);
}, PATIENCE_MS);

/** A call that was recorded, and its number. */
function findCall(fits: (frame: CallFrame) => boolean, of = trace): { frame: CallFrame; number: number } {
  let number = 0;
  for (const frame of new Trace(of).frames()) {
    if (frame.kind !== "call") continue;
    number++;
    if (fits(frame)) return { frame, number };
  }
  throw new Error("no call is like that");
}

/** A trace of a module in the text format, and how it ends. */
async function recordWat(module: Uint8Array): Promise<{ trace: Uint8Array; last: Frame | undefined }> {
  const world = createWorld({ seed: 1 });
  const node = world.node(module, { id: "1", trace: true });
  await world.run(100);
  const bytes = node.trace();
  return { trace: bytes, last: [...new Trace(bytes).frames()].at(-1) };
}

describe("a replay", () => {
  test("goes as it was recorded, under both engines, event by event", async () => {
    const [one, other] = [collect(), collect()];
    const [[, v8], [, wasm3]] = [ENGINES[0], ENGINES[1]] as [(typeof ENGINES)[0], (typeof ENGINES)[0]];
    const replayed = await v8(trace, wasm, { onEvent: one.onEvent });
    await wasm3(trace, wasm, { onEvent: other.onEvent });
    expect(replayed).toMatchObject({ difference: undefined, cutOffAt: undefined });
    expect(replayed.calls).toBeGreaterThan(100);
    expect(other.events.length).toBe(one.events.length);
    for (const [index, event] of one.events.entries()) expect(other.events[index]).toEqual(event);
  });

  test("of a trace that was cut off goes as far as that", async () => {
    const { frame, number } = findCall(({ imports }) => imports.some(({ name }) => name === "net_send"));
    const inCall = frame.imports.at(-1)?.offset ?? 0;
    const replayed = await replayUnderBoth(trace.subarray(0, inCall), wasm);
    expect(replayed).toMatchObject({ calls: number, last: { kind: "open" }, difference: undefined, cutOffAt: inCall });
  });

  test("ends where it is told to", async () => {
    expect(await replayUnderBoth(trace, wasm, { until: 7 })).toMatchObject({ calls: 7, steps: 6 });
  });

  test("names the byte of the image that is another", async () => {
    const { frame, number } = findCall(({ name, end }) => name === "step" && end?.kind === "returned");
    const run = frame.end?.kind === "returned" ? frame.end.runs.at(-1) : undefined;
    if (run?.bytes === undefined) throw new Error("the step changed nothing");
    // The last byte of the last run stands before the runs' end and the CRC.
    const at = run.bytes.byteOffset - trace.byteOffset + run.length - 1;
    const replayed = await replayUnderBoth(
      forged(trace, at, (byte) => byte ^ 0xff),
      wasm,
    );
    const got = run.bytes.at(-1) ?? 0;
    expect(replayed.difference).toMatchObject({
      kind: "image",
      call: { number },
      ...{ at: run.start + run.length - 1, got, expected: got ^ 0xff, count: 1 },
    });
    expect(differenceOf(replayed)).toMatch(/^call \d+, step\(\d+\): byte \d+ of the image is 0x.., in the trace 0x..$/);
  });

  test("names the host call that is another", async () => {
    const { frame } = findCall(({ imports }) => imports[0]?.name === "net_recv");
    const [first] = frame.imports;
    // Another handle.
    const replayed = await replayUnderBoth(
      forged(trace, (first?.offset ?? 0) + 1, () => 5),
      wasm,
    );
    expect(differenceOf(replayed)).toMatch(/host call 1 is net_recv\(0, 16\), in the trace net_recv\(5, 16\)$/);
  });

  test("goes another way when a host call gives something else, and says where", async () => {
    const { frame, number } = findCall(({ imports }) => imports.some(({ name }) => name === "sensor_read"));
    const read = frame.imports.find(({ name }) => name === "sensor_read");
    const { difference } = await replayUnderBoth(
      forged(trace, (read?.offset ?? 0) + 3, (byte) => byte ^ 1),
      wasm,
    );
    expect(difference).toMatchObject({ kind: "image", call: { number } });
  });

  test("of a module that waits longer stops at its first step that does", async () => {
    const step = (wait: number): string => `(func (export "step") (param i32) (result i32) (i32.const ${wait}))`;
    const { trace: recorded } = await recordWat(wat("", { step: step(10) }));
    const replayed = await replayUnderBoth(recorded, wat("", { step: step(11) }));
    expect(differenceOf(replayed)).toMatch(/^call 2, step\(\d+\): it returns 11, in the trace it returns 10$/);
  });

  test("of a module that makes one host call more, or one less, says so", async () => {
    const RANDOM = '(import "hal" "random" (func $random (result i32)))';
    const step = (calls: number): string =>
      `(func (export "step") (param i32) (result i32) ${"(drop (call $random))".repeat(calls)} (i32.const 10))`;
    const { trace: recorded } = await recordWat(wat(RANDOM, { step: step(2) }));
    const more = await replayUnderBoth(recorded, wat(RANDOM, { step: step(3) }));
    const less = await replayUnderBoth(recorded, wat(RANDOM, { step: step(1) }));
    expect(differenceOf(more)).toMatch(/: host call 3 is random\(\), in the trace none$/);
    expect(differenceOf(less)).toMatch(/: host call 2 is none: the call ends before, in the trace random\(\)$/);
  });

  test("of a module that traps where it did not stops there", async () => {
    const { trace: recorded } = await recordWat(wat(""));
    const trapping = wat("", { step: '(func (export "step") (param i32) (result i32) unreachable)' });
    expect(differenceOf(await replayUnderBoth(recorded, trapping))).toMatch(
      /: it traps: unreachable, in the trace it returns 4294967295$/,
    );
  });

  const DIVIDE = "(i32.div_u (i32.const 1) (i32.load (i32.const 0)))";
  const OVERFLOW = "(i32.div_s (i32.const 0x80000000) (i32.const -1))";
  test.each([
    ["unreachable", "unreachable", 1],
    ["a pointer outside the image", "(call $log (i32.const 1) (i32.const 60) (i32.const 9))", 2],
    ["a division by zero", DIVIDE, 3],
    ["an overflow", OVERFLOW, 4],
    ["a conversion out of range", "(i32.trunc_f32_s (f32.const 1e30))", 4],
    ["a call of no such function", "(call_indirect (type $none) (i32.const 0)) (i32.const 1)", 5],
    ["a write outside the image", "(i32.store (i32.const 64) (i32.const 1)) (i32.const 1)", 8],
  ])("goes to the same trap as V8: %s", async (_, body, reason) => {
    const LOG = '(import "hal" "log" (func $log (param i32 i32 i32) (result i32)))';
    const TABLE = "(type $none (func)) (table 1 funcref)";
    const module = wat(`${LOG} ${TABLE}`, { step: `(func (export "step") (param i32) (result i32) ${body})` });
    const { trace: recorded, last } = await recordWat(module);
    expect(last).toMatchObject({ end: { kind: "trapped", reason } });
    for (const [name, replay] of ENGINES) {
      const replayed = await replay(recorded, module);
      expect(replayed.difference, name).toBeUndefined();
      expect(replayed.last?.kind, name).toBe("trapped");
    }
  });
});

describe("a module of another build", () => {
  test("is refused by name, with its layout", async () => {
    const { header } = new Trace(trace);
    const { metadata } = loadModule(wasm);
    const cause = (change: object): string | undefined => {
      try {
        checkModule(header, { ...metadata, ...change });
      } catch (error) {
        return error instanceof Error ? error.message : undefined;
      }
      return undefined;
    };
    expect(cause({})).toBeUndefined();
    expect(cause({ buildId: "00" })).toMatch(/^the trace is of build [0-9a-f]{16}, .* of the same layout$/);
    expect(cause({ buildId: "00", layoutId: 1 })).toMatch(/with another layout$/);
    expect(codeOf(() => checkModule(header, { ...metadata, imageSize: 8 }))).toBe("ETRACEMODULE");
  });
});

describe("a node of a world", () => {
  test("that is not recorded has no trace", () => {
    const node = createWorld({ seed: 1 }).node(wasm, { id: "1" });
    expect(codeOf(() => void node.trace())).toBe("ENOTRACE");
  });

  test("lives the same life whether it is recorded or not", async () => {
    const digests: string[] = [];
    for (const isRecorded of [false, true]) {
      const world = createWorld({ seed: 3 });
      world.node(wasm, { id: "1", trace: isRecorded });
      world.node(wasm, { id: "2" });
      await world.run(minutes(5));
      digests.push(world.digest);
    }
    expect(digests[1]).toBe(digests[0]);
  });
});
