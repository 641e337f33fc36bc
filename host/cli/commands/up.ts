/** `up`: a broker, nodes, and the page that shows them. */

import { startBroker } from "../../broker.ts";
import { checkOpenFiles } from "../../dashboard/open-files.ts";
import { formatEndpoint } from "../../hal/endpoint.ts";
import { provideProgram } from "../../node/programs.ts";
import { interruption } from "../interrupt.ts";
import { printNote, withProgress } from "../output.ts";
import type { UpValues } from "../table/up.ts";
import { buildModules, builtModule, servePage, watchedNodes } from "./page.ts";

const MODULE = "temperature";
/** What the last node runs, so that there is one that takes commands. */
const LAST_MODULE = "commands";

/** Resolves when everything that was started has ended. */
export async function up(options: UpValues): Promise<void> {
  let isInterrupted = false;
  const interrupted = interruption().then(() => {
    isInterrupted = true;
  });
  if (options.engine === "v8") checkOpenFiles(options.nodes);
  if (options.module === undefined) await buildModules(MODULE, LAST_MODULE);
  if (options.engine === "wasm3") await withProgress("building wasm3", () => provideProgram("wasmote-posix"));
  const broker = await startBroker(options);
  const nodes = watchedNodes(broker, options.verbose);
  const address = formatEndpoint({ scheme: "mqtt", host: broker.host, port: broker.port });
  try {
    const dashboard = await servePage(broker, nodes, { httpPort: options.httpPort, intervalMs: options.interval });
    try {
      await nodes.start(settings(options, address), () => isInterrupted);
      const ws = formatEndpoint({ scheme: "ws", host: broker.host, port: broker.wsPort });
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ page: dashboard.url, mqtt: address, ws, nodes: nodes.size })}\n`);
      } else if (!isInterrupted) {
        process.stdout.write(`${dashboard.url}\n`);
        printNote(`${nodes.size} nodes under ${options.engine}, broker at ${address} and ${ws}; Ctrl-C stops`);
      }
      await interrupted;
      if (nodes.size > 0) printNote("stopping");
    } finally {
      await nodes.stop();
      await dashboard.close();
    }
  } finally {
    await broker.close();
  }
}

function settings(options: UpValues, broker: string) {
  return Array.from({ length: options.nodes }, (_, index) => {
    const example = index + 1 === options.nodes ? LAST_MODULE : MODULE;
    return {
      engine: options.engine,
      module: options.module ?? builtModule(example),
      id: String(index + 1),
      brokers: [broker],
      intervalMs: options.interval,
      sensor: options.sensor,
    };
  });
}
