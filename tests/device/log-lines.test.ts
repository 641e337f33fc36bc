import { describe, expect, test } from "vitest";
import { LineSplitter, readDeviceLine } from "../../host/device/log-lines.ts";

describe("what a board sends is cut into lines", () => {
  test("wherever the pieces end, inside of a character too", () => {
    const bytes = Buffer.from("I (1) a: 17 °C\r\nsecond\n\r\r\nrest");
    for (let cut = 0; cut <= bytes.length; cut++) {
      const splitter = new LineSplitter();
      const lines = [...splitter.push(bytes.subarray(0, cut)), ...splitter.push(bytes.subarray(cut))];
      expect(lines, `cut at ${cut}`).toEqual(["I (1) a: 17 °C", "second", ""]);
      expect(splitter.rest).toBe("rest");
    }
  });

  test("and a line without an end is cut, so that noise takes no more memory", () => {
    const splitter = new LineSplitter();
    const lines = Array.from({ length: 40 }, () => splitter.push(Buffer.alloc(1_000, "x"))).flat();
    expect(lines.map((line) => line.length)).toEqual([16_384, 16_384]);
    expect(splitter.rest.length).toBe(40_000 - 32_768);
  });
});

describe("a line of a board", () => {
  test("of ESP-IDF's log has a level, a time and a tag, coloured or not", () => {
    const log = { level: "warn", uptimeMs: 1234, tag: "wifi station", message: "no AP: retry" };
    expect(readDeviceLine("W (1234) wifi station: no AP: retry")).toEqual({
      text: "W (1234) wifi station: no AP: retry",
      log,
    });
    expect(readDeviceLine("\u001b[0;33mW (1234) wifi station: no AP: retry\u001b[0m").log).toEqual(log);
  });

  test.each([
    ["E", "error"],
    ["W", "warn"],
    ["I", "info"],
    ["D", "debug"],
    ["V", "debug"],
  ])("of level %s is %s", (letter, level) => {
    expect(readDeviceLine(`${letter} (0) t: x`).log?.level).toBe(level);
  });

  test("of the module has its number in words, and one of another tag has not", () => {
    expect(readDeviceLine("W (5) module: link closed: -12").log?.explanation).toBe("no answer in time");
    expect(readDeviceLine("W (5) other: link closed: -12").log?.explanation).toBeUndefined();
  });

  test("is found behind the console's prompt", () => {
    expect(readDeviceLine("wasmote> I (5) module: online").log?.message).toBe("online");
  });

  test("that is no log line is a text, and can't act on the terminal", () => {
    expect(readDeviceLine("ets Jul 29 2019")).toEqual({ text: "ets Jul 29 2019" });
    expect(readDeviceLine("a\u0007\u001b]0;x\u0007")).toEqual({ text: "a\\x07\\x1b]0;x\\x07" });
    expect(readDeviceLine("X (5) module: online")).toEqual({ text: "X (5) module: online" });
  });
});
