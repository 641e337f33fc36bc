import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { answers, ask, records, type } from "./parts.ts";

const page = readFileSync(join(PROJECT_ROOT, "docs", "wiring.md"), "utf-8");

/** The pins that the page recommends: of each chip SDA, SCL, 1-Wire, lamp, and the text on those to leave alone. */
const pins = [...page.matchAll(/^\| `(esp32\w*)` \|([ \d|]+)\| (.*) \|$/gm)].map(
  ([, chip = "", numbers = "", rest = ""]) => ({
    chip,
    numbers: numbers.split("|").map(Number),
    rest,
  }),
);

describe("docs/wiring.md", () => {
  test("shows settings that the console takes", () => {
    const commands = [...page.matchAll(/^(?:wasmote> )?(set .*)$/gm)].map(([, command = ""]) => command);
    expect(commands.length).toBeGreaterThan(10);
    expect(ask(...commands)).toEqual(commands.map(() => "ok"));
  });

  test("has a row for each fault of a probe, word for word, and no other", () => {
    const source = readFileSync(join(PROJECT_ROOT, "boards", "esp32", "components", "probes", "probe.c"), "utf-8");
    const faults = [...source.matchAll(/return "(.*)";/g)].map(([, text]) => text).slice(1, -1);
    const [, table = ""] = page.split("| the log says |");
    const rows = [...(table.split("\n\n")[0] ?? "").matchAll(/^\| `(.*?)` \|/gm)].map(([, text]) => text);
    expect(rows).toEqual(faults);
  });

  test("recommends pins that each chip has free, and that it does not tell to leave alone", () => {
    expect(pins.map(({ chip }) => chip)).toEqual(["esp32", "esp32c3", "esp32s3", "esp32c6"]);
    for (const { chip, numbers, rest } of pins) {
      const lines = records(
        "actuator",
        numbers.map((pin) => `gpio,pin=${pin}`),
        "--chip",
        chip,
      );
      expect(lines).toEqual(numbers.map((pin) => `driver 5, pin ${pin}, active high`));
      const starts = (/^([\d, ]+) decide/.exec(rest)?.[1] ?? "").split(", ").map(Number);
      expect(numbers.filter((pin) => starts.includes(pin))).toEqual([]);
      expect(new Set(numbers).size).toBe(numbers.length);
    }
  });

  test.each(["sht3x", "bme280", "ds18b20"])("has a picture for %s with the same pins", (probe) => {
    const picture = readFileSync(join(PROJECT_ROOT, "docs", `wiring-${probe}.svg`), "utf-8");
    const shown = [...picture.matchAll(/>GPIO (\d+)</g)].map(([, pin]) => Number(pin));
    const column = (index: number): number[] => pins.map(({ numbers }) => numbers[index] ?? -1);
    expect(shown).toEqual(probe === "ds18b20" ? column(2) : [...column(0), ...column(1)]);
    expect(page).toContain(`(wiring-${probe}.svg)`);
  });

  test("quotes what the console says", () => {
    const [, table = ""] = page.split("| the console says |");
    const quotes = [...table.matchAll(/^\| `(.*?)` \|/gm)].map(([, text = ""]) => text);
    const script = [
      "set actuator0 gpio,pin=12",
      "set sensor0 sht3x,sda=5,scl=6",
      "set actuator0 gpio,pin=6",
      "set sensor1 bme280,sda=7,scl=8",
      "status",
    ];
    const said = [
      ...ask(...script),
      ...answers(type("set sensor0 internal\r", { flags: ["--chip", "esp32"] })),
      ...answers(type("set sensor0 ds18b20,pin=3\r", { flags: ["--chip", "esp32c6"] })),
    ].join("\n");
    expect(quotes).toHaveLength(5);
    for (const quote of quotes) expect(said).toContain(quote);
  });
});
