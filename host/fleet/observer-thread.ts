/**
 * The observer: a client of the broker that has nothing to do with the nodes, in a thread of its own so that it does not slow
 * them. It listens to the readings of this shard's nodes and follows their sequence numbers.
 */

import { parentPort, workerData } from "node:worker_threads";
import { WasmoteError } from "../errors.ts";
import { parseEndpoint } from "../hal/endpoint.ts";
import { connectSubscriber } from "../subscriber.ts";
import type { FromObserver, ObserverSettings, ToObserver } from "./observer-messages.ts";
import { indexOfId, shardSize } from "./plan.ts";
import { Sequences } from "./sequences.ts";

const FILTER = "sensor/+/temperature";
const TOPIC = /^sensor\/([^/]+)\/temperature$/;
/** `NODE_PAYLOAD=2`; docs/behaviour.md has it. */
const NUMBERED = /"time":(\d{1,15}|null),"seq":(\d{1,10})\}$/;
const TELL_MS = 500;
/** Longer than a broker takes to restart; what nobody asks for any more is gone soon after. */
const KEPT_FOR_S = 300;
/** What is on its way when the nodes have ended. */
const DRAIN_MS = 500;
const MAX_DRAIN_MS = 10_000;

const port = parentPort;
if (port === null) throw new Error("observer-thread.ts runs as a thread of a fleet's run");

const settings = workerData as ObserverSettings;
const { idPrefix, nodes, shard } = settings;
const sequences = new Sequences(shardSize(nodes, shard));
const tell = (message: FromObserver): void => port.postMessage(message);
let lastMs = 0;

function onMessage(topic: string, payload: Buffer, { dup = false }: { readonly dup?: boolean }): void {
  const index = indexOfId(TOPIC.exec(topic)?.[1] ?? "", idPrefix);
  if (index < 0 || index >= nodes || index % shard.count !== shard.index) return;
  lastMs = performance.now();
  const [, time, sequence] = NUMBERED.exec(payload.toString("latin1")) ?? [];
  if (sequence === undefined) sequences.addUnnumbered();
  else sequences.add((index - shard.index) / shard.count, Number(sequence), Number(time) || 0, dup);
}

/** Until nothing has arrived for a while. */
async function drained(): Promise<void> {
  const endMs = performance.now() + MAX_DRAIN_MS;
  lastMs = performance.now();
  while (performance.now() < Math.min(lastMs + DRAIN_MS, endMs)) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_MS / 5));
  }
}

function failureOf(error: unknown): FromObserver {
  if (!(error instanceof WasmoteError)) throw error;
  return { type: "failed", failure: { code: error.code, message: error.message, cure: error.cure } };
}

try {
  const client = await connectSubscriber({
    broker: parseEndpoint(settings.broker),
    tls: settings.tls,
    topicFilter: FILTER,
    username: settings.username,
    password: settings.password,
    keptForS: KEPT_FOR_S,
    cure: "check the address and that the broker runs, or run without the observer: --no-observer",
    onMessage,
  });
  client.on("connect", ({ sessionPresent }) => {
    if (!sessionPresent) sequences.wasAway();
    tell({ type: "connection", isConnected: true });
  });
  client.on("close", () => tell({ type: "connection", isConnected: false }));
  const timer = setInterval(() => {
    tell({ type: "observed", observed: sequences.observed() });
  }, TELL_MS);
  port.on("message", async (_message: ToObserver) => {
    await drained();
    clearInterval(timer);
    tell({ type: "ended", observed: sequences.observed() });
    port.close();
    // The broker need not keep anything any more.
    client.end(false, { properties: { sessionExpiryInterval: 0 } });
  });
  tell({ type: "ready" });
} catch (error) {
  tell(failureOf(error));
  port.close();
}
