/** Every option of the command line, in one table: it feeds parsing, help and the types of the commands. */

import { type Command, Option } from "commander";
import { CONSOLE_BAUD } from "../device/serial-port.ts";
import { formatEndpoint, parseEndpoint } from "../hal/endpoint.ts";
import type { TlsSettings } from "../hal/tls.ts";
import type { LogLevelName } from "../node/log.ts";
import type { Engine } from "../node/start.ts";
import {
  parseBaud,
  parseDuration,
  parseEngine,
  parseInterval,
  parseLogLevel,
  parseNodes,
  parsePort,
  parseSeed,
  parseSequence,
  parseSetting,
  parseSlot,
} from "./parse.ts";

interface OptionDefinition<Value> {
  /** As commander takes them; the option's key is the long flag in camel case. */
  readonly flags: string;
  readonly description: string;
  /** Throws `EUSAGE`. A flag without a value needs none. */
  parse?(text: string, previous?: Value): Value;
  readonly default?: Value;
  /** The default as the help shows it. */
  readonly shownDefault?: string;
}

function option<Value>(definition: OptionDefinition<Value>): OptionDefinition<Value> {
  return definition;
}

const broker = (text: string): string => formatEndpoint(parseEndpoint(text));

const shared = {
  engine: option<Engine>({
    flags: "--engine <engine>",
    description: "what runs the nodes: v8 in this process, or wasm3, as boards do",
    parse: parseEngine,
    default: "v8",
  }),
  sensor: option<string | undefined>({
    flags: "--sensor <sensor>",
    description: "constant:17.2, sine, walk:SEED, csv:FILE or file:PATH (default: a year of hourly temperatures)",
  }),
  ca: option<string | undefined>({
    flags: "--ca <file>",
    description: "for mqtts and wss: trust these CA certificates (PEM) instead of the system's",
  }),
  cert: option<string | undefined>({
    flags: "--cert <file>",
    description: "client certificate (PEM), with --key",
  }),
  key: option<string | undefined>({
    flags: "--key <file>",
    description: "private key of the client certificate (PEM)",
  }),
  tlsServername: option<string | undefined>({
    flags: "--tls-servername <name>",
    description: "name to ask for and to find in the server's certificate (default: the address's host)",
  }),
  alpn: option<string | undefined>({
    flags: "--alpn <protocol>",
    description: "ALPN protocol that the server must select, on mqtts",
  }),
  insecure: option<boolean | undefined>({
    flags: "--insecure",
    description: "do NOT verify the server's certificate: anybody on the way may read and change everything",
  }),
  username: option<string | undefined>({
    flags: "--username <name>",
    description: "MQTT user name; the password comes from the environment variable WASMOTE_PASSWORD",
  }),
  verbose: option<boolean | undefined>({ flags: "--verbose", description: "print everything that the nodes log" }),
};

export const START_OPTIONS = {
  duration: option<number | undefined>({
    flags: "--duration <time>",
    description: "stop after 500ms, 5s, 2m, 1h (default: run until Ctrl-C)",
    parse: parseDuration,
  }),
  nodes: option({
    flags: "--nodes <count>",
    description: "how many nodes, with ids from 1; at most 1000",
    parse: parseNodes,
    default: 2,
  }),
  interval: option({
    flags: "--interval <time>",
    description: "time between a node's readings, 100ms to 24h",
    parse: parseInterval,
    default: 1_000,
    shownDefault: "1s",
  }),
  broker: option<string | undefined>({
    flags: "--broker <address>",
    description: "use this broker and start none: mqtt://host:port, mqtts://, ws://host:port/path or wss://",
    parse: broker,
  }),
  port: option({ flags: "--port <port>", description: "MQTT port of the broker", parse: parsePort, default: 1883 }),
  wsPort: option({
    flags: "--ws-port <port>",
    description: "MQTT over WebSocket port of the broker",
    parse: parsePort,
    default: 8083,
  }),
  module: option<string | undefined>({
    flags: "--module <file>",
    description: "run this .wasm file and build nothing (default: build/temperature.wasm, built first)",
  }),
  json: option<boolean | undefined>({ flags: "--json", description: "print one JSON line for each message" }),
  ...shared,
};

