/** docs/devices.md says what the commands for boards say. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CONFIG, FLASH, FLASH_IMAGE, MONITOR } from "../../host/cli/table/boards.ts";
import { isSecret, KEYS } from "../../host/device/settings.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

const page = readFileSync(join(PROJECT_ROOT, "docs", "devices.md"), "utf-8");

/** A section's text, up to the next heading of any level. */
function section(heading: string): string {
  const text = page.split(`\n${heading}\n`)[1];
  if (text === undefined) throw new Error(`there is no heading ${heading}`);
  return text.split(/^#{2,3} /m)[0] ?? "";
}

test.each([
  ["## Flash", FLASH.options],
  ["## Configure", CONFIG.options],
  ["## Watch", MONITOR.options],
  ["## One image for many boards", FLASH_IMAGE.options],
])("%s has every flag, with its default, and no other", (heading, options) => {
  const rows = [...section(heading).matchAll(/^\| `(--[^`]+)` \| ([^|]+) \|/gm)].map(([, flags, shown]) => [
    flags,
    shown,
  ]);
  expect(rows.map(([flags]) => flags)).toEqual(Object.values(options).map(({ flags }) => flags));
  for (const [index, option] of Object.values(options).entries()) {
    if ("default" in option) expect(rows[index]?.[1], option.flags).toBe(`\`${option.default}\``);
  }
});

test("docs/devices.md has every setting, and says which are secret", () => {
  const rows = section("### Settings")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const keys = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, key]) => key));
  expect(keys).toEqual(KEYS.flatMap((key) => key.split(" to ")));
  for (const row of rows) {
    const named = [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].some(([, key = ""]) => isSecret(key));
    expect(/\bsecret\b/.test(row), row).toBe(named);
  }
});

test("docs/devices.md names every error of the commands for boards", () => {
  const sources = [
    "app-image",
    "build-folder",
    "esptool",
    "flash-layout",
    "module-slot",
    "partition-table",
    "provision",
  ];
  const more = ["serial-console", "serial-line", "serial-port", "settings"];
  for (const name of [...sources, ...more]) {
    const source = readFileSync(join(PROJECT_ROOT, "host", "device", `${name}.ts`), "utf-8");
    for (const [, code] of source.matchAll(/(?:WasmoteError|error)\(\s*"(E[A-Z]+)"/g)) {
      if (code !== "EUSAGE")
        expect(section("## When something is wrong"), `${code} of ${name}.ts`).toContain(`\`${code}\``);
    }
  }
});
