import { describe, expect } from "vitest";
import { startBroker } from "../../host/broker.ts";
import { Authority } from "./certificates.ts";
import { ID, labTest } from "./lab.ts";
import { TARGETS } from "./nodes.ts";
import type { Reading } from "./observer.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const STATUS = `sensor/${ID}/status`;
/** Of the node's random delays: its first attempts follow each other quickly. */
const SEED = 1523;

const authority = new Authority();
const server = authority.issue("localhost", { subjectAltName: "DNS:localhost,IP:127.0.0.1" });
const ca = authority.ca;

describe.each(TARGETS)("MQTT 3.1.1 and 5.0: WebSocket, a node under $name", (target) => {
  const test = labTest(target);

  test("[MQTT-6.0.0-3] publishes to Mosquitto, and leaves it in good order", async (lab) => {
    const broker = await lab.mosquitto();
    const gateway = await lab.webSocketGateway(broker);
    const observer = await lab.observer(broker);
    const node = await lab.node(broker, { brokers: [`ws://127.0.0.1:${gateway.port}/mqtt?tenant=7`] });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    const [request] = gateway.requests;
    expect(request?.url).toBe("/mqtt?tenant=7");
    expect(request?.headers["sec-websocket-protocol"]).toBe("mqtt");
    await node.stop();
    await observer.catchUp();
    expect(observer.payloads(STATUS)).toEqual(["online", "offline"]);
    expect(`${node.log}`).not.toContain("tenant");
    expect(gateway.textFrames).toBe(0);
    expect(gateway.requests).toHaveLength(1);
  });

  test("publishes to Aedes", async (lab) => {
    const broker = await startBroker({ port: 0, wsPort: 0 });
    lab.finally(() => broker.close());
    const observer = await lab.observer(broker);
    const node = await lab.node(broker, { brokers: [`ws://127.0.0.1:${broker.wsPort}`] });
    expect(await observer.on(TEMPERATURE)).toMatchObject({ payload: '{"msg":"17.2"}', qos: 1 });
    await node.stop();
    await observer.catchUp();
    expect(observer.payloads(STATUS)).toEqual(["online", "offline"]);
  });

  test("[MQTT-6.0.0-1] publishes over TLS, and obeys commands of every size", async (lab) => {
    const broker = await lab.mosquitto();
    const gateway = await lab.webSocketGateway(broker, server);
    const observer = await lab.observer(broker);
    await lab.node(broker, {
      module: "commands",
      brokers: [`wss://localhost:${gateway.port}`],
      tls: { ca },
    });
    await observer.messages.all(2, "readings", ({ topic }) => topic === TEMPERATURE);
    expect(gateway.requests[0]?.url).toBe("/mqtt");
    // More than the node's memory, in frames of the gateway's choice; it is passed over.
    await observer.publish(`sensor/${ID}/cmd/led`, "x".repeat(100_000));
    await observer.publish(`sensor/${ID}/cmd/led`, "1");
    await observer.messages.first("result", ({ topic, payload }) => {
      return topic === `sensor/${ID}/cmd/led/result` && payload === '{"result":0}';
    });
    expect(gateway.requests).toHaveLength(1);
    expect(gateway.textFrames).toBe(0);
  });

  test("refuses a server over TLS that is not who it says", async (lab) => {
    const broker = await lab.mosquitto();
    const gateway = await lab.webSocketGateway(broker, server);
    const node = await lab.node(broker, {
      brokers: [`wss://localhost:${gateway.port}`],
      tls: { ca: new Authority("another").ca },
    });
    expect(await node.says("self-signed certificate in certificate chain")).toMatchObject({ level: "warn" });
    await node.says("link closed: -15");
    expect(gateway.requests).toEqual([]);
  });

  for (const scheme of ["ws", "wss"] as const) {
    test(`loses no reading when its link breaks, over ${scheme}`, async (lab) => {
      const broker = await lab.mosquitto();
      const gateway = await lab.webSocketGateway(broker, scheme === "wss" ? server : undefined);
      const observer = await lab.observer(broker, { persistent: true });
      const node = await lab.node(broker, {
        module: "commands",
        brokers: [`${scheme}://localhost:${gateway.port}`],
        tls: { ca },
        intervalMs: 100,
        seed: SEED,
      });
      await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
      gateway.cut();
      await node.says("link closed");
      const brokenAt = Date.now();
      await node.log.all(2, "connections", ({ text }) => text === "online");
      await observer.messages.first("reading of later", ({ topic, payload }) => {
        return topic === TEMPERATURE && (JSON.parse(payload) as Reading).time > brokenAt + 300;
      });
      const seen = [...new Set(observer.readings(TEMPERATURE).map(({ seq }) => seq))];
      expect(seen).toEqual(seen.map((_, index) => index));
      expect(gateway.requests).toHaveLength(2);
    });
  }

  test("waits for a server that is no WebSocket's", async (lab) => {
    const broker = await lab.mosquitto();
    const node = await lab.node(broker, { brokers: [`ws://127.0.0.1:${broker.port}`] });
    await node.says("link closed: -15");
    expect(node.said(`no connection to ws://127.0.0.1:${broker.port}`)).toBeGreaterThan(0);
  });
});
