/** The command that shows nodes on a page. */

import { command, option, type Values } from "../command.ts";
import { parseInterval, parsePort, parseUpNodes } from "../parse.ts";
import { engine, httpPort, sensor, verbose } from "./shared.ts";

const UP_OPTIONS = {
  nodes: option({
    flags: "--nodes <count>",
    description: "how many nodes, with ids from 1, the last of which takes commands; at most 10000",
    parse: parseUpNodes,
    default: 4,
  }),
  interval: option({
    flags: "--interval <time>",
    description: "time between a node's readings, 100ms to 24h",
    parse: parseInterval,
    default: 1_000,
    shownDefault: "1s",
  }),
  httpPort,
  port: option({ flags: "--port <port>", description: "MQTT port of the broker", parse: parsePort, default: 1883 }),
  wsPort: option({
    flags: "--ws-port <port>",
    description: "MQTT over WebSocket port of the broker, for other clients: the page needs none",
    parse: parsePort,
    default: 8083,
  }),
  module: option<string | undefined>({
    flags: "--module <file>",
    description:
      "all nodes run this .wasm file, and nothing is built (default: examples/temperature, and examples/commands in the last node)",
  }),
  engine,
  sensor,
  json: option<boolean | undefined>({ flags: "--json", description: "print one JSON line with the addresses" }),
  verbose,
};

export type UpValues = Values<typeof UP_OPTIONS>;

export const UP = command({
  name: "up",
  group: "Nodes",
  summary: "starts a broker and nodes, and serves a page that shows them",
  arguments: [],
  options: UP_OPTIONS,
  notes: `Examples:
  wasmote up                                        then open http://127.0.0.1:8080
  wasmote up --nodes 2000 --interval 5s             a list of many
  wasmote up --module build/battery.wasm            nodes that sleep between their readings`,
  run: async (options) => (await import("../commands/up.ts")).up(options),
});
