/** The trace's format, read by both readers: whatever is done to a trace is found, and a trace that ends early is used. */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HEADER_BYTES } from "../../host/trace/format.ts";
import { type Frame, Trace } from "../../host/trace/reader.ts";
import { file, module, program, run } from "../boards/programs.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { codeOf, forged, frameOffsets, PATIENCE_MS, recordLife } from "./traces.ts";

let wasm: Uint8Array;
let trace: Uint8Array;
beforeAll(async () => {
  wasm = await compileApp("examples/temperature/index.ts");
  trace = await recordLife(wasm);
}, PATIENCE_MS);

/** The frames of bytes that may be none, and the code of the error that ends them. */
function read(bytes: Uint8Array): { frames: Frame[]; code: string | undefined; cutOffAt: number | undefined } {
  const frames: Frame[] = [];
  let cutOffAt: number | undefined;
  const code = codeOf(() => {
    const each = new Trace(bytes);
    for (const frame of each.frames()) frames.push(frame);
    cutOffAt = each.cutOffAt;
  });
  return { frames, code, cutOffAt };
}

/** What the C reader makes of a trace that no module can have recorded: it reads all frames before it runs any. */
function readInC(bytes: Uint8Array): { code: string | undefined; stderr: string } {
  const { status, stderr } = run(program("replay", "sanitize"), [file(bytes), file(wasm), "--check"]);
  return { code: status === 0 ? undefined : "ETRACE", stderr };
}

describe("a trace", () => {
  test("has what happened: setup, steps, an outage, a power cut in a host call, a trap", () => {
    const { frames, code, cutOffAt } = read(trace);
    expect([code, cutOffAt]).toEqual([undefined, undefined]);
    const ends = frames.flatMap((frame) => (frame.kind === "call" ? [frame.end?.kind] : []));
    expect(new Set(ends)).toEqual(new Set(["returned", "cut", "trapped"]));
    // It is powered, and starts again after the cut and after the trap.
    expect(frames.filter(({ kind }) => kind === "start")).toHaveLength(3);
  });

  test("takes a few bytes for each call", () => {
    const { frames } = read(trace);
    expect(trace.length / frames.length).toBeLessThan(60);
  });

  test("that is cut off, wherever, is read to its last whole record", () => {
    const offsets = frameOffsets(trace);
    const whole = read(trace).frames;
    // Every place in the first frames and the last, and some between.
    const ends = [...Array(600).keys()].map((each) => HEADER_BYTES + each);
    ends.push(...[...Array(200).keys()].map((each) => trace.length - each - 1));
    for (const end of ends) {
      const { frames, code, cutOffAt } = read(trace.subarray(0, end));
      expect(code, `at ${end}`).toBeUndefined();
      const isBoundary = offsets.includes(end);
      expect(cutOffAt !== undefined, `at ${end}`).toBe(!isBoundary);
      const count = offsets.filter((each) => each <= end).length - 1;
      expect(frames.length - count, `at ${end}`).toBeLessThanOrEqual(1);
      expect(frames[count - 1], `at ${end}`).toEqual(whole[count - 1]);
      const last = frames[count];
      const full = whole[count];
      if (last === undefined) continue;
      if (last.kind !== "call" || full?.kind !== "call") throw new Error("only a call is used in part");
      expect(last.end).toBeUndefined();
      expect(last.imports).toEqual(full.imports.slice(0, last.imports.length));
    }
  });

  test("without its header is none", () => {
    for (let end = 0; end < HEADER_BYTES; end++) expect(read(trace.subarray(0, end)).code).toBe("ETRACE");
    expect(read(Buffer.from("\0asm")).code).toBe("ETRACE");
  });

  test("of a version from the future is refused by name", () => {
    const future = Buffer.from(trace);
    future[4] = 2;
    expect(read(future).code).toBe("ETRACEVERSION");
    expect(readInC(future).stderr).toContain("another version of the format");
  });

  test("with any bit flipped is found out, or ends there", () => {
    const short = trace.subarray(0, frameOffsets(trace)[12]);
    const whole = read(short).frames.length;
    for (let bit = 0; bit < short.length * 8; bit++) {
      const flipped = Buffer.from(short);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { frames, code, cutOffAt } = read(flipped);
      const isFound = code !== undefined || (cutOffAt !== undefined && frames.length <= whole);
      expect(isFound, `bit ${bit}`).toBe(true);
    }
  });

  test("names the offset where it is damaged", () => {
    const offset = frameOffsets(trace)[5] ?? 0;
    const flipped = Buffer.from(trace);
    // The tag, which makes it no frame.
    flipped[offset] = (flipped[offset] ?? 0) ^ 0x10;
    expect(() => [...new Trace(flipped).frames()]).toThrow(new RegExp(`damaged at offset ${offset}:`));
    expect(readInC(flipped).stderr).toContain(`damaged at offset ${offset}:`);
  });
});

describe("a reader", () => {
  /** Bytes of a trace at random places replaced, with the frames' CRCs made good or not. */
  const mutated = () =>
    fc
      .array(fc.record({ at: fc.nat(), byte: fc.nat(255), isForged: fc.boolean() }), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        let bytes: Uint8Array = trace.subarray(0, frameOffsets(trace)[30]);
        for (const { at, byte, isForged } of changes) {
          const offset = HEADER_BYTES + (at % (bytes.length - HEADER_BYTES));
          if (isForged && codeOf(() => frameOffsets(bytes)) === undefined) bytes = forged(bytes, offset, () => byte);
          else bytes = Buffer.concat([bytes.subarray(0, offset), Buffer.from([byte]), bytes.subarray(offset + 1)]);
        }
        return bytes;
      });

  test("takes any bytes, and finds fault with them by name", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasHeader) => {
        const all = hasHeader ? Buffer.concat([trace.subarray(0, HEADER_BYTES), bytes]) : bytes;
        const { code, frames } = read(all);
        if (!hasHeader) expect(code).toBe("ETRACE");
        expect([undefined, "ETRACE"]).toContain(code);
        for (const frame of frames) expect(frame.offset).toBeLessThan(all.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes a trace that was changed, and finds fault with it by name", () => {
    fc.assert(
      fc.property(mutated(), (bytes) => {
        expect([undefined, "ETRACE"]).toContain(read(bytes).code);
      }),
      { numRuns: 500 },
    );
  });

  test("in C says of each what the one in TypeScript says", { timeout: PATIENCE_MS }, () => {
    fc.assert(
      fc.property(mutated(), (bytes) => {
        const { code } = read(bytes);
        const inC = readInC(bytes);
        expect(inC.code, inC.stderr).toBe(code);
      }),
      { numRuns: 60 },
    );
  });

  test("in C refuses a module that is not the trace's", () => {
    const { status, stderr } = run(program("replay", "sanitize"), [file(trace), file(module(""))]);
    expect([status, stderr]).toEqual([2, "wasmote-replay: error: the trace is of another module\n"]);
  });
});
