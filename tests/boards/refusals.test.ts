import { describe, expect, test } from "vitest";
import { readSections } from "../../host/module/binary.ts";
import { bareModule, file, module, program, run } from "./programs.ts";

const NOTHING = "";

/** The error line and the exit code of a module that wasmote-posix is given. */
function refusal(wasm: Uint8Array, variant: "" | "sanitize" = ""): { status: number | null; message: string } {
  const path = file(wasm);
  const { status, stderr } = run(program("posix", variant), [path, "--id", "7", "--duration", "1ms"]);
  return { status, message: stderr.replace(`${path}: `, "") };
}

const CURE = "(build it with `npm run build`)\n";
const notWasm = (what: string): string => `wasmote-posix: error: not a WebAssembly module: ${what} ${CURE}`;
const noMetadata = `wasmote-posix: error: not a wasmote module: it carries no metadata ${CURE}`;
const breaks = (how: string): string =>
  `wasmote-posix: error: the module breaks the rule that a node is an image: ${how} ${CURE}`;

/** The custom section's fields begin behind the header, the section's own header and its name. */
const FIELDS = 8 + 2 + 1 + "wasmote".length;

function withField(offset: number, ...bytes: number[]): Uint8Array {
  const wasm = Buffer.from(module(NOTHING));
  Buffer.from(bytes).copy(wasm, FIELDS + offset);
  return wasm;
}

describe("a board refuses a module before it runs it", () => {
  test("a module that it speaks runs, so the refusals below are for their reasons", () => {
    expect(refusal(module(NOTHING))).toEqual({ status: 0, message: "" });
  });

  test("another ABI version: it says which the module speaks and which the board speaks", () => {
    expect(refusal(withField(0, 0x02, 0x01))).toEqual({
      status: 3,
      message:
        "wasmote-posix: error: the module speaks ABI version 258, this board speaks version 1 " +
        "(build the module with this version of wasmote)\n",
    });
  });

  test("bytes that are not WebAssembly", () => {
    expect(refusal(Buffer.from("hello, world"))).toEqual({
      status: 3,
      message: notWasm("it does not begin with the WebAssembly header"),
    });
  });

  test("no metadata", () => {
    expect(refusal(bareModule(NOTHING))).toEqual({ status: 3, message: noMetadata });
  });

  test("a custom section of another name in the metadata's place", () => {
    const wasm = Buffer.from(module(NOTHING));
    wasm.write("wasmotE", FIELDS - "wasmote".length);
    expect(refusal(wasm)).toEqual({ status: 3, message: noMetadata });
  });

  test.each([
    [0, "0"],
    [12, "12"],
    [65_544, "65544"],
  ])("an image size of %i", (size, shown) => {
    expect(refusal(module(NOTHING, { imageSize: size }))).toEqual({
      status: 3,
      message: breaks(`its image size is ${shown}`),
    });
  });

  test.each([
    ["could grow", '(memory (export "memory") 1 2)'],
    ["has no limit", '(memory (export "memory") 1)'],
    ["has no page", '(memory (export "memory") 0 1)'],
  ])("a memory that %s", (_, memory) => {
    const message = breaks("its memory is not one page that cannot grow");
    expect(refusal(module(NOTHING, { memory }))).toEqual({ status: 3, message });
  });

  test("a mutable global, which a fresh image would not undo", () => {
    const wasm = module('(global $g (export "g") (mut i32) (i32.const 1))');
    expect(refusal(wasm)).toEqual({
      status: 3,
      message: breaks("it has a mutable global, which no image would hold"),
    });
  });

  test("a start function", () => {
    const wasm = module("(func $main (i32.store (i32.const 0) (i32.const 1))) (start $main)");
    expect(refusal(wasm)).toEqual({
      status: 3,
      message: breaks("it has a start function, which would run outside setup()"),
    });
  });

  test("data that ends one byte past the image", () => {
    expect(refusal(module('(data (i32.const 60) "12345")'))).toEqual({
      status: 3,
      message: breaks("it has data at 60, outside its image"),
    });
    expect(refusal(module('(data (i32.const 60) "1234")')).status).toBe(0);
  });

  test("an import that is not in the ABI", () => {
    const wasm = module('(import "hal" "net_listen" (func $f (result i32))) (func (export "f") (drop (call $f)))');
    expect(refusal(wasm)).toEqual({
      status: 3,
      message: breaks("it imports net_listen, which is not in the ABI"),
    });
  });

  test("an import with another type", () => {
    const wasm = module(
      '(import "hal" "net_close" (func $f (param i64) (result i32))) (func (drop (call $f (i64.const 1))))',
    );
    expect(refusal(wasm).status).toBe(3);
    expect(refusal(wasm).message).toContain("function signature mismatch");
  });

  test.each(["setup", "step", "resume", "stop"] as const)("a module without %s", (name) => {
    expect(refusal(module(NOTHING, { [name]: "" }))).toEqual({
      status: 3,
      message: breaks(`it does not export ${name} as the ABI has it`),
    });
  });

  test("a step that returns nothing", () => {
    expect(refusal(module(NOTHING, { step: '(func (export "step") (param i32))' })).message).toBe(
      breaks("it does not export step as the ABI has it"),
    );
  });

  test("every shorter part of a module, without reading past its end", () => {
    const wasm = module('(data (i32.const 8) "abc")');
    // A module may do without its last section, the data.
    const withoutData = wasm.length - (readSections(wasm).at(-1)?.contents.length ?? 0) - 2;
    for (let length = 0; length < wasm.length; length++) {
      const { status, message } = refusal(wasm.subarray(0, length), "sanitize");
      expect(status, `${length} of ${wasm.length} bytes: ${message}`).toBe(length === withoutData ? 0 : 3);
    }
  });
});
