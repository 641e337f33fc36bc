import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Broker, startBroker } from "../../host/broker.ts";

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
