/** The commands that take nodes to boards, and look after them there. */

import { CONSOLE_BAUD } from "../../device/serial-port.ts";
import { command, option, type Values } from "../command.ts";
import { parseBaud, parseSequence, parseSetting, parseSlot } from "../parse.ts";
import { json } from "./shared.ts";

const serialPort = option<string | undefined>({
  flags: "--port <port>",
  description: "the board's serial port, such as /dev/ttyUSB0 or COM3 (default: the only one)",
});

const firmware = option<string | undefined>({
  flags: "--firmware <folder>",
  description: "the build folder of the ESP-IDF project, after idf.py build",
});

const provision = option<string | undefined>({
  flags: "--provision <file>",
  description: "settings for the board's next start, as `config --out` makes them",
});

const FLASH_OPTIONS = {
  firmware,
  module: option<string | undefined>({ flags: "--module <file>", description: "the .wasm file that is to run" }),
  provision,
  port: serialPort,
  baud: option({
    flags: "--baud <rate>",
    description: "bits per second while flashing",
    parse: parseBaud,
    default: 460_800,
  }),
  chip: option<string | undefined>({
    flags: "--chip <chip>",
    description: "refuse another chip: esp32, esp32s3, esp32c3, esp32c6 (default: the firmware's)",
    choices: ["esp32", "esp32s3", "esp32c3", "esp32c6"],
  }),
  slot: option<0 | 1>({
    flags: "--slot <slot>",
    description: "which of the two slots gets the module; the other one is blanked, so that this one runs",
    parse: parseSlot,
    default: 0,
  }),
  sequence: option<number | undefined>({
    flags: "--sequence <number>",
    description: "the slot's sequence number; the other slot is left as it is, and the higher number runs",
    parse: parseSequence,
  }),
  erase: option<boolean | undefined>({
    flags: "--erase",
    description: "erase the whole flash first: settings, modules, checkpoints",
  }),
  esptool: option<string | undefined>({
    flags: "--esptool <command>",
    description: "the esptool to use (default: that of PATH, or else of IDF_PATH)",
  }),
  dryRun: option<boolean | undefined>({ flags: "--dry-run", description: "print esptool's command and run nothing" }),
  json,
};

export type FlashValues = Values<typeof FLASH_OPTIONS>;

export const FLASH = command({
  name: "flash",
  group: "Boards",
  summary: "puts firmware, module and settings on a board, by means of esptool",
  arguments: [],
  options: FLASH_OPTIONS,
  notes: `Examples:
  wasmote flash --firmware boards/esp32/build --module build/temperature.wasm --port /dev/ttyUSB0
  wasmote flash --module build/temperature.wasm     a new module for the only board that is connected
  wasmote flash --firmware boards/esp32/build --erase --dry-run

The module that was flashed is the one that runs: the other slot is blanked, unless --sequence is given.
Settings survive, unless --erase is given. esptool comes with ESP-IDF.`,
  run: async (options) => (await import("../commands/flash.ts")).flash(options),
});

const FLASH_IMAGE_OPTIONS = {
  firmware,
  module: option<string | undefined>({ flags: "--module <file>", description: "the .wasm file for the first slot" }),
  provision,
  size: option<string | undefined>({
    flags: "--size <size>",
    description: "size of the whole flash, such as 4MB (default: what the firmware was built for)",
  }),
  out: option<string | undefined>({ flags: "--out <file>", description: "where to write the image; required" }),
  json,
};

export type FlashImageValues = Values<typeof FLASH_IMAGE_OPTIONS>;

export const FLASH_IMAGE = command({
  name: "flash-image",
  group: "Boards",
  summary: "writes one image of a board's whole flash, for an emulator or a factory line",
  arguments: [],
  options: FLASH_IMAGE_OPTIONS,
  notes: `Example:
  wasmote flash-image --firmware boards/esp32/build --module build/temperature.wasm --size 4MB --out flash.bin`,
  run: async (options) => (await import("../commands/flash-image.ts")).flashImage(options),
});

const consoleBaud = option({
  flags: "--baud <rate>",
  description: "bits per second of the serial line",
  parse: parseBaud,
  default: CONSOLE_BAUD,
});

const CONFIG_OPTIONS = {
  port: serialPort,
  baud: consoleBaud,
  file: option<string | undefined>({ flags: "--file <file>", description: "for set: the file that holds the value" }),
  stdin: option<boolean | undefined>({ flags: "--stdin", description: "for set: read the value from stdin" }),
  out: option<string | undefined>({
    flags: "--out <file>",
    description: "write the settings of --from and --set to a file for a board's next start",
  }),
  from: option<string | undefined>({ flags: "--from <file>", description: "for --out: a file of key=value lines" }),
  set: option<Readonly<Record<string, string>> | undefined>({
    flags: "--set <key=value>",
    description: "for --out: a setting; may be repeated",
    parse: parseSetting,
  }),
  json,
};

export type ConfigValues = Values<typeof CONFIG_OPTIONS>;

export const CONFIG = command({
  name: "config",
  group: "Boards",
  summary: "reads and changes a board's settings on its console, or writes them to a file",
  arguments: [
    {
      name: "[action]",
      description: "list, get, set, unset, import, status, module, heap or restart",
      choices: ["list", "get", "set", "unset", "import", "status", "module", "heap", "restart"],
    },
    { name: "[key]", description: "for get, set and unset; for import a file of key=value lines" },
    { name: "[value]", description: "for set; of ca, cert and key, @path stands for a file" },
  ],
  options: CONFIG_OPTIONS,
  notes: `Examples:
  wasmote config list
  wasmote config set wifi_ssid Workshop
  wasmote config set wifi_password                  asks for it, and does not show it
  wasmote config set broker mqtts://broker.example.com
  wasmote config set ca @ca.pem
  wasmote config import workshop.settings           a file of key=value lines
  wasmote config restart                            what was set counts from here on
  wasmote config --out provision.bin --from workshop.settings --set id=n-7`,
  run: async (action, subject, value, options) =>
    (await import("../commands/config.ts")).config({ action, subject, value }, options),
});

const MONITOR_OPTIONS = {
  port: serialPort,
  baud: consoleBaud,
  timestamps: option<boolean | undefined>({
    flags: "--timestamps",
    description: "this machine's time before each line",
  }),
  reset: option<boolean | undefined>({
    flags: "--reset",
    description: "restart the board first, by the port's DTR and RTS",
  }),
  json: option<boolean | undefined>({ flags: "--json", description: "print one JSON line for each line" }),
};

export type MonitorValues = Values<typeof MONITOR_OPTIONS>;

export const MONITOR = command({
  name: "monitor",
  group: "Boards",
  summary: "prints what a board says on its serial line, its numbers in words",
  arguments: [],
  options: MONITOR_OPTIONS,
  notes: `Examples:
  wasmote monitor --reset                           from the board's first line on
  wasmote monitor --port /dev/ttyUSB0 --json | jq 'select(.level == "error")'`,
  run: async (options) => (await import("../commands/monitor.ts")).monitor(options),
});
