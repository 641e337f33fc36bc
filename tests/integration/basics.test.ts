import { describe, expect } from "vitest";
import { startBroker } from "../../host/broker.ts";
import { ID, labTest } from "./lab.ts";
import { TARGETS } from "./nodes.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;

describe.each(TARGETS)("MQTT 3.1.1: a node under $name", (target) => {
  const test = labTest(target);

  test("[MQTT-3.1.0-1] connects to Mosquitto and publishes its temperature at QoS 1", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy);
    expect(await observer.on(TEMPERATURE)).toMatchObject({ payload: '{"msg":"17.2"}', qos: 1, retain: false });

    const connect = await proxy.sees("node", "connect");
    expect(proxy.packets.entries[0], "CONNECT is the first packet [MQTT-3.1.0-1]").toBe(connect);
    expect(connect.packet).toMatchObject({
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId: ID,
      clean: true,
      keepalive: 60,
      will: { topic: `sensor/${ID}/status`, payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    expect(connect.packet).not.toHaveProperty("username");
    expect(proxy.published(TEMPERATURE)[0]).toMatchObject({ qos: 1, dup: false, retain: false });
  });

  test("[MQTT-2.3.1-2] publishes each reading once, with an identifier that is not in use", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { intervalMs: 100 });
    await observer.messages.all(20, "readings", ({ topic }) => topic === TEMPERATURE);
    const identifiers = proxy.published(TEMPERATURE).map(({ messageId }) => messageId);
    expect(new Set(identifiers).size).toBe(identifiers.length);
    expect(proxy.published(TEMPERATURE).some(({ dup }) => dup)).toBe(false);
    expect(proxy.connections).toHaveLength(1);
  });

  test("publishes to Aedes as well, and leaves it in good order", async (lab) => {
    const broker = await startBroker({ port: 0, wsPort: 0 });
    lab.finally(() => broker.close());
    const observer = await lab.observer(broker);
    const node = await lab.node(broker);
    expect(await observer.on(TEMPERATURE)).toMatchObject({ payload: '{"msg":"17.2"}', qos: 1 });
    await node.stop();
    await observer.catchUp();
    expect(observer.payloads(`sensor/${ID}/status`)).toEqual(["online", "offline"]);
  });

  test("makes the two-sensor quickstart work: 17.2 from sensor 1, 18.2 from sensor 2", async (lab) => {
    const broker = await lab.mosquitto();
    const subscriber = await lab.observer(broker, { filter: "sensor/+/temperature" });
    await lab.node(broker, { module: "quickstart", id: "1" });
    await lab.node(broker, { module: "quickstart", id: "2" });
    expect(await subscriber.on("sensor/1/temperature")).toMatchObject({ payload: '{"msg":"17.2"}', qos: 1 });
    expect(await subscriber.on("sensor/2/temperature")).toMatchObject({ payload: '{"msg":"18.2"}', qos: 1 });
    await subscriber.messages.all(6, "readings", () => true);
    expect(new Set(subscriber.payloads("sensor/1/temperature"))).toEqual(new Set(['{"msg":"17.2"}']));
    expect(new Set(subscriber.payloads("sensor/2/temperature"))).toEqual(new Set(['{"msg":"18.2"}']));
  });

  test("shows the two sensors of the quickstart on Aedes", async (lab) => {
    const broker = await startBroker({ port: 0, wsPort: 0 });
    lab.finally(() => broker.close());
    const subscriber = await lab.observer(broker, { filter: "sensor/+/temperature" });
    await lab.node(broker, { module: "quickstart", id: "1" });
    await lab.node(broker, { module: "quickstart", id: "2" });
    expect(await subscriber.on("sensor/1/temperature")).toMatchObject({ payload: '{"msg":"17.2"}' });
    expect(await subscriber.on("sensor/2/temperature")).toMatchObject({ payload: '{"msg":"18.2"}' });
  });

  test("works when every byte arrives alone, in both directions", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    proxy.faults.pieceBytes = 1;
    await lab.node(proxy, { module: "commands" });
    const readings = await observer.messages.all(5, "readings", ({ topic }) => topic === TEMPERATURE);
    expect(readings.map(({ payload }) => JSON.parse(payload).seq)).toEqual([0, 1, 2, 3, 4]);
    await observer.publish(`sensor/${ID}/cmd/led`, "1");
    expect((await observer.on(`sensor/${ID}/cmd/led/result`)).payload).toBe('{"result":0}');
    await proxy.sees("node", "puback");
    expect(proxy.connections, "the node had no reason to connect again").toHaveLength(1);
  });

  test("works when packets arrive late and in pieces of five bytes", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    Object.assign(proxy.faults, { pieceBytes: 5, delayMs: 20 });
    await lab.node(proxy, { module: "commands", intervalMs: 500 });
    const readings = await observer.messages.all(4, "readings", ({ topic }) => topic === TEMPERATURE);
    expect(readings.map(({ payload }) => JSON.parse(payload).seq)).toEqual([0, 1, 2, 3]);
    expect(proxy.published(TEMPERATURE).some(({ dup }) => dup)).toBe(false);
    expect(proxy.connections).toHaveLength(1);
  });
});
