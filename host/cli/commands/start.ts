/** `start`: the whole main job in one command, a broker, nodes, and somebody who listens. */

import { type Broker, startBroker } from "../../broker.ts";
import type { Dashboard } from "../../dashboard/server.ts";
import type { WatchedNodes } from "../../dashboard/watched-nodes.ts";
import { WasmoteError } from "../../errors.ts";
import { describeEndpoint, formatEndpoint, parseEndpoint } from "../../hal/endpoint.ts";
import { loadTls } from "../../hal/tls.ts";
import { provideProgram } from "../../node/programs.ts";
import { interruption } from "../interrupt.ts";
import { formatMessage, formatMessageJson, type Message, printNote, withProgress } from "../output.ts";
import { usage } from "../parse.ts";
import { subscribe } from "../subscriber.ts";
import type { StartValues } from "../table/nodes.ts";
import { tlsSettings } from "../table/shared.ts";
import { buildModules, builtModule, servePage, watchedNodes } from "./page.ts";

const TOPIC_FILTER = "sensor/+/temperature";
const DEFAULT_EXAMPLE = "temperature";

/** Resolves when everything that was started has ended. */
export async function start(options: StartValues): Promise<void> {
  const interrupted = interruption();
  // Known before anything is built.
  loadTls(tlsSettings(options));
  if (options.broker !== undefined && options.httpPort !== undefined) {
    throw usage("the page needs the broker that start brings", "leave out --broker or --http-port");
  }
  if (options.module === undefined) await buildModules(DEFAULT_EXAMPLE);
  if (options.engine === "wasm3") await withProgress("building wasm3", () => provideProgram("wasmote-posix"));
  const broker = options.broker === undefined ? await startBroker(options) : undefined;
  try {
    await runAgainst(options, broker, interrupted);
  } finally {
    await broker?.close();
  }
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
  const nodes = watchedNodes(broker, options.verbose);
  let dashboard: Dashboard | undefined;
  try {
    if (broker !== undefined && options.dashboard) dashboard = await servePageIfBuilt(options, broker, nodes);
    printNote(introduction(options, address, broker));
    if (dashboard !== undefined) printNote(`the page that shows them is at ${dashboard.url}`);
    await nodes.start(settings(options, address, password));
    await Promise.race([interrupted, ...(options.duration === undefined ? [] : [elapsed(options.duration)])]);
  } finally {
    await nodes.stop();
    await dashboard?.close();
    await subscriber.endAsync();
  }
  printNote(`${messages} messages from ${counted(options.nodes)}`);
}

/** A page that can't be built is no reason to run no nodes. */
async function servePageIfBuilt(
  options: StartValues,
  broker: Broker,
  nodes: WatchedNodes,
): Promise<Dashboard | undefined> {
  try {
    return await servePage(broker, nodes, { httpPort: options.httpPort, intervalMs: options.interval });
  } catch (error) {
    if (!(error instanceof WasmoteError && error.code === "EPAGE")) throw error;
    printNote(`no page: ${error.message}${error.cure === undefined ? "" : ` — ${error.cure}`}`);
    return undefined;
  }
}

function settings(options: StartValues, broker: string, password: string | undefined) {
  return Array.from({ length: options.nodes }, (_, index) => ({
    engine: options.engine,
    module: options.module ?? builtModule(DEFAULT_EXAMPLE),
    id: String(index + 1),
    brokers: [broker],
    tls: tlsSettings(options),
    username: options.username,
    password,
    intervalMs: options.interval,
    sensor: options.sensor,
  }));
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
