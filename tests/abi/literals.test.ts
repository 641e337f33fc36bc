import { describe, expect, test } from "vitest";
import { expandUtf8Literals } from "../../host/build/literals.ts";
import { loadModule } from "../../host/engine/module.ts";
import { TestNode } from "../unit/harness/node.ts";
import { compileSource } from "./source.ts";

/** A literal as it stands in the source, and the text that it means in TypeScript. */
const LITERALS: [literal: string, text: string][] = [
  ['"plain"', "plain"],
  ["'plain'", "plain"],
  ['""', ""],
  ['"it\'s"', "it's"],
  ["'say \"hi\"'", 'say "hi"'],
  ['"say \\"hi\\""', 'say "hi"'],
  ["'it\\'s'", "it's"],
  ["'say \\\"hi\\\"'", 'say "hi"'],
  ['"back\\\\slash"', "back\\slash"],
  ["'back\\\\slash'", "back\\slash"],
  ['"ends in one\\\\"', "ends in one\\"],
  ['"tab\\tnew\\nline\\r"', "tab\tnew\nline\r"],
  ['"\\u00e4\\u20ac"', "ä€"],
  ['"äöü €"', "äöü €"],
  ['"日本 𝄞 😀"', "日本 𝄞 😀"],
  ['"\\ud834\\udd1e"', "𝄞"],
  ['"(a, b); // no comment"', "(a, b); // no comment"],
  ['\'{"msg":"\'', '{"msg":"'],
  ['"\ufeff"', "\ufeff"],
];

/** The text of the only constant in the expansion of `utf8(<literal>)`. */
function expanded(literal: string): string {
  const bytes = expandUtf8Literals(`x = utf8(${literal});`).match(
    /^x = changetype<Text>\(memory\.data<u8>\(\[([\d,]+)\]\)\);$/,
  )?.[1];
  const [high = 0, low = 0, ...text] = (bytes ?? "").split(",").map(Number);
  expect(text.length).toBe(high * 256 + low);
  return Buffer.from(text).toString();
}

describe("utf8() of a literal", () => {
  test.each(LITERALS)("%s is %j, with its length in front", (literal, text) => {
    expect(expanded(literal)).toBe(text);
  });

  test("has both bytes of its length right from 256 bytes on", () => {
    expect(expanded(`"${"x".repeat(300)}"`)).toBe("x".repeat(300));
    expect(expanded(`"${"ä".repeat(128)}"`)).toBe("ä".repeat(128));
  });

  test("of more than 65,535 bytes is refused", () => {
    expect(() => expandUtf8Literals(`utf8("${"x".repeat(65_536)}")`)).toThrow("65536");
    expect(() => expandUtf8Literals(`utf8("${"x".repeat(65_535)}")`)).not.toThrow();
  });

  test("is found wherever it stands in a line, and as often as it does; lines stay where they are", () => {
    const source = 'a(utf8("x"), utf8(\'y\'));\nconst B = utf8("z");\n// end\n';
    const text = expandUtf8Literals(source);
    expect(text.match(/memory\.data/g)?.length).toBe(3);
    expect(text.split("\n").length).toBe(source.split("\n").length);
    expect(text).not.toContain("utf8(");
  });

  test("leaves alone what is no call of utf8 with a literal", () => {
    for (const source of [
      "utf8(name)",
      'myutf8("a")',
      'utf8("a" + b)',
      "declare function utf8(literal: string): Text;",
    ]) {
      expect(expandUtf8Literals(source)).toBe(source);
    }
  });

  test("arrives in the module byte for byte", async () => {
    const lines = LITERALS.map(([literal]) => `say(utf8(${literal}));`).join("\n  ");
    const wasm = await compileSource(
      "literals",
      `
import { node, utf8, Text } from "../../assembly";
import { log } from "../../assembly/hal";
export { resume, stop } from "../../assembly";
function say(text: Text): void { log(1, text.bytes, text.length); }
export function setup(): void {
  node.setup();
  ${lines}
}
export function step(nowMs: u32): u32 { node.begin(nowMs); return node.finish(nowMs); }
`,
    );
    // A log line is decoded as UTF-8 by the host, which takes a byte order mark at its beginning for one.
    const texts = LITERALS.map(([, text]) => `1 ${text.replace("\ufeff", "")}`);
    expect(new TestNode(loadModule(wasm)).logs()).toEqual(texts);
  });
});

test("utf8() of anything but a literal does not compile, and the message names it", async () => {
  const source = `
import { node, utf8 } from "../../assembly";
export { resume, stop } from "../../assembly";
const NAME: string = "abc";
export function setup(): void { node.setup(); utf8(NAME); }
export function step(nowMs: u32): u32 { node.begin(nowMs); return node.finish(nowMs); }
`;
  await expect(compileSource("no-literal", source)).rejects.toThrow(/utf8/);
});
