/** What the ESP32's links make of errno, in the C that it runs. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";

const BOARDS = join(PROJECT_ROOT, "boards");
const NET = join(BOARDS, "esp32", "components", "net");
const folder = mkdtempSync(join(tmpdir(), "wasmote-errno-"));
const program = join(folder, "errno");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** By their names, since their numbers are the platform's. */
const KNOWN = ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "ENETDOWN", "ENOMEM", "EPROTO"] as const;

let lines: string[];
beforeAll(() => {
  const calls = KNOWN.map((name) => `show("${name}", ${name});`).join("\n        ");
  const source = `
    #include <errno.h>
    #include <stdio.h>
    #include "abi.h"
    #include "transport_errno.h"
    static void show(const char *name, int system)
    {
        const struct transport_error *error = transport_connect_errno(system);
        printf("%s %d %d %s\\n", name, (int)transport_errno(system), error != NULL ? (int)error->error : 0,
               error != NULL ? error->text : "unknown");
    }
    int main(void)
    {
        printf("refused %d reset %d\\n", HAL_ECONNREFUSED, HAL_ECONNRESET);
        ${calls}
        return 0;
    }`;
  writeFileSync(`${program}.c`, source);
  const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", "-fno-sanitize-recover=all"];
  const includes = [`-I${NET}`, `-I${join(BOARDS, "core")}`];
  execFileSync("cc", [...flags, ...includes, `${program}.c`, join(NET, "transport_errno.c"), "-o", program]);
  lines = execFileSync(program, { encoding: "utf-8" }).trim().split("\n");
});

function of(name: (typeof KNOWN)[number]): string | undefined {
  return lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
}

test("a reset that answers an attempt to connect is a refusal: lwIP has no other word for it", () => {
  const [refused, reset] = lines[0]?.match(/-\d+/g) ?? [];
  expect(of("ECONNRESET")).toBe(`${reset} ${refused} nothing listens there`);
  expect(of("ECONNREFUSED")).toBe(`${refused} ${refused} nothing listens there`);
});

test("what is known has words of its own, and what is not breaks the link like a reset", () => {
  expect(of("ETIMEDOUT")).toMatch(/ no answer in time$/);
  expect(of("EHOSTUNREACH")).toMatch(/ no route to the host$/);
  expect(of("ENETDOWN")).toMatch(/ the network is down$/);
  expect(of("ENOMEM")).toMatch(/ no memory is left$/);
  const reset = lines[0]?.match(/-\d+$/)?.[0];
  expect(of("EPROTO")).toBe(`${reset} 0 unknown`);
});
