import { expect, test } from "vitest";
import * as parse from "../../host/cli/parse.ts";

test.each([
  ["500ms", 500],
  ["5s", 5_000],
  ["1.5s", 1_500],
  ["2m", 120_000],
  ["1h", 3_600_000],
])("%s is a duration", (text, ms) => {
  expect(parse.parseDuration(text)).toBe(ms);
});

test.each([
  [parse.parseDuration, ["5", "", "s", "-5s", "0s", "5 s", "5d", "1e3s", "1000h"]],
  [parse.parseInterval, ["99ms", "99", "25h", "x"]],
  [parse.parseNodes, ["0", "1001", "-1", "1.5", "two", ""]],
  [parse.parsePort, ["65536", "-1", "mqtt"]],
  [parse.parseSeed, ["4294967296", "-1", "x"]],
  [parse.parseEngine, ["V8", "node"]],
  [parse.parseShell, ["sh", "Bash", ""]],
  [parse.parseCount, ["-1", "1.5", "all", ""]],
  [parse.parseUse, ["NODE_QUEUE", "=64", "NODE QUEUE=64", "NODE_QUEUE=6 4", "NODE_QUEUE=--x;", ""]],
  [parse.parseLogLevel, ["trace"]],
  [parse.parseSetting, ["key", "=value"]],
] as const)("%o refuses what is out of range", (parseText, texts) => {
  for (const text of texts) {
    expect(() => parseText(text), text).toThrow(expect.objectContaining({ code: "EUSAGE", fault: "usage" }));
  }
});

test("the ends of every range are inside it", () => {
  expect(parse.parseInterval("100")).toBe(100);
  expect(parse.parseInterval("24h")).toBe(86_400_000);
  expect([parse.parseNodes("1"), parse.parseNodes("1000")]).toEqual([1, 1_000]);
  expect([parse.parsePort("0"), parse.parsePort("65535")]).toEqual([0, 65_535]);
  expect(parse.parseSeed("4294967295")).toBe(4_294_967_295);
  expect(parse.parseEngine("wasm3")).toBe("wasm3");
});

test("settings add up, and a value may hold an equals sign", () => {
  expect(parse.parseSetting("b==", parse.parseSetting("a=1"))).toEqual({ a: "1", b: "=" });
});
