import { describe, expect } from "vitest";
import { startBroker } from "../../host/broker.ts";
import { ID, labTest } from "../integration/lab.ts";
import { ENGINES } from "./targets.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;

describe.each(ENGINES)("examples/websocket under $name", (target) => {
  const test = labTest(target);

  test("publishes over WebSocket to the broker of `npm start`", async (lab) => {
    const broker = await startBroker({ port: 0, wsPort: 0 });
    lab.finally(() => broker.close());
    const observer = await lab.observer(broker);
    await lab.node(broker, { module: "websocket", brokers: [`ws://127.0.0.1:${broker.wsPort}/mqtt`] });
    expect(await observer.on(TEMPERATURE)).toMatchObject({ payload: '{"msg":"17.2"}', qos: 1 });
  });

  test("publishes over WebSocket to Mosquitto", async (lab) => {
    const broker = await lab.mosquitto();
    const gateway = await lab.webSocketGateway(broker);
    const observer = await lab.observer(broker);
    await lab.node(broker, { module: "websocket", brokers: [`ws://127.0.0.1:${gateway.port}/mqtt`] });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    expect(gateway.requests.map(({ url }) => url)).toEqual(["/mqtt"]);
    expect(gateway.textFrames).toBe(0);
  });
});