export const RUN_OPTIONS = {
  id: option<string | undefined>({
    flags: "--id <id>",
    description: "the node's id, 1 to 23 of 0-9 A-Z a-z - _; required",
  }),
  broker: option<string[]>({
    flags: "--broker <address>",
    description: "endpoint 0, mqtt://host:port, mqtts://, ws:// or wss://; once more for endpoint 1, and so on",
    parse: (text, previous = []) => [...previous, broker(text)],
  }),
  interval: option<number | undefined>({
    flags: "--interval <time>",
    description: "time between readings, 100ms to 24h (default: the module's own)",
    parse: parseInterval,
  }),
  seed: option<number | undefined>({
    flags: "--seed <number>",
    description: "makes the random numbers repeatable",
    parse: parseSeed,
  }),
  set: option<Record<string, string>>({
    flags: "--set <key=value>",
    description: "a configuration value for the module; may be repeated",
    parse: parseSetting,
  }),
  image: option<string | undefined>({
    flags: "--image <file>",
    description: "keep the node's checkpoints there, and go on from them",
  }),
  logLevel: option<LogLevelName>({
    flags: "--log-level <level>",
    description: "the least that is printed: debug, info, warn or error",
    parse: parseLogLevel,
    default: "info",
  }),
  ...shared,
};

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

const json = option<boolean | undefined>({ flags: "--json", description: "print one JSON line" });

export const FLASH_OPTIONS = {
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

export const FLASH_IMAGE_OPTIONS = {
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

const consoleBaud = option({
  flags: "--baud <rate>",
  description: "bits per second of the serial line",
  parse: parseBaud,
  default: CONSOLE_BAUD,
});

export const CONFIG_OPTIONS = {
  port: serialPort,
  baud: consoleBaud,
  file: option<string | undefined>({ flags: "--file <file>", description: "for set: the file that holds the value" }),
  stdin: option<boolean | undefined>({ flags: "--stdin", description: "for set: read the value from stdin" }),
  out: option<string | undefined>({
    flags: "--out <file>",
    description: "write the settings of --from and --set to a file for a board's next start",
  }),
  from: option<string | undefined>({ flags: "--from <file>", description: "for --out: a file of key=value lines" }),
  set: option<Record<string, string>>({
    flags: "--set <key=value>",
    description: "for --out: a setting; may be repeated",
    parse: parseSetting,
  }),
  json,
};

export const MONITOR_OPTIONS = {
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

/** What a table of options yields. */
export type Values<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends OptionDefinition<infer Value> ? Value : never;
};

export type FlashValues = Values<typeof FLASH_OPTIONS>;
export type FlashImageValues = Values<typeof FLASH_IMAGE_OPTIONS>;
export type ConfigValues = Omit<Values<typeof CONFIG_OPTIONS>, "set"> & {
  readonly set?: Readonly<Record<string, string>>;
};
export type MonitorValues = Values<typeof MONITOR_OPTIONS>;
export type StartValues = Values<typeof START_OPTIONS>;
/** An option that is given any number of times may be given none. */
export type RunValues = Omit<Values<typeof RUN_OPTIONS>, "broker" | "set"> & {
  readonly broker?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
};

/** What both commands say about TLS. */
export function tlsSettings(values: StartValues | RunValues): TlsSettings {
  const { ca, cert, key, tlsServername: servername, alpn, insecure } = values;
  return { ca, cert, key, servername, alpn, insecure };
}

/** Gives a command the options of a table. */
export function addOptions(command: Command, table: Readonly<Record<string, OptionDefinition<unknown>>>): Command {
  for (const definition of Object.values(table)) {
    const each = new Option(definition.flags, definition.description);
    if (definition.parse) each.argParser(definition.parse);
    if (definition.default !== undefined) each.default(definition.default, definition.shownDefault);
    command.addOption(each);
  }
  return command;
}
