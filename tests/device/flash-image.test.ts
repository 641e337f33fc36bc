import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readPartitionTable } from "../../host/device/partition-table.ts";
import { sealProvision } from "../../host/device/provision.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { encodeImage, encodeTable, ROWS, type Row, writeBuildFolder } from "./build-folder.ts";
import { wasmote } from "./command.ts";

const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");
const MIB = 0x100000;

let folder: string;
let build: string;
let out: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmote-image-"));
  build = join(folder, "build");
  out = join(folder, "flash.bin");
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  rmSync(out, { force: true });
  writeBuildFolder(build);
});

function rowNamed(name: string): Row {
  const row = ROWS.find((each) => each.name === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
}

describe("`flash-image`", () => {
  test("puts every piece where the image's own partition table says, and 0xff everywhere else", async () => {
    const settings = join(folder, "settings.bin");
    writeFileSync(settings, sealProvision([{ key: "id", value: "n-7" }], 0x4000));
    const args = ["--firmware", build, "--module", MODULE, "--provision", settings, "--size", "4MB", "--out", out];
    expect((await wasmote(["flash-image", ...args])).code).toBe(0);
    const image = readFileSync(out);
    expect(image.length).toBe(4 * MIB);

    const table = readPartitionTable(image.subarray(0x8000, 0x8c00), "the image");
    expect(table).toEqual(ROWS);
    const rest = Buffer.from(image);
    const take = (offset: number, expected: Buffer): void => {
      expect(image.subarray(offset, offset + expected.length).equals(expected)).toBe(true);
      rest.fill(0xff, offset, offset + expected.length);
    };
    const place = (name: string): number => table.find((each) => each.name === name)?.offset ?? Number.NaN;
    take(0, readFileSync(join(build, "bootloader/bootloader.bin")));
    take(0x8000, readFileSync(join(build, "partition_table/partition-table.bin")));
    take(place("app0"), readFileSync(join(build, "wasmote.bin")));
    take(place("provision"), readFileSync(settings));
    expect(image.toString("latin1", place("module0"), place("module0") + 4)).toBe("WMMO");
    rest.fill(0xff, place("module0"), place("module0") + 32);
    take(place("module0") + 32, readFileSync(MODULE));
    expect(rest.every((byte) => byte === 0xff)).toBe(true);
  });

  test("is for its owner alone once it has settings in it, which may be secret", async () => {
    const settings = join(folder, "settings.bin");
    writeFileSync(settings, sealProvision([{ key: "wifi_password", value: "correct horse" }], 0x4000));
    writeFileSync(out, "", { mode: 0o644 });
    await wasmote(["flash-image", "--firmware", build, "--provision", settings, "--out", out]);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  test("is as large as the flash that the firmware was built for, unless --size says otherwise", async () => {
    writeBuildFolder(build, { flashSize: "8MB" });
    await wasmote(["flash-image", "--firmware", build, "--out", out]);
    expect(statSync(out).size).toBe(8 * MIB);
    await wasmote(["flash-image", "--firmware", build, "--out", out, "--size", "16MB"]);
    expect(statSync(out).size).toBe(16 * MIB);
  });

  test("--json lists the pieces", async () => {
    const args = ["--firmware", build, "--module", MODULE, "--out", out, "--json"];
    const { stdout } = await wasmote(["flash-image", ...args]);
    expect(JSON.parse(stdout)).toEqual({
      out,
      chip: "esp32c3",
      bytes: 4 * MIB,
      pieces: [
        { name: "bootloader", offset: 0, bytes: statSync(join(build, "bootloader/bootloader.bin")).size },
        { name: "partition-table", offset: 0x8000, bytes: 0xc00 },
        { name: "otadata", offset: 0xf000, bytes: 0x2000 },
        { name: "app", offset: 0x20000, bytes: statSync(join(build, "wasmote.bin")).size },
        { name: "module0", offset: 0x320000, bytes: statSync(MODULE).size + 32 },
        { name: "module1", offset: 0x330000, bytes: 0x1000 },
      ],
    });
  });

  test("reads a partition table that has no MD5", async () => {
    writeBuildFolder(build, { table: encodeTable(ROWS, { md5: false }) });
    expect((await wasmote(["flash-image", "--firmware", build, "--out", out])).code).toBe(0);
  });
});

describe("what `flash-image` refuses is named in one line, and nothing is written", () => {
  const changed = (name: string, change: Partial<Row>): Buffer =>
    encodeTable(ROWS.map((row) => (row.name === name ? { ...row, ...change } : row)));

  test.each([
    [
      "a bootloader that reaches into the partition table",
      { bootloader: encodeImage(5, 0x8000) },
      "error ETOOLARGE: bootloader ends at 0x8050, the partition table begins at 0x8000 — ",
    ],
    [
      "an app that is larger than its partition",
      { table: changed("app0", { size: 0x4000 }), app: encodeImage(5, 0x4000) },
      "error ETOOLARGE: app ends at 0x24050, the partition app0 at 0x24000 — ",
    ],
    [
      "an app that no partition has room for",
      { table: changed("app0", { offset: 0x30000, size: 0x10000 }) },
      "error EPARTITIONS: the partition table has no place for app at 0x20000 — ",
    ],
    [
      "a module that its slot is too small for",
      { table: changed("module0", { size: 0x1000 }) },
      `error ETOOLARGE: the module has ${statSync(MODULE).size} bytes, a slot holds 4064 — `,
    ],
    [
      "a table whose partitions overlap",
      { table: changed("module0", { size: 0x20000 }) },
      "can't be used: its partitions module0 and module1 overlap — ",
    ],
    [
      "a slot of another kind",
      { table: changed("module0", { subtype: 0x82 }) },
      "error EPARTITIONS: the firmware's partition table has another kind of partition module0 — ",
    ],
    [
      "settings that are larger than their partition",
      { table: changed("provision", { size: 0x2000 }) },
      "error ETOOLARGE: provision ends at 0x16000, the partition provision at 0x14000 — ",
    ],
  ])("%s", async (_, contents, message) => {
    writeBuildFolder(build, contents);
    const settings = join(folder, "settings.bin");
    writeFileSync(settings, sealProvision([{ key: "id", value: "7" }], rowNamed("provision").size));
    const args = ["--firmware", build, "--module", MODULE, "--provision", settings, "--out", out];
    const { code, stderr } = await wasmote(["flash-image", ...args]);
    expect(stderr).toContain(message);
    expect(stderr.split("\n").filter((line) => line.startsWith("error "))).toHaveLength(1);
    expect(code).not.toBe(0);
    expect(() => statSync(out)).toThrow("ENOENT");
  });

  test("a module where the firmware's build has put one already", async () => {
    const path = join(build, "flasher_args.json");
    writeFileSync(join(build, "preset.bin"), "a module");
    const list = readFileSync(path, "utf-8").replace('"flash_files": {', '"flash_files": { "0x320000": "preset.bin",');
    writeFileSync(path, list);
    expect((await wasmote(["flash-image", "--firmware", build, "--out", out])).code).toBe(0);
    rmSync(out);
    const { code, stderr } = await wasmote(["flash-image", "--firmware", build, "--module", MODULE, "--out", out]);
    expect(stderr).toMatch(/^error EOVERLAP: .* ends at 0x\w+, where .* begins at 0x320000 — leave one of them out$/m);
    expect(code).toBe(2);
    expect(() => statSync(out)).toThrow("ENOENT");
  });

  test.each([
    ["2MB", "error ETOOLARGE: the partition app1 ends at 0x320000, the flash at 0x200000 — "],
    ["4", 'error EUSAGE: "4" is no size of a flash — write 2MB, 4MB, 8MB or 16MB'],
    ["0MB", 'error EUSAGE: "0MB" is no size of a flash — '],
  ])("a flash of %s", async (size, message) => {
    const { code, stderr } = await wasmote(["flash-image", "--firmware", build, "--out", out, "--size", size]);
    expect(stderr).toContain(message);
    expect(code).not.toBe(0);
  });

  test.each([
    [["--out", "flash.bin"], 2, "error EUSAGE: an image needs a firmware — "],
    [["--firmware", "here"], 2, "error EUSAGE: the image has no name — "],
  ])("%j", async (args, code, message) => {
    const outcome = await wasmote(["flash-image", ...args]);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });

  test("an image that can't be written", async () => {
    const outcome = await wasmote(["flash-image", "--firmware", build, "--out", "/no/such/flash.bin"]);
    expect(outcome.stderr).toContain("error EWRITE: can't write /no/such/flash.bin: ENOENT — ");
    expect(outcome.code).toBe(1);
  });
});
