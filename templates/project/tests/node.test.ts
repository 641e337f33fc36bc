import mqtt from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Broker, type RunningNode, startBroker, startNode } from "wasmote";

let broker: Broker;
let node: RunningNode | undefined;

beforeEach(async () => {
  broker = await startBroker({ port: 0, wsPort: 0 });
});

afterEach(async () => {
  await node?.stop();
  await broker.close();
});

test("publishes what its sensor reads, and says that it is online", { timeout: 30_000 }, async () => {
  const address = `mqtt://${broker.host}:${broker.port}`;
  const subscriber = await mqtt.connectAsync(address);
  await subscriber.subscribeAsync("sensor/#", { qos: 1 });
  const received = new Set<string>();
  const both = new Promise<void>((resolve) => {
    subscriber.on("message", (topic, payload) => {
      received.add(`${topic} ${payload}`);
      if (received.size === 2) resolve();
    });
  });
  node = await startNode({
    engine: "v8",
    module: "build/node.wasm",
    id: "n-7",
    brokers: [address],
    sensor: "constant:17.2",
  });
  await both;
  await subscriber.endAsync();
  expect(received).toEqual(new Set(["sensor/n-7/status online", 'sensor/n-7/temperature {"msg":"17.2"}']));
});
