import { describe, expect, test } from "vitest";
import { loadModule } from "../../host/engine/module.ts";
import { checkImageRule } from "../../host/module/image-rule.ts";
import { EXPORTS, IMPORTS } from "./contract.ts";
import { fromWat, IMAGE_SIZE } from "./wat.ts";

/** Why a module is refused, or undefined if it is not. Also that it is refused for nothing but the rule. */
function refusal(wasm: Uint8Array): string | undefined {
  try {
    checkImageRule(wasm);
    return undefined;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    expect(code).toBe("EIMAGE");
    return message.replace("the module breaks the rule that a node is an image: ", "");
  }
}

test("a module that keeps the rule is let pass, so the refusals below are for their reasons", () => {
  expect(refusal(fromWat(""))).toBeUndefined();
  const busy = `
    (import "hal" "log" (func $log (param i32 i32 i32) (result i32)))
    (global $a (export "a") i32 (i32.const -5)) (global $b (export "b") i32 (i32.const 1000000))
    (data (i32.const 0) "abc") (data (i32.const ${IMAGE_SIZE - 4}) "last")
    (func (export "own") (drop (call $log (i32.const 0) (i32.const 0) (i32.const 0))))`;
  expect(refusal(fromWat(busy))).toBeUndefined();
});

describe("a mutable global is refused", () => {
  const MUTABLE = "it has a mutable global, which no image would hold";

  test("alone, or behind others that are not mutable", () => {
    expect(refusal(fromWat('(global $g (export "g") (mut i32) (i32.const 1))'))).toBe(MUTABLE);
    expect(
      refusal(
        fromWat('(global $c (export "c") i32 (i32.const 77777)) (global $g (export "g") (mut i32) (i32.const 1))'),
      ),
    ).toBe(MUTABLE);
  });

  test.each(["i64", "f32", "f64"])("of type %s", (type) => {
    expect(refusal(fromWat(`(global $g (export "g") (mut ${type}) (${type}.const 1))`))).toBe(MUTABLE);
  });

  test.each(["i64", "f32", "f64"])("also behind one of type %s, whose bytes are no i32", (type) => {
    for (const value of type === "i64" ? ["0", "-1", "0x0b000041000b00"] : ["0", "1.5", "-3e30"]) {
      const globals = `(global $c (export "c") ${type} (${type}.const ${value})) (global $g (export "g") (mut i32) (i32.const 1))`;
      expect(refusal(fromWat(globals)), value).toBe(MUTABLE);
    }
  });

  test("that is imported is refused as an import", () => {
    expect(refusal(fromWat('(import "hal" "g" (global $g (mut i32))) (export "g" (global $g))'))).toContain("hal.g");
  });
});

describe("memory is one page that cannot grow", () => {
  const message = "its memory is not one page that cannot grow";

  test.each([
    ["it could grow", '(memory (export "memory") 1 2)'],
    ["it has no limit", '(memory (export "memory") 1)'],
    ["it has two pages", '(memory (export "memory") 2 2)'],
    ["it has none", '(memory (export "memory") 0 1)'],
  ])("refused: %s", (_, memory) => {
    expect(refusal(fromWat("", { memory }))).toBe(message);
  });

  test("refused: it is shared", () => {
    expect(refusal(fromWat("", { memory: '(memory (export "memory") 1 1 shared)' }))).toBe(message);
  });

  test("refused: there is none, it is imported, or it is not exported", () => {
    expect(refusal(fromWat("", { memory: "" }))).toBe("it has no memory");
    expect(refusal(fromWat('(import "hal" "m" (memory 1 1)) (export "memory" (memory 0))', { memory: "" }))).toBe(
      "it has no memory",
    );
    expect(refusal(fromWat("", { memory: "(memory 1 1)" }))).toBe("it does not export its memory");
    expect(refusal(fromWat("", { memory: '(memory (export "mem") 1 1)' }))).toBe("it does not export its memory");
  });
});

test("a start function is refused", () => {
  const wasm = fromWat("(func $main (i32.store (i32.const 0) (i32.const 1))) (start $main)");
  expect(refusal(wasm)).toBe("it has a start function, which would run outside setup()");
});

describe("data lies within the image", () => {
  test.each([
    ["a byte past its end", IMAGE_SIZE - 3, "1234"],
    ["right behind it", IMAGE_SIZE, "1"],
    ["at the end of the page", 65_535, "1"],
    ["at an address that is negative as an i32", -4, "1234"],
  ])("refused: %s", (_, address, text) => {
    expect(refusal(fromWat(`(data (i32.const ${address}) "${text}")`))).toBe(
      `it has data at ${address}, outside its image`,
    );
  });

  test("refused: the second segment is outside, though the first is not", () => {
    expect(refusal(fromWat(`(data (i32.const 0) "a") (data (i32.const ${IMAGE_SIZE}) "b")`))).toContain("outside");
  });

  test("refused: a passive segment, of which nobody says where it goes", () => {
    expect(refusal(fromWat('(data "abc")'))).toBe("it has a passive data segment");
  });

  test("refused: an address that is not a constant, but a global's value", () => {
    const wasm = fromWat('(global $at i32 (i32.const 65000)) (data (global.get $at) "abc")');
    expect(refusal(wasm)).toBe("its data is not at constant addresses");
  });
});

