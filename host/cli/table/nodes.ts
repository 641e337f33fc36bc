/** The commands that run nodes on this machine. */

import { LOG_LEVELS, type LogLevelName } from "../../node/log.ts";
import { docsPage } from "../../project.ts";
import { command, option, type Values } from "../command.ts";
import {
  parseDuration,
  parseInterval,
  parseLogLevel,
  parseNodes,
  parsePort,
  parseSeed,
  parseSetting,
  parseWhole,
} from "../parse.ts";
import { CONNECTION_OPTIONS, engine, httpPort, parseBroker, sensor, verbose } from "./shared.ts";

const START_OPTIONS = {
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
    parse: parseBroker,
  }),
  port: option({ flags: "--port <port>", description: "MQTT port of the broker", parse: parsePort, default: 1883 }),
  wsPort: option({
    flags: "--ws-port <port>",
    description: "MQTT over WebSocket port of the broker",
    parse: parsePort,
    default: 8083,
  }),
  httpPort,
  /** commander's name for what `--no-dashboard` makes false. */
  dashboard: option<boolean | undefined>({ flags: "--no-dashboard", description: "serve no page" }),
  module: option<string | undefined>({
    flags: "--module <file>",
    description: "run this .wasm file and build nothing (default: build/temperature.wasm, built first)",
  }),
  json: option<boolean | undefined>({ flags: "--json", description: "print one JSON line for each message" }),
  engine,
  sensor,
  ...CONNECTION_OPTIONS,
  verbose,
};

export type StartValues = Values<typeof START_OPTIONS>;

export const START = command({
  name: "start",
  group: "Nodes",
  summary: "starts a broker and two nodes, prints what they publish, and serves a page that shows them",
  arguments: [],
  options: START_OPTIONS,
  run: async (options) => (await import("../commands/start.ts")).start(options),
});

const RUN_OPTIONS = {
  id: option<string | undefined>({
    flags: "--id <id>",
    description: "the node's id, 1 to 23 of 0-9 A-Z a-z - _; required",
  }),
  broker: option<readonly string[] | undefined>({
    flags: "--broker <address>",
    description: "endpoint 0, mqtt://host:port, mqtts://, ws:// or wss://; once more for endpoint 1, and so on",
    parse: (text, previous = []) => [...previous, parseBroker(text)],
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
  set: option<Readonly<Record<string, string>> | undefined>({
    flags: "--set <key=value>",
    description: "a configuration value for the module; may be repeated",
    parse: parseSetting,
  }),
  image: option<string | undefined>({
    flags: "--image <file>",
    description: "keep the node's checkpoints there, and go on from them",
  }),
  trace: option<string | undefined>({
    flags: "--trace <file>",
    description: "record all that the node does there, for `wasmote replay`",
  }),
  watch: option<boolean | undefined>({
    flags: "--watch",
    description: "build again and swap the module whenever a source, or the .wasm file, changes",
  }),
  logLevel: option<LogLevelName>({
    flags: "--log-level <level>",
    description: "the least that is printed: debug, info, warn or error",
    choices: LOG_LEVELS,
    parse: parseLogLevel,
    default: "info",
  }),
  engine,
  sensor,
  ...CONNECTION_OPTIONS,
  verbose,
};

export type RunValues = Values<typeof RUN_OPTIONS>;

export const RUN = command({
  name: "run",
  group: "Nodes",
  summary: "runs one node against a broker until it ends",
  arguments: [
    { name: "<module>", description: "the .wasm file, or an application's entry file, which is built first" },
  ],
  options: RUN_OPTIONS,
  notes: `Examples:
  wasmote run build/node.wasm --id 7 --broker mqtt://localhost:1883
  wasmote run assembly/index.ts --watch --id 7 --broker mqtt://localhost:1883

With --watch, a module whose image has the same layout goes on with the image of the one before: the session survives. One
with another layout starts afresh, and says so; under wasm3 each starts afresh. What does not compile is reported, and the
module that runs goes on.`,
  run: async (module, options) => (await import("../commands/run.ts")).run(module, options),
});

const MAX_CALLS = 0xffff_ffff;

const REPLAY_OPTIONS = {
  engine,
  print: option<boolean | undefined>({
    flags: "--print",
    description: "print what the node does: times, host calls, packets, its log",
  }),
  until: option<number | undefined>({
    flags: "--until <call>",
    description: "stop after so many calls of the module (default: at the end)",
    parse: (text) => parseWhole(text, { what: "number of a call", min: 1, max: MAX_CALLS }),
  }),
  image: option<string | undefined>({
    flags: "--image <file>",
    description: "the image that the trace must begin with (default: whichever it has)",
  }),
  imageOut: option<string | undefined>({
    flags: "--image-out <file>",
    description: "write the image there as it is at the end, or where it goes another way",
  }),
  otherBuild: option<boolean | undefined>({
    flags: "--other-build",
    description: "take a module of another build, to see where it goes another way",
  }),
  json: option<boolean | undefined>({ flags: "--json", description: "print the result as JSON" }),
};

export type ReplayValues = Values<typeof REPLAY_OPTIONS>;

export const REPLAY = command({
  name: "replay",
  group: "Nodes",
  summary: "runs a recorded node again, and stops where it goes another way",
  arguments: [
    { name: "<trace>", description: "what --trace recorded, or a board left after a trap" },
    { name: "<module>", description: "the .wasm file that was recorded" },
  ],
  options: REPLAY_OPTIONS,
  notes: `Examples:
  wasmote replay node.trace build/node.wasm
  wasmote replay node.trace build/node.wasm --engine wasm3 --print | tail -n 40

Exit code 0: every host call, every result and every byte of the image are as they were recorded. 1: they are not, and one
line says where. ${docsPage("trace.md")} has the format, and what a trace holds of secrets.`,
  run: async (trace, module, options) => (await import("../commands/replay.ts")).replay(trace, module, options),
});
