import { get } from "node:http";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Broker, startBroker } from "../../host/broker.ts";
import { until } from "./modules.ts";

let broker: Broker;
let clients: MqttClient[];

beforeEach(async () => {
  clients = [];
  broker = await startBroker({ port: 0, wsPort: 0 });
});

afterEach(async () => {
  for (const client of clients) client.end(true);
  await broker.close();
});

async function connect(url: string): Promise<MqttClient> {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 0 });
  clients.push(client);
  return client;
}

test("a message crosses from MQTT to MQTT over WebSocket and back", async () => {
  const tcp = await connect(`mqtt://127.0.0.1:${broker.port}`);
  const web = await connect(`ws://127.0.0.1:${broker.wsPort}`);
  for (const [from, to] of [
    [tcp, web],
    [web, tcp],
  ] as const) {
    await to.subscribeAsync("a/b", { qos: 1 });
    const arrived = new Promise((resolve) => to.once("message", (topic, payload) => resolve(`${topic} ${payload}`)));
    await from.publishAsync("a/b", "17.2", { qos: 1 });
    expect(await arrived).toBe("a/b 17.2");
    await to.unsubscribeAsync("a/b");
  }
});

test("a port in use is named, with what to do", async () => {
  await expect(startBroker({ port: broker.port, wsPort: 0 })).rejects.toMatchObject({
    code: "EADDRINUSE",
    message: `port ${broker.port} on 127.0.0.1 is in use`,
    cure: expect.stringContaining("--port"),
  });
  await expect(startBroker({ port: 0, wsPort: broker.wsPort })).rejects.toMatchObject({
    message: `port ${broker.wsPort} on 127.0.0.1 is in use`,
    cure: expect.stringContaining("--ws-port"),
  });
});

test("closing cuts the clients off and gives the ports back", async () => {
  const client = await connect(`mqtt://127.0.0.1:${broker.port}`);
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  await broker.close();
  await closed;
  broker = await startBroker({ port: broker.port, wsPort: broker.wsPort });
});

/** The status of the answer to a request for a WebSocket: 101 if it is one. */
function upgrade(origin: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = get(`http://127.0.0.1:${broker.wsPort}/mqtt`, {
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-protocol": "mqtt",
        ...(origin === undefined ? {} : { origin }),
      },
    });
    asked.on("response", ({ statusCode }) => resolve(statusCode));
    asked.on("upgrade", ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    asked.on("error", reject);
  });
}

test.each([
  [undefined, 101],
  ["http://127.0.0.1:8080", 101],
  ["http://localhost:3000", 101],
  ["https://[::1]:5173", 101],
  ["https://example.com", 403],
  ["http://127.0.0.1.example.com", 403],
  ["http://localhost.example.com:8080", 403],
  ["http://127.0.0.1:8080@example.com", 403],
  ["null", 403],
  ["", 403],
])("a WebSocket from the origin %j is answered with %d", async (origin, status) => {
  expect(await upgrade(origin)).toBe(status);
});

test("a client that publishes on a topic with $ in front is cut off, and nobody gets its message", async () => {
  const listener = await connect(`mqtt://127.0.0.1:${broker.port}`);
  const heard: string[] = [];
  listener.on("message", (topic, payload) => heard.push(`${topic} ${payload}`));
  await listener.subscribeAsync(["$wasmote/nodes", "#"]);
  const intruder = await connect(`mqtt://127.0.0.1:${broker.port}`);
  const closed = new Promise<void>((resolve) => intruder.once("close", () => resolve()));
  intruder.publish("$wasmote/nodes", "[]");
  await closed;
  broker.publish("$wasmote/nodes", "the host");
  await listener.publishAsync("last", "x", { qos: 1 });
  await until("the last message has come", () => heard.includes("last x"));
  expect(heard).toEqual(["$wasmote/nodes the host", "last x"]);
});

test("a client that does not read holds nobody up, and its end harms nobody", async () => {
  const lazy = await connect(`ws://127.0.0.1:${broker.wsPort}`);
  await lazy.subscribeAsync("$wasmote/nodes");
  lazy.stream.pause();
  const [listener, source] = [
    await connect(`mqtt://127.0.0.1:${broker.port}`),
    await connect(`mqtt://127.0.0.1:${broker.port}`),
  ];
  const arrived = new Promise<string>((resolve) =>
    listener.once("message", (_topic, payload) => resolve(`${payload}`)),
  );
  await listener.subscribeAsync("a/b", { qos: 1 });
  // Far more than sockets hold, and more messages for nobody than a stack has room for.
  for (let i = 0; i < 2_000; i++) broker.publish("$wasmote/nodes", "x".repeat(20_000));
  for (let i = 0; i < 20_000; i++) broker.publish("$wasmote/log/7", "x");
  await source.publishAsync("a/b", "17.2", { qos: 1 });
  expect(await arrived).toBe("17.2");
  lazy.end(true);
  await source.publishAsync("a/b", "17.3", { qos: 1 });
});
