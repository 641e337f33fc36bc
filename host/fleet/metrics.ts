/** `/metrics` for Prometheus: where a run stands, by the conventions of its names and units. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { systemCode, WasmoteError } from "../errors.ts";
import { highest, lowest } from "./histogram.ts";
import type { FleetRun } from "./run.ts";

/** Upper bounds of latency, in seconds. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Metrics {
  readonly address: string;
  close(): void;
}

/** Throws `EMETRICS` if it can't listen there. `port`: 0 lets the system choose. */
export async function startMetrics(run: FleetRun, host: string, port: number): Promise<Metrics> {
  const registry = register(run);
  const server = createServer(async ({ method, url }, response) => {
    if (method !== "GET" || url?.split("?")[0] !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain" }).end("metrics are at /metrics\n");
      return;
    }
    const text = await registry.metrics();
    response.writeHead(200, { "content-type": registry.contentType }).end(text);
  });
  await listen(server, host, port);
  const { address, port: bound } = server.address() as AddressInfo;
  const shown = address.includes(":") ? `[${address}]` : address;
  return {
    address: `http://${shown}:${bound}/metrics`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function register(run: FleetRun): Registry {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      ...{ name: `wasmote_fleet_${name}`, help, registers },
      collect() {
        this.set(value());
      },
    });
  };
  const counter = (name: string, help: string, value: () => number): void => {
    new Counter({
      ...{ name: `wasmote_fleet_${name}_total`, help, registers },
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  };
  gauge("nodes", "Nodes of this shard.", () => run.state.nodes);
  gauge("nodes_started", "Nodes that have started.", () => run.state.states.started);
  gauge("nodes_connected", "Nodes whose connection the broker has accepted.", () => run.state.states.connected);
  gauge("publishes_in_flight", "Publishes without an acknowledgement.", () => run.state.states.inFlight);
  counter("connect_attempts", "Connections that nodes have begun.", () => run.state.counters.connectAttempts);
  counter("connections", "Connections that the broker has accepted.", () => run.state.counters.connected);
  counter("publishes", "PUBLISH packets that nodes have sent.", () => run.state.counters.publishes);
  counter("publishes_resent", "PUBLISH packets with the DUP flag.", () => run.state.counters.resent);
  counter("acknowledgements", "PUBACK and PUBCOMP packets.", () => run.state.counters.acknowledged);
  counter("messages_received", "PUBLISH packets to nodes.", () => run.state.counters.received);
  counter("sent_bytes", "Bytes of MQTT that nodes have sent.", () => run.state.counters.bytesOut);
  counter("received_bytes", "Bytes of MQTT that nodes have received.", () => run.state.counters.bytesIn);
  counter("readings_dropped", "Readings that nodes have given up.", () => run.state.counters.dropped);
  counter("readings_missed", "Readings that nodes ran too late for.", () => run.state.counters.missed);
  counter("traps", "Traps of nodes.", () => run.state.counters.traps);
  counter(
    "overruns",
    "Steps that came more than 100 ms late: the generator is saturated.",
    () => run.state.counters.overruns,
  );
  new Counter({
    ...{
      name: "wasmote_fleet_link_errors_total",
      help: "Links that ended, by reason.",
      labelNames: ["reason"],
      registers,
    },
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(run.state.counters.errors)) this.inc({ reason }, count);
    },
  });
  if (run.state.observed !== undefined) {
    counter("observed_messages", "Readings that the observer received.", () => run.state.observed?.messages ?? 0);
    counter("observed_duplicates", "Readings that came again.", () => run.state.observed?.duplicates ?? 0);
    counter("observed_reordered", "Readings that came late.", () => run.state.observed?.reordered ?? 0);
    // A reading that comes late fills a gap, so this is no counter, which only grows.
    gauge("observed_gaps", "Readings that are missing.", () => run.state.observed?.gaps ?? 0);
  }
  registerLatency(run, registry);
  return registry;
}

/** The last second's values, as near as their buckets tell them, go in when the second is complete. */
function registerLatency(run: FleetRun, registry: Registry): void {
  const histogram = new Histogram({
    name: "wasmote_fleet_publish_acknowledgement_seconds",
    help: "From PUBLISH to PUBACK or PUBCOMP.",
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  run.onSecond(({ latency }) => {
    for (const [bucket, count] of Object.entries(latency.counts)) {
      const seconds = (lowest(Number(bucket)) + highest(Number(bucket))) / 2e6;
      for (let n = 0; n < count; n++) histogram.observe(seconds);
    }
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new WasmoteError(
          "EMETRICS",
          "resource",
          `can't serve metrics on ${host}:${port}: ${systemCode(cause) ?? cause}`,
          {
            cure: "choose another port with --metrics, or an address of this machine with --metrics-host",
            cause,
          },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
