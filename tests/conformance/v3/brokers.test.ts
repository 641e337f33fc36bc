import mqtt from "mqtt";
import { describe, expect } from "vitest";
import { startBroker } from "../../../host/broker.ts";
import { ID, type Lab, labTest } from "../../integration/lab.ts";
import { TARGETS } from "../../integration/nodes.ts";
import { describePacket, isPublish } from "../../integration/wire.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const COMMAND = `sensor/${ID}/cmd/led`;
const ALARM = "house/hall/alarm";

/** All that a node says to a broker from CONNECT to DISCONNECT: one reading, one command and its answer. */
async function conversation(lab: Lab, broker: { readonly port: number }): Promise<string[]> {
  const observer = await lab.observer(broker);
  const proxy = await lab.proxy(broker);
  const node = await lab.node(proxy, { module: "commands", intervalMs: 86_400_000 });
  await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
  await observer.on(TEMPERATURE);
  await observer.publish(COMMAND, "1");
  await observer.on(`${COMMAND}/result`);
  await node.stop();
  await proxy.sees("node", "disconnect");
  const said = proxy.packets.entries.filter(({ from }) => from === "node").map(({ packet }) => packet);
  // The time of the reading, and the identifier that the broker chose for the command, are not the node's choice.
  return said.map((packet) =>
    packet.cmd === "puback" ? packet.cmd : describePacket(packet).replace(/"time":\d+/, '"time":0'),
  );
}

describe.each(TARGETS)("MQTT 3.1.1: a node under $name", (target) => {
  const test = labTest(target);

  test("[MQTT-7.0.0-2] [MQTT-7.1.2-1] says the same over TCP to Mosquitto and to Aedes, and both understand it", async (lab) => {
    const mosquitto = await lab.mosquitto();
    const aedes = await startBroker({ port: 0, wsPort: 0 });
    lab.finally(() => aedes.close());
    const said = await conversation(lab, mosquitto);
    expect(said.map((line) => line.split(" ")[0])).toEqual([
      ...["CONNECT", "PUBLISH", "SUBSCRIBE", "SUBSCRIBE", "PUBLISH"],
      ...["PUBLISH", "puback", "PUBLISH", "DISCONNECT"],
    ]);
    expect(await conversation(lab, aedes)).toEqual(said);
  });

  test("[MQTT-3.3.1-8] [MQTT-3.3.1-9] obeys a message that the broker had kept and one that it has just received", async (lab) => {
    const broker = await lab.mosquitto();
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    lab.finally(() => client.endAsync(true));
    await client.publishAsync(ALARM, "on", { qos: 1, retain: true });
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands", intervalMs: 86_400_000 });
    await node.says("actuator 0 = 1");
    await client.publishAsync(ALARM, "off", { qos: 1, retain: true });
    await node.says("actuator 0 = 0");
    const delivered = proxy.packets.entries.filter(({ from, packet }) => from === "broker" && isPublish(packet));
    expect(delivered.map(({ packet }) => packet)).toMatchObject([
      { topic: ALARM, payload: Buffer.from("on"), retain: true },
      { topic: ALARM, payload: Buffer.from("off"), retain: false },
    ]);
    const acknowledged = await proxy.packets.all(2, "PUBACKs", ({ from, packet }) => {
      return from === "node" && packet.cmd === "puback";
    });
    expect(acknowledged.map(({ packet }) => packet.messageId)).toEqual(delivered.map(({ packet }) => packet.messageId));
  });
});
