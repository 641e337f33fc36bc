/** The waits between a lost network and the next attempt, in the C that the ESP32 runs. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";

const NET = join(PROJECT_ROOT, "boards", "esp32", "components", "net");
const folder = mkdtempSync(join(tmpdir(), "wasmote-backoff-"));
const program = join(folder, "backoff");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const source = `
    #include <stdio.h>
    #include <stdlib.h>
    #include "backoff.h"
    /* Each argument is the chance of one failure; "ok" is a success. */
    int main(int argc, char **argv)
    {
        struct backoff backoff = {0};
        for (int i = 1; i < argc; i++) {
            if (argv[i][0] == 'o') backoff_reset(&backoff);
            else printf("%u\\n", (unsigned)backoff_next(&backoff, (uint32_t)strtoul(argv[i], NULL, 10)));
        }
        return 0;
    }`;
  writeFileSync(`${program}.c`, source);
  const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", "-fno-sanitize-recover=all"];
  execFileSync("cc", [...flags, `-I${NET}`, `${program}.c`, join(NET, "backoff.c"), "-o", program]);
});

function waits(...chances: (number | "ok")[]): number[] {
  const text = execFileSync(program, chances.map(String), { encoding: "utf-8" });
  return text.trim().split("\n").map(Number);
}

test("waits double from a second to a minute, and stay there however long the network is away", () => {
  // The chance that adds nothing leaves three quarters of each wait.
  const least = waits(...Array(100).fill(0));
  expect(least.slice(0, 8)).toEqual([750, 1500, 3000, 6000, 12_000, 24_000, 45_000, 45_000]);
  expect(new Set(least.slice(7))).toEqual(new Set([45_000]));
});

test("chance spreads a wait by a quarter up and down, so that a fleet does not come back in step", () => {
  const first = waits(...Array.from({ length: 2000 }, (_, chance) => [chance, "ok"] as const).flat());
  expect(Math.min(...first)).toBe(750);
  expect(Math.max(...first)).toBe(1250);
  expect(new Set(first).size).toBe(501);
});

test("after a success the next failure counts as the first", () => {
  expect(waits(0, 0, 0, "ok", 0)).toEqual([750, 1500, 3000, 750]);
});
