/** `start`: the whole main job in one command, a broker, nodes, and somebody who listens. */

import { join } from "node:path";
import { type Broker, startBroker } from "../../broker.ts";
import { describeEndpoint, formatEndpoint, parseEndpoint } from "../../hal/endpoint.ts";
import { loadTls } from "../../hal/tls.ts";
import { providePosixProgram } from "../../node/posix-program.ts";
import type { RunningNode } from "../../node/running-node.ts";
import { startNode } from "../../node/start.ts";
import { IS_CHECKOUT, PROJECT_ROOT } from "../../project.ts";
import { interruption } from "../interrupt.ts";

import { formatMessage, formatMessageJson, type Message, printLog, printNote, withProgress } from "../output.ts";
import { subscribe } from "../subscriber.ts";
import type { StartValues } from "../table/nodes.ts";
import { tlsSettings } from "../table/shared.ts";

const TOPIC_FILTER = "sensor/+/temperature";
const DEFAULT_EXAMPLE = "temperature";
const DEFAULT_MODULE = join(PROJECT_ROOT, "build", `${DEFAULT_EXAMPLE}.wasm`);

/** Resolves when everything that was started has ended. */
export async function start(options: StartValues): Promise<void> {
  const interrupted = interruption();
  // Known before anything is built.
  loadTls(tlsSettings(options));
  // The package has that module built already.
  if (options.module === undefined && IS_CHECKOUT) await withProgress("building the module", build);
  if (options.engine === "wasm3") await withProgress("building wasm3", providePosixProgram);
  const broker = options.broker === undefined ? await startBroker(options) : undefined;
  try {
    await runAgainst(options, broker, interrupted);
  } finally {
    await broker?.close();
  }
}

/** The compiler is large: whoever runs a module that is built already does not wait for it to load. */
async function build(): Promise<void> {
  const { buildExamples } = await import("../../build/examples.ts");
  await buildExamples([DEFAULT_EXAMPLE]);
}

async function runAgainst(options: StartValues, broker: Broker | undefined, interrupted: Promise<void>): Promise<void> {
  const address = options.broker ?? (broker === undefined ? "" : formatEndpoint({ scheme: "mqtt", ...broker }));
  const { WASMOTE_PASSWORD: password } = process.env;
  const format = options.json ? formatMessageJson : formatMessage;
  let messages = 0;
  const subscriber = await subscribe({
    broker: parseEndpoint(address),
    tls: tlsSettings(options),
    topicFilter: TOPIC_FILTER,
    username: options.username,
    password,
    onMessage: (message: Message) => {
      messages++;
      process.stdout.write(`${format(message)}\n`);
    },
  });
  const nodes: RunningNode[] = [];
  try {
    printNote(introduction(options, address, broker));
    for (let index = 1; index <= options.nodes; index++) {
      nodes.push(await startOne(options, String(index), address, password));
    }
    await Promise.race([interrupted, ...(options.duration === undefined ? [] : [elapsed(options.duration)])]);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await subscriber.endAsync();
  }
  printNote(`${messages} messages from ${counted(options.nodes)}`);
}

async function startOne(options: StartValues, id: string, broker: string, password?: string): Promise<RunningNode> {
  const node = await startNode({
    engine: options.engine,
    module: options.module ?? DEFAULT_MODULE,
    id,
    brokers: [broker],
    tls: tlsSettings(options),
    username: options.username,
    password,
    intervalMs: options.interval,
    sensor: options.sensor,
  });
  node.on("log", (line) => {
    if (options.verbose || line.level === "warn" || line.level === "error") printLog(id, line);
  });
  return node;
}

function introduction(options: StartValues, address: string, broker: Broker | undefined): string {
  const where =
    broker === undefined
      ? describeEndpoint(parseEndpoint(address))
      : `${address} and ws://${broker.host}:${broker.wsPort}`;
  const until = options.duration === undefined ? "; Ctrl-C stops" : "";
  return `${counted(options.nodes)} under ${options.engine}, broker at ${where}, listening to ${TOPIC_FILTER}${until}`;
}

function counted(nodes: number): string {
  return nodes === 1 ? "1 node" : `${nodes} nodes`;
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
