/** How long a chip slept, by two clocks of which each fails a part of that time, in the C that the ESP32 runs. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";

const SYSTEM = join(PROJECT_ROOT, "boards", "esp32", "components", "system");
const folder = mkdtempSync(join(tmpdir(), "wasmote-slumber-"));
const program = join(folder, "slumber");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const source = `
    #include <stdio.h>
    #include <stdlib.h>
    #include "slumber.h"
    int main(int argc, char **argv)
    {
        if (argc != 5) return 2;
        int64_t beganMs = slumber_began(strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10), strtoll(argv[3], NULL, 10));
        printf("%u\\n", (unsigned)slumber_lasted(beganMs, strtoll(argv[4], NULL, 10)));
        return 0;
    }`;
  writeFileSync(`${program}.c`, source);
  const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", "-fno-sanitize-recover=all"];
  execFileSync("cc", [...flags, `-I${SYSTEM}`, `${program}.c`, join(SYSTEM, "slumber.c"), "-o", program]);
});

interface Slumber {
  /** The counting clock when the image was kept, and when the chip powered down. */
  readonly keptMs: number;
  readonly downMs: number;
  /** The time of day when the chip powered down, and when it had started again. */
  readonly downAt: number;
  readonly wokeAt: number;
}

function lasted({ keptMs, downMs, downAt, wokeAt }: Slumber): number {
  return Number(execFileSync(program, [keptMs, downMs, downAt, wokeAt].map(String), { encoding: "utf-8" }));
}

const IN_2026 = Date.UTC(2026, 10, 26);

test("a sleep lasts from when the image was kept to the restart, the last awake moments included", () => {
  const slumber = { keptMs: 1200, downMs: 1950, downAt: IN_2026, wokeAt: IN_2026 + 19_250 };
  expect(lasted(slumber)).toBe(20_000);
});

test("it is the same where the time of day was never set, so that it counts from 1970", () => {
  expect(lasted({ keptMs: 1200, downMs: 1950, downAt: 1950, wokeAt: 1950 + 19_250 })).toBe(20_000);
});

test("it may begin before 1970: SNTP has set the time of day to less than the chip was awake", () => {
  expect(lasted({ keptMs: 100_000, downMs: 102_000, downAt: 500, wokeAt: 8500 })).toBe(10_000);
});

test("no time has passed if the time of day has gone backwards", () => {
  expect(lasted({ keptMs: 1200, downMs: 1200, downAt: IN_2026, wokeAt: IN_2026 - 1 })).toBe(0);
});

test("what is longer than the module can be told is the longest that it can", () => {
  expect(lasted({ keptMs: 0, downMs: 0, downAt: 0, wokeAt: 0xffff_ffff })).toBe(0xffff_ffff);
  expect(lasted({ keptMs: 0, downMs: 0, downAt: 0, wokeAt: IN_2026 })).toBe(0xffff_ffff);
});