describe("imports are those of the ABI", () => {
  const importing = (module: string, name: string, type: string, body = ""): Uint8Array =>
    fromWat(`(import "${module}" "${name}" (func $f ${type})) (export "f" (func $f)) ${body}`);

  test.each(IMPORTS)("let pass: $name as documented", ({ name, parameters }) => {
    expect(refusal(importing("hal", name, `(param ${"i32 ".repeat(parameters.length)}) (result i32)`))).toBeUndefined();
  });

  test.each(IMPORTS)("refused: $name with one parameter more, one less, another type or no result", (entry) => {
    const { name, parameters } = entry;
    const other = `its import ${name} has other parameters or results`;
    const count = parameters.length;
    expect(refusal(importing("hal", name, `(param ${"i32 ".repeat(count + 1)}) (result i32)`))).toBe(other);
    expect(refusal(importing("hal", name, `(param ${"i32 ".repeat(count)})`))).toBe(other);
    expect(refusal(importing("hal", name, `(param ${"i32 ".repeat(count)}) (result i64)`))).toBe(other);
    if (count === 0) return;
    expect(refusal(importing("hal", name, `(param ${"i32 ".repeat(count - 1)}) (result i32)`))).toBe(other);
    expect(refusal(importing("hal", name, `(param ${"i32 ".repeat(count - 1)} f64) (result i32)`))).toBe(other);
  });

  test.each([
    ["hal", "net_listen"],
    ["hal", "toString"],
    ["hal", ""],
    ["env", "abort"],
    ["env", "log"],
    ["", "log"],
  ])("refused: %s.%s", (module, name) => {
    expect(refusal(importing(module, name, "(param i32 i32 i32) (result i32)"))).toBe(
      `it imports ${module}.${name}, which is not in the ABI`,
    );
  });

  test("refused: a table or a memory, whatever its name", () => {
    expect(refusal(fromWat('(import "hal" "log" (table $t 1 funcref)) (export "t" (table $t))'))).toContain("hal.log");
    expect(
      refusal(fromWat('(import "hal" "log" (memory 1 1)) (export "memory" (memory 0))', { memory: "" })),
    ).toBeDefined();
  });
});

describe("exports are those of the ABI", () => {
  test.each(EXPORTS)("refused: $name is missing", ({ name }) => {
    expect(refusal(fromWat("", { [name]: "" }))).toBe(`it does not export ${name}()`);
  });

  test.each(EXPORTS)("refused: $name with other parameters or another result", ({ name, parameters, result }) => {
    const other = `its export ${name} has other parameters or results`;
    const has = `(param ${"i32 ".repeat(parameters.length)})`;
    const gives = result === "" ? "" : "(result i32)";
    const body = result === "" ? "" : "(i32.const 0)";
    expect(refusal(fromWat("", { [name]: `(func (export "${name}") ${has} (param i32) ${gives} ${body})` }))).toBe(
      other,
    );
    expect(refusal(fromWat("", { [name]: `(func (export "${name}") ${has} (result i64) (i64.const 0))` }))).toBe(other);
    const opposite = result === "" ? "(result i32) (i32.const 0)" : "";
    expect(refusal(fromWat("", { [name]: `(func (export "${name}") ${has} ${opposite})` }))).toBe(other);
  });

  test.each(EXPORTS)("refused: $name is a global, not a function", ({ name }) => {
    const wasm = fromWat(`(global $g i32 (i32.const 0)) (export "${name}" (global $g))`, { [name]: "" });
    expect(refusal(wasm)).toBe(`it does not export ${name}()`);
  });
});

describe("the image's size", () => {
  test.each([8, 64, 65_536])("of %i bytes is good", (imageSize) => {
    expect(refusal(fromWat("", { imageSize }))).toBeUndefined();
  });

  test.each([0, 4, 12, 65, 65_544, 0xffff_fff8])("of %i bytes is refused", (imageSize) => {
    expect(refusal(fromWat("", { imageSize }))).toBe(`its image size is ${imageSize}`);
  });
});

describe("bytes that are cut off or changed", () => {
  const whole = fromWat('(data (i32.const 8) "abc") (global $c (export "c") i32 (i32.const 300))');

  test("are refused with a code, wherever they end", () => {
    for (let length = 0; length < whole.length; length++) {
      let code: string | undefined;
      try {
        loadModule(whole.subarray(0, length));
      } catch (error) {
        code = (error as { code: string }).code;
      }
      expect(["EMODULE", "EIMAGE"], `${length} bytes`).toContain(code);
    }
  });

  test("never end in an error without a code", () => {
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] = value;
        try {
          checkImageRule(changed);
        } catch (error) {
          expect(["EMODULE", "EIMAGE", "EABI"], `${value} at ${at}`).toContain((error as { code?: string }).code);
        }
      }
    }
  });
});
