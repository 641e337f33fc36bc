/** A broker, nodes and the served page, in this process, on ports that are free. */

import { join } from "node:path";
import { type Broker, startBroker } from "../../host/broker.ts";
import { providePage } from "../../host/dashboard/build-page.ts";
import { type Dashboard, serveDashboard } from "../../host/dashboard/server.ts";
import type { WatchedNodeSettings } from "../../host/dashboard/watched-node.ts";
import { WatchedNodes } from "../../host/dashboard/watched-nodes.ts";
import { formatEndpoint } from "../../host/hal/endpoint.ts";
import type { Engine } from "../../host/node/start.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

export interface StageOptions {
  /** Names of examples: node 1 runs the first of them, and so on. */
  readonly examples?: readonly string[];
  readonly engine?: Engine;
  readonly intervalMs?: number;
  readonly sensor?: string;
}

export class Stage {
  readonly broker: Broker;
  readonly nodes: WatchedNodes;
  readonly dashboard: Dashboard;
  /** Errors of the server that nobody foresaw. */
  readonly errors: unknown[];

  private constructor(broker: Broker, nodes: WatchedNodes, dashboard: Dashboard, errors: unknown[]) {
    this.broker = broker;
    this.nodes = nodes;
    this.dashboard = dashboard;
    this.errors = errors;
  }

  static async start(options: StageOptions = {}): Promise<Stage> {
    const { examples = ["temperature", "temperature", "commands"], intervalMs = 200, engine = "v8", sensor } = options;
    const page = await providePage((work) => work());
    const broker = await startBroker({ port: 0, wsPort: 0 });
    const nodes = new WatchedNodes({ publish: broker.publish, logged: () => {} });
    const errors: unknown[] = [];
    const onError = (error: unknown): number => errors.push(error);
    const dashboard = await serveDashboard({ page, port: 0, broker, nodes, intervalMs, onError });
    const address = formatEndpoint({ scheme: "mqtt", host: broker.host, port: broker.port });
    const settings = examples.map(
      (example, index): WatchedNodeSettings => ({
        engine,
        module: join(PROJECT_ROOT, "build", `${example}.wasm`),
        id: String(index + 1),
        brokers: [address],
        intervalMs,
        sensor,
      }),
    );
    await nodes.start(settings);
    return new Stage(broker, nodes, dashboard, errors);
  }

  get url(): string {
    return this.dashboard.url;
  }

  /** Serves the page once more, after its server was closed. */
  async serveAgain(port: number): Promise<Dashboard> {
    const { broker, nodes, errors } = this;
    const page = await providePage((work) => work());
    return serveDashboard({ page, port, broker, nodes, intervalMs: 200, onError: (error) => errors.push(error) });
  }

  async close(): Promise<void> {
    await this.dashboard.close();
    await this.nodes.stop();
    await this.broker.close();
  }
}
