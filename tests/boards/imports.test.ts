import { describe, expect, test } from "vitest";
import { file, IMAGE_SIZE, module, program, run, Script } from "./programs.ts";

const TRAP = "[trap] out of bounds memory access";
const ENDED = "(i32.const -1)";

interface Span {
  /** Which parameter is the address. */
  readonly pointer: number;
  /** Which parameter is the length; without one, the import writes `bytes`. */
  readonly length?: number;
  readonly bytes?: number;
}

interface Import {
  readonly name: string;
  readonly parameters: number;
  readonly spans: Span[];
}

/** Every import that takes memory. */
const IMPORTS: Import[] = [
  { name: "net_send", parameters: 3, spans: [{ pointer: 1, length: 2 }] },
  { name: "net_recv", parameters: 3, spans: [{ pointer: 1, length: 2 }] },
  { name: "sensor_read", parameters: 2, spans: [{ pointer: 1, bytes: 4 }] },
  { name: "clock_unix_ms", parameters: 1, spans: [{ pointer: 0, bytes: 8 }] },
  {
    name: "config_get",
    parameters: 4,
    spans: [
      { pointer: 0, length: 1 },
      { pointer: 2, length: 3 },
    ],
  },
  { name: "log", parameters: 3, spans: [{ pointer: 1, length: 2 }] },
];

/** What a step that makes one call with these arguments comes to. */
function call(name: string, args: readonly number[]): Record<string, unknown> {
  const parameters = "i32 ".repeat(args.length);
  const values = args.map((value) => `(i32.const ${value})`).join(" ");
  const wasm = module(`(import "hal" "${name}" (func $f (param ${parameters}) (result i32)))`, {
    step: `(func (export "step") (param i32) (result i32) (drop (call $f ${values})) ${ENDED})`,
  });
  const script = new Script().clock(1n).step(0);
  const { stdout, stderr } = run(program("script", "sanitize"), [file(wasm)], script.bytes);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe.each(IMPORTS)("$name checks its pointers against the image", ({ name, parameters, spans }) => {
  describe.each(spans)("the pointer at $pointer", ({ pointer, length, bytes = 8 }) => {
    const args = (address: number, size: number): number[] => {
      const all = new Array<number>(parameters).fill(0);
      all[pointer] = address;
      if (length !== undefined) all[length] = size;
      return all;
    };

    test("the last bytes of the image are good", () => {
      expect(call(name, args(IMAGE_SIZE - bytes, bytes))).toMatchObject({ steps: 1 });
    });

    test("one byte past the image traps", () => {
      expect(call(name, args(IMAGE_SIZE - bytes + 1, bytes))).toEqual({ trap: TRAP, record: 1 });
    });

    test("an address near 2^32 does not wrap", () => {
      expect(call(name, args(-4, 8))).toEqual({ trap: TRAP, record: 1 });
    });

    if (length === undefined) return;
    test.each([-1, -0x8000_0000, 0x7fff_ffff])("a length of %i traps", (huge) => {
      expect(call(name, args(8, huge))).toEqual({ trap: TRAP, record: 1 });
    });

    test("no bytes at the image's very end are good, and behind it they are not", () => {
      expect(call(name, args(IMAGE_SIZE, 0))).toMatchObject({ steps: 1 });
      expect(call(name, args(IMAGE_SIZE + 1, 0))).toEqual({ trap: TRAP, record: 1 });
    });
  });
});

describe("the module's own accesses end where its image ends", () => {
  const step = (body: string): Record<string, unknown> => {
    const wasm = module("", { step: `(func (export "step") (param i32) (result i32) ${body} ${ENDED})` });
    const { stdout, stderr } = run(program("script", "sanitize"), [file(wasm)], new Script().step(0).bytes);
    expect(stderr).toBe("");
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  test("its last word can be written", () => {
    expect(step(`(i32.store (i32.const ${IMAGE_SIZE - 4}) (i32.const 1))`)).toMatchObject({ steps: 1 });
  });

  test.each([
    ["a store that begins inside", `(i32.store (i32.const ${IMAGE_SIZE - 3}) (i32.const 1))`],
    ["a load from the rest of the page", `(drop (i32.load (i32.const ${IMAGE_SIZE + 1000})))`],
    ["an offset that would wrap", "(i32.store offset=4294967295 (i32.const 8) (i32.const 1))"],
    ["memory.fill", `(memory.fill (i32.const 8) (i32.const 1) (i32.const ${IMAGE_SIZE}))`],
    ["memory.copy", `(memory.copy (i32.const 8) (i32.const 0) (i32.const ${IMAGE_SIZE}))`],
  ])("%s traps", (_, body) => {
    expect(step(body)).toEqual({ trap: TRAP, record: 0 });
  });

  test("numbers wrap as WebAssembly says", () => {
    const wrapped = "(i32.mul (i32.load (i32.const 0)) (i32.const 21))";
    const body = `(i32.store (i32.const 0) (i32.const -167771904)) (if (i32.ne ${wrapped} (i32.const 771757312)) (then unreachable))`;
    expect(step(body)).toMatchObject({ steps: 1 });
  });

  test("memory.grow grows nothing and says so", () => {
    expect(step("(if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))")).toMatchObject({
      steps: 1,
    });
  });

  test("memory.grow by 2^32 - 1 pages, which wasm3 takes for less than none, is a trap of its own name", () => {
    expect(step("(drop (memory.grow (i32.const -1)))")).toEqual({
      trap: "[trap] the module resized its memory",
      record: 0,
    });
  });

  test("recursion without end overflows the module's stack, not the board's", () => {
    const wasm = module("(func $f (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))", {
      step: '(func (export "step") (param i32) (result i32) (call $f (i32.const 1)))',
    });
    const { stdout } = run(program("script", "sanitize"), [file(wasm)], new Script().step(0).bytes);
    expect(JSON.parse(stdout)).toEqual({ trap: "[trap] stack overflow", record: 0 });
  });

  test("arguments at the stack's very end stay inside it, whatever the depth at which it ends", () => {
    const parameters = "i32 ".repeat(15);
    const values = "(local.get 0) ".repeat(15);
    for (let locals = 0; locals < 24; locals++) {
      const wasm = module(
        `(func $leaf (param ${parameters}) (result i32) (local.get 14))
         (func $f (param i32) (result i32) ${"(local i64) ".repeat(locals)}
           (i32.add (call $leaf ${values}) (call $f (i32.add (local.get 0) (i32.const 1)))))`,
        { step: '(func (export "step") (param i32) (result i32) (call $f (i32.const 1)))' },
      );
      const { stdout, stderr } = run(program("script", "sanitize"), [file(wasm)], new Script().step(0).bytes);
      expect(stderr).toBe("");
      expect(JSON.parse(stdout)).toEqual({ trap: "[trap] stack overflow", record: 0 });
    }
  });
});
