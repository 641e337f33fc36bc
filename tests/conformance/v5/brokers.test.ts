import { beforeAll, describe, expect } from "vitest";
import { ID, labTest } from "../../integration/lab.ts";
import { compileVariant, TARGETS } from "../../integration/nodes.ts";

let module: string;
beforeAll(async () => {
  module = await compileVariant("temperature", "NODE_MQTT=5");
}, 60_000);

describe.each(TARGETS)("MQTT 5.0: a node under $name", (target) => {
  const test = labTest(target);

  test("[MQTT-4.2-1] says over one TCP connection to Mosquitto, in this order, what it has to say", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module, intervalMs: 86_400_000 });
    await observer.on(`sensor/${ID}/temperature`);
    await node.stop();
    await proxy.sees("node", "disconnect");
    const said = proxy.packets.entries.filter(({ from }) => from === "node").map(({ packet }) => packet);
    expect(said.map(({ cmd }) => cmd)).toEqual(["connect", "publish", "publish", "publish", "disconnect"]);
    expect(said[0]).toMatchObject({ protocolId: "MQTT", protocolVersion: 5 });
  });
});
