/** What `start` and `up` have in common: nodes that are watched, and the page that shows them. */

import { join } from "node:path";
import type { Broker } from "../../broker.ts";
import { isUpToDate } from "../../build/up-to-date.ts";
import { providePage } from "../../dashboard/build-page.ts";
import { type Dashboard, DEFAULT_PORT, serveDashboard } from "../../dashboard/server.ts";
import { WatchedNodes } from "../../dashboard/watched-nodes.ts";
import { IS_CHECKOUT, PROJECT_ROOT } from "../../project.ts";
import { formatError, printLog, printNote, withProgress } from "../output.ts";

/** Where `npm run build` puts an example's module. */
export function builtModule(example: string): string {
  return join(PROJECT_ROOT, "build", `${example}.wasm`);
}

/** Builds what is missing or older than its sources. The compiler is large, so it is loaded only then. The package has them. */
export async function buildModules(...examples: readonly string[]): Promise<void> {
  if (!IS_CHECKOUT) return;
  const stale = examples.filter((example) => !isUpToDate(example));
  if (stale.length === 0) return;
  await withProgress(stale.length === 1 ? "building the module" : "building the modules", async () => {
    const { buildExamples } = await import("../../build/examples.ts");
    await buildExamples(stale);
  });
}

/** Nodes whose warnings and errors are printed, or with `verbose` all that they log, and whose news the broker has. */
export function watchedNodes(broker: Broker | undefined, verbose: boolean | undefined): WatchedNodes {
  return new WatchedNodes({
    publish: (topic, payload) => broker?.publish(topic, payload),
    logged: (id, line) => {
      if (verbose || line.level === "warn" || line.level === "error") printLog(id, line);
    },
  });
}

export interface PageOptions {
  readonly httpPort: number | undefined;
  readonly intervalMs: number;
}

/** Builds the page where that is to be done, and serves it. Throws `EPAGE`, or `EADDRINUSE` for a port that was asked for. */
export async function servePage(broker: Broker, nodes: WatchedNodes, options: PageOptions): Promise<Dashboard> {
  const page = await providePage((work) => withProgress("building the page", work));
  const dashboard = await serveDashboard({
    page,
    port: options.httpPort,
    broker,
    nodes,
    intervalMs: options.intervalMs,
    onError: (error) => process.stderr.write(`${formatError(error)}\n`),
  });
  if (options.httpPort === undefined && dashboard.port !== DEFAULT_PORT) {
    printNote(`port ${DEFAULT_PORT} is in use, so the page has another; --http-port N chooses one`);
  }
  return dashboard;
}
