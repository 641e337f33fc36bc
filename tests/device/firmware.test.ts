/** What the command line makes, read by the firmware's own code. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT_PARTITIONS } from "../../host/device/flash-layout.ts";
import { blankSector, sealModule } from "../../host/device/module-slot.ts";
import { modulePieces } from "../../host/device/payload.ts";
import { sealProvision } from "../../host/device/provision.ts";
import { isSecret } from "../../host/device/settings.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { oneRecord, records, u16, u32 } from "../parts/parts.ts";
import { ROWS, type Row } from "./build-folder.ts";
import { VALUES } from "./values.ts";

const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");
const SLOT_BYTES = 0x10000;

/** The slots of a board that has run a module with this sequence number, after `flash --module`. */
async function slotsAfterFlash(slot: 0 | 1, before: number): Promise<string> {
  const old = sealModule(Buffer.from("an older module"), before, SLOT_BYTES);
  const flash = [0, 1].map(() => Buffer.concat([old], SLOT_BYTES));
  for (const { name, bytes } of await modulePieces(MODULE, PROJECT_PARTITIONS, { slot })) {
    flash[name === "module1" ? 1 : 0]?.set(bytes);
  }
  return oneRecord("slots", Buffer.concat([u32(SLOT_BYTES), ...flash]));
}

/** The rows of boards/esp32/partitions.csv, by the names that ESP-IDF gives types and subtypes. */
function partitionsOfSource(): Row[] {
  const types = new Map([
    ["app", 0],
    ["data", 1],
  ]);
  const subtypes = new Map([
    ["ota_0", 0x10],
    ["ota_1", 0x11],
    ["ota", 0],
    ["phy", 1],
    ["nvs", 2],
  ]);
  const text = readFileSync(join(PROJECT_ROOT, "boards/esp32/partitions.csv"), "utf-8");
  const rows = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return rows.map((line) => {
    const [name = "", type = "", subtype = "", offset, size] = line.split(",").map((field) => field.trim());
    const numbers = { type: types.get(type) ?? -1, subtype: subtypes.get(subtype) ?? Number(subtype) };
    return { name, ...numbers, offset: Number(offset), size: Number(size) };
  });
}

test("modules and settings go where the firmware's partition table has them", () => {
  const rows = partitionsOfSource();
  expect(rows.length).toBeGreaterThan(5);
  for (const partition of PROJECT_PARTITIONS) expect(rows).toContainEqual(partition);
  // The build folders of these tests have the same table.
  expect(ROWS).toEqual(rows);
});

describe("the firmware", () => {
  test.each([
    [0, 1],
    [0, 0xffff_ffff],
    [1, 2],
    [1, 0x8000_0001],
  ] as const)(
    "runs the module of slot %d that was just flashed, though number %d had run before",
    async (slot, before) => {
      const line = await slotsAfterFlash(slot, before);
      expect(line).toContain(`; 1 ${readFileSync(MODULE).length} `);
      expect(line).toMatch(new RegExp(`run ${slot}, spare ${1 - slot}, next 2$`));
    },
  );

  test("finds no module in a slot that was blanked", () => {
    const line = oneRecord("slots", Buffer.concat([u32(0x1000), blankSector(), blankSector()]));
    expect(line).toMatch(/run -1, /);
  });

  test("takes every setting of a provision partition, whatever is in it", () => {
    const settings = VALUES.flatMap(([key, values]) => values.map((value) => ({ key, value })));
    const partitions = settings.map((setting) => sealProvision([setting], 0x4000));
    const lines = records(
      "provision",
      partitions.map((partition) => Buffer.concat([u16(512), partition])),
    );
    for (const [index, { key, value }] of settings.entries()) {
      const hex = Buffer.from(value).toString("hex");
      expect(lines[index], `${key}=${value.slice(0, 60)}`).toBe(`${key}=${hex} 1; the provision text is good`);
    }
  });

  test("refuses what is refused here: nobody is kept from a value that a board takes", () => {
    const refused = VALUES.flatMap(([key, , others]) => others.map((value) => ({ key, value })));
    expect(refused.length).toBeGreaterThan(20);
    const lines = records(
      "check",
      refused.map(({ key, value }) => `${key}\0${value}`),
    );
    for (const [index, { key, value }] of refused.entries()) {
      expect(lines[index], `${key}=${value.slice(0, 60)}`).not.toMatch(/^OK/);
    }
  });

  test("keeps secret what is secret here", () => {
    const table = readFileSync(join(PROJECT_ROOT, "boards/esp32/components/settings/settings.c"), "utf-8");
    const rows = [...table.matchAll(/\{\.key = "([\w.]+)",(.*?)\.help = /gs)];
    expect(rows.length).toBeGreaterThan(10);
    for (const [, key = "", row = ""] of rows) expect(isSecret(key), key).toBe(row.includes(".secret = true"));
  });
});
