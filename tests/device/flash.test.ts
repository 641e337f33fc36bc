import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sealProvision } from "../../host/device/provision.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { encodeImage, encodeTable, ROWS, writeBuildFolder } from "./build-folder.ts";
import { type Outcome, wasmote } from "./command.ts";

const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");
const ESP32 = 0;

let folder: string;
let build: string;
/** A program in esptool's place: it writes its arguments to a file, says what it is told to, and ends with that code. */
let recorder: string;
let recorded: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmote-flash-"));
  build = join(folder, "the build");
  recorder = join(folder, "record");
  recorded = join(folder, "recorded");
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > '${recorded}'\necho "$SAYS"\nexit "\${ENDS:-0}"\n`;
  writeFileSync(recorder, script);
  chmodSync(recorder, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  rmSync(build, { recursive: true, force: true });
  rmSync(recorded, { force: true });
  writeBuildFolder(build);
});

/** What esptool got to know: everything up to the files, and the files by their offsets. */
interface Recorded {
  readonly head: readonly string[];
  readonly files: ReadonlyMap<number, string>;
}

function split(args: readonly string[]): Recorded {
  const first = args.findIndex((arg) => arg.startsWith("0x"));
  const files = new Map<number, string>();
  for (let at = first; at < args.length; at += 2) files.set(Number(args[at]), args[at + 1] ?? "");
  return { head: args.slice(0, first), files };
}

function recordedArguments(): string[] {
  return readFileSync(recorded, "utf-8").trimEnd().split("\n");
}

/** The one line of stderr that reports an error. */
function errorOf({ stderr }: Outcome): string {
  const lines = stderr.split("\n").filter((line) => line.startsWith("error "));
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

describe("`flash`", () => {
  test("gives esptool firmware and module at their offsets, with the build's own settings", async () => {
    const args = ["--firmware", build, "--module", MODULE, "--port", "/dev/null", "--esptool", recorder];
    expect((await wasmote(["flash", ...args])).code).toBe(0);
    const { head, files } = split(recordedArguments());
    expect(head.join(" ")).toBe(
      "--chip esp32c3 --port /dev/null --baud 460800 --before default_reset --after hard_reset " +
        "write_flash --flash_mode dio --flash_size 4MB --flash_freq 80m",
    );
    expect([...files.keys()]).toEqual([0x0, 0x8000, 0xf000, 0x20000, 0x320000, 0x330000]);
    expect(files.get(0x20000)).toBe(join(build, "wasmote.bin"));
    expect(files.get(0x8000)).toBe(join(build, "partition_table/partition-table.bin"));
  });

  test("writes the module behind its slot's header, and blanks the other slot's header", async () => {
    await wasmote(["flash", "--module", MODULE, "--port", "/dev/null", "--esptool", recorder]);
    const { head, files } = split(recordedArguments());
    expect(head.slice(0, 2)).toEqual(["--chip", "auto"]);
    const slot = readFileSync(files.get(0x320000) ?? "");
    const module = readFileSync(MODULE);
    expect(slot.toString("latin1", 0, 4)).toBe("WMMO");
    expect(slot.readUInt32LE(4)).toBe(1);
    expect(slot.readUInt32LE(8)).toBe(module.length);
    expect(slot.readUInt32LE(12)).toBe(crc32(module));
    expect(slot.subarray(16, 28)).toEqual(Buffer.alloc(12));
    expect(slot.readUInt32LE(28)).toBe(crc32(slot.subarray(0, 28)));
    expect(slot.subarray(32)).toEqual(module);
    expect(readFileSync(files.get(0x330000) ?? "")).toEqual(Buffer.alloc(0x1000, 0xff));
    expect(files.size).toBe(2);
  });

  test("with --slot 1 it is the other way round", async () => {
    await wasmote(["flash", "--module", MODULE, "--slot", "1", "--port", "/dev/null", "--esptool", recorder]);
    const { files } = split(recordedArguments());
    expect(readFileSync(files.get(0x330000) ?? "").toString("latin1", 0, 4)).toBe("WMMO");
    expect(readFileSync(files.get(0x320000) ?? "")[0]).toBe(0xff);
  });

  test("with --sequence it leaves the other slot alone", async () => {
    const args = ["--module", MODULE, "--sequence", "4294967295", "--port", "/dev/null", "--esptool", recorder];
    await wasmote(["flash", ...args]);
    const { files } = split(recordedArguments());
    expect([...files.keys()]).toEqual([0x320000]);
    expect(readFileSync(files.get(0x320000) ?? "").readUInt32LE(4)).toBe(0xffff_ffff);
  });

  test("takes the slots' places from the firmware's own partition table", async () => {
    const moved = ROWS.map((row) => (row.name === "module1" ? { ...row, offset: 0x370000 } : row));
    writeBuildFolder(build, { table: encodeTable(moved) });
    const args = ["--firmware", build, "--module", MODULE, "--slot", "1", "--port", "/dev/null"];
    await wasmote(["flash", ...args, "--esptool", recorder]);
    const { files } = split(recordedArguments());
    expect(readFileSync(files.get(0x370000) ?? "").toString("latin1", 0, 4)).toBe("WMMO");
  });

  test("erases everything first with --erase, and flashes settings from the very file that was given", async () => {
    const settings = join(folder, "settings.bin");
    writeFileSync(settings, sealProvision([{ key: "id", value: "n-7" }], 0x4000));
    const args = ["--firmware", build, "--provision", settings, "--erase", "--port", "/dev/null"];
    await wasmote(["flash", ...args, "--esptool", recorder]);
    const { head, files } = split(recordedArguments());
    expect(head).toContain("--erase-all");
    expect(files.get(0x12000)).toBe(settings);
  });

  test("--dry-run prints a line that a shell runs with those very arguments, and runs nothing", async () => {
    const common = ["--firmware", build, "--module", MODULE, "--port", "/dev/null", "--esptool", recorder];
    const { code, stdout } = await wasmote(["flash", ...common, "--dry-run"]);
    expect(code).toBe(0);
    expect(existsSync(recorded)).toBe(false);
    const words = shellWords(stdout);
    await wasmote(["flash", ...common]);
    expect(words).toEqual([recorder, ...recordedArguments()]);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stdout).toContain(`0x20000 '${build}/wasmote.bin'`);
  });

  test("--dry-run needs neither a board nor esptool", async () => {
    const env = { PATH: join(process.execPath, ".."), IDF_PATH: "" };
    const { code, stdout, stderr } = await wasmote(["flash", "--module", MODULE, "--dry-run"], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^esptool\.py --chip auto --baud 460800 --before default_reset --after hard_reset write_flash 0x320000 \S+ 0x330000 \S+\n$/,
    );
    expect(stderr).toContain("there is no esptool here");
  });

  test("--json says what was flashed and how", async () => {
    const args = ["--module", MODULE, "--port", "/dev/null", "--esptool", recorder, "--json"];
    const { stdout } = await wasmote(["flash", ...args]);
    expect(JSON.parse(stdout)).toMatchObject({
      flashed: true,
      command: [recorder, ...recordedArguments()],
      pieces: [
        { name: "module0", offset: 0x320000, bytes: readFileSync(MODULE).length + 32 },
        { name: "module1", offset: 0x330000, bytes: 0x1000 },
      ],
    });
  });

  test("finds esptool by ESP-IDF's path, and runs it by ESP-IDF's Python", async () => {
    const script = join(folder, "components", "esptool_py", "esptool");
    const python = join(folder, "env", "bin");
    mkdirSync(script, { recursive: true });
    mkdirSync(python, { recursive: true });
    writeFileSync(join(script, "esptool.py"), "");
    copyFileSync(recorder, join(python, "python"));
    // A folder in the PATH that is called esptool is none.
    mkdirSync(join(folder, "bin", "esptool"), { recursive: true });
    const env = {
      PATH: `${join(folder, "bin")}:${join(process.execPath, "..")}:/usr/bin:/bin`,
      IDF_PATH: folder,
      IDF_PYTHON_ENV_PATH: join(folder, "env"),
    };
    await wasmote(["flash", "--module", MODULE, "--port", "/dev/null"], { env });
    expect(recordedArguments()[0]).toBe(join(script, "esptool.py"));
  });
});

describe("what `flash` can't do is one line, and not 0", () => {
  const PORT = ["--port", "/dev/null"];

  test.each([
    [["flash"], 2, "error EUSAGE: there is nothing to flash — "],
    [["flash", "--module", MODULE, "--erase"], 2, "error EUSAGE: --erase would leave the board without a firmware — "],
    [["flash", "--module", MODULE, "--slot", "2"], 2, 'error EUSAGE: "2" is no slot — '],
    [["flash", "--module", MODULE, "--baud", "fast"], 2, 'error EUSAGE: "fast" is no baud rate — '],
    [["flash", "--module", "/no/such.wasm"], 2, "error ENOMODULE: can't read the module /no/such.wasm: ENOENT — "],
    [["flash", "--module", "package.json"], 1, "error EMODULE: not a WebAssembly module"],
    [
      ["flash", "--firmware", "/no/such"],
      2,
      "error ENOFILE: can't read the firmware's list /no/such/flasher_args.json: ENOENT — ",
    ],
    [["flash", "--module", MODULE, "--provision", MODULE], 2, "error EPROVISION: "],
    [["flash", "--module", MODULE, "--port", "/dev/ttyNone"], 2, "error ENOPORT: there is no port /dev/ttyNone — "],
    [
      ["flash", "--module", MODULE, ...PORT, "--esptool", "/no/esptool"],
      1,
      "error ENOESPTOOL: can't run /no/esptool: ",
    ],
  ])("%j", async (args, code, message) => {
    const outcome = await wasmote(args);
    expect(errorOf(outcome)).toContain(message);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toBe("");
  });

  test("no esptool", async () => {
    const env = { PATH: join(process.execPath, ".."), IDF_PATH: "/no/idf" };
    const outcome = await wasmote(["flash", "--module", MODULE, ...PORT], { env });
    expect(errorOf(outcome)).toBe(
      "error ENOESPTOOL: there is no esptool here — run ESP-IDF's export.sh, or pip install esptool, or name one with --esptool COMMAND",
    );
    expect(outcome.code).toBe(1);
  });

  test.each([
    [
      "A fatal error occurred: This chip is ESP32-C6, not ESP32-C3. Wrong --chip argument?",
      "error ECHIP: the board's chip is ESP32-C6, not esp32c3 — build the firmware for it, or name it with --chip",
    ],
    [
      "A fatal error occurred: This chip is ESP32 not ESP32-C3. Wrong --chip argument?",
      "error ECHIP: the board's chip is ESP32, not esp32c3 — ",
    ],
    [
      "A fatal error occurred: Could not open /dev/null, the port is busy or doesn't exist.\n" +
        "([Errno 13] could not open port /dev/null: [Errno 13] Permission denied: '/dev/null')",
      "error EACCES: you may not use /dev/null — join the group it belongs to, sudo usermod -aG dialout",
    ],
    [
      "([Errno 11] Could not exclusively lock port /dev/null: [Errno 11] Resource temporarily unavailable)",
      "error EBUSY: another program uses /dev/null — ",
    ],
    [
      "([Errno 2] could not open port /dev/null: [Errno 2] No such file or directory: '/dev/null')",
      "error ENOPORT: there is no port /dev/null — connect the board",
    ],
    [
      "A fatal error occurred: Failed to connect to ESP32-C3: No serial data received.",
      "error ENOANSWER: the loader of the board at /dev/null does not answer — hold BOOT",
    ],
    ["ModuleNotFoundError: No module named 'serial'", "error ENOESPTOOL: the esptool here is not whole — "],
    [
      "A fatal error occurred: MD5 of file does not match",
      "error EESPTOOL: esptool failed: MD5 of file does not match — ",
    ],
    ["", "error EESPTOOL: esptool failed: it ended with 2 — "],
  ])("esptool that says %j", async (says, message) => {
    const env = { SAYS: says, ENDS: "2" };
    const outcome = await wasmote(["flash", "--firmware", build, ...PORT, "--esptool", recorder], { env });
    expect(errorOf(outcome)).toContain(message);
    expect(outcome.stderr).toContain(says);
    expect(outcome.code).not.toBe(0);
  });

  test("a firmware for another chip than --chip", async () => {
    const outcome = await wasmote(["flash", "--firmware", build, "--chip", "esp32", "--dry-run"]);
    expect(errorOf(outcome)).toBe(
      "error ECHIP: the firmware was built for esp32c3, not for esp32 — build it for that chip: idf.py set-target esp32 && idf.py build",
    );
  });

  test.each([
    [
      "an app that is cut short",
      { app: encodeImage(5, 5_000).subarray(0, 4_000) },
      "wasmote.bin can't be flashed: it is cut short",
    ],
    [
      "an app without its SHA-256",
      { app: encodeImage(5, 5_000).subarray(0, -1) },
      "wasmote.bin can't be flashed: it is cut short",
    ],
    ["an app with a flipped bit", { app: flipped(encodeImage(5, 500), 200) }, "its SHA-256 does not match"],
    [
      "an empty bootloader",
      { bootloader: Buffer.alloc(0) },
      "bootloader.bin can't be flashed: it is no image of an ESP32",
    ],
    ["an app of another chip", { app: encodeImage(ESP32, 500) }, "wasmote.bin was built for esp32, not for esp32c3"],
    [
      "a table that is cut short",
      { table: encodeTable(ROWS).subarray(0, 100) },
      "partition-table.bin can't be used: it is cut short",
    ],
    ["a table with a flipped bit", { table: flipped(encodeTable(ROWS), 5) }, "its MD5 does not match"],
    [
      "a table without slots",
      { table: encodeTable(ROWS.slice(0, 6)) },
      "the firmware's partition table has no partition module0",
    ],
  ])("%s", async (_, contents, message) => {
    writeBuildFolder(build, contents);
    const outcome = await wasmote(["flash", "--firmware", build, "--module", MODULE, "--dry-run"]);
    expect(errorOf(outcome)).toContain(message);
    expect(outcome.code).not.toBe(0);
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, 100), "it is no JSON, or cut short"],
    ["without a table", (text: string) => text.replace('"partition-table"', '"other"'), "it names no partition-table"],
    ["without a chip", (text: string) => text.replace('"chip"', '"ship"'), '"chip" is no text'],
    ["with an odd offset", (text: string) => text.replace('"0x8000": "p', '"zero": "p'), '"zero" is no offset'],
  ])("a flasher_args.json %s", async (_, change, message) => {
    const path = join(build, "flasher_args.json");
    writeFileSync(path, change(readFileSync(path, "utf-8")));
    const outcome = await wasmote(["flash", "--firmware", build, "--dry-run"]);
    expect(errorOf(outcome)).toContain(`error EBUILD: ${path} can't be used: ${message}`);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

/** The words that a shell makes of a line. */
function shellWords(line: string): string[] {
  return execFileSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf-8" })
    .trimEnd()
    .split("\n");
}
