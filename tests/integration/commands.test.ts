import { expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { proves, V5 } from "./nodes.ts";
import type { Reading } from "./observer.ts";
import { isPublish, isSubscribe } from "./wire.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const COMMAND = `sensor/${ID}/cmd`;
/** Bytes of an inbound packet that examples/commands can take. */
const RECEIVE_CAPACITY = 256;

describeCases("a node with commands", ({ target, version }) => {
  const test = labTest(target, version);

  test("changes its cadence when it is told to, and answers with the interval", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    await lab.node(broker, { module: "commands", intervalMs: 60_000 });
    await observer.on(TEMPERATURE);
    await observer.publish(`${COMMAND}/interval`, "200");
    expect((await observer.on(`${COMMAND}/interval/result`)).payload).toBe('{"result":200}');
    const found = await observer.messages.all(12, "readings", ({ topic }) => topic === TEMPERATURE);
    const times = found.slice(1).map(({ payload }) => (JSON.parse(payload) as Reading).time);
    // The median: where the machine stalls, the node rightly passes readings over.
    const intervalsMs = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const medianMs = intervalsMs.sort((a, b) => a - b)[Math.floor(intervalsMs.length / 2)] ?? 0;
    expect(medianMs).toBeGreaterThan(185);
    expect(medianMs).toBeLessThan(230);
  });

  test("keeps its cadence when it is told nonsense, and answers with the error", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    await lab.node(broker, { module: "commands", intervalMs: 60_000 });
    await observer.on(TEMPERATURE);
    const bad = ["99", "86400001", "", "-200", "2e2", " 200", "200ms", "9999999999999999999999"];
    for (const payload of bad) {
      const from = observer.messages.end;
      await observer.publish(`${COMMAND}/interval`, payload);
      const answer = await observer.on(`${COMMAND}/interval/result`, { from });
      expect(answer.payload, `"${payload}"`).toBe('{"error":2}');
    }
    await observer.publish(`${COMMAND}/interval`, "86400000");
    await observer.messages.first("answer", ({ payload }) => payload === '{"result":86400000}');
    expect(observer.payloads(TEMPERATURE)).toHaveLength(1);
  });

  test("answers a command that it does not know with an error", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    await lab.node(broker, { module: "commands" });
    await observer.on(TEMPERATURE);
    await observer.publish(`${COMMAND}/dance`, "now");
    expect((await observer.on(`${COMMAND}/dance/result`)).payload).toBe('{"error":4}');
    await observer.publish(`${COMMAND}/intervals`, "200");
    expect((await observer.on(`${COMMAND}/intervals/result`)).payload).toBe('{"error":4}');
  });

  test("obeys its application's own commands and topics", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands" });
    await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
    await observer.publish(`${COMMAND}/led`, "1");
    expect((await observer.on(`${COMMAND}/led/result`)).payload).toBe('{"result":0}');
    await node.says("actuator 0 = 1");
    await observer.publish("house/attic/alarm", "off", 0);
    await node.says("actuator 0 = 0");
    await observer.publish("house/attic/roof/alarm", "on");
    await observer.publish("house/cellar/alarm", "on");
    await node.log.all(2, "lit lamps", ({ text }) => text === "actuator 0 = 1");
    expect(observer.messages.count(({ topic }) => topic.startsWith("house/") && topic.endsWith("/result"))).toBe(0);
    const subscriptions = proxy.packets.entries.filter(({ packet }) => packet.cmd === "subscribe");
    expect(subscriptions.map(({ packet }) => packet)).toMatchObject([
      { subscriptions: [{ topic: `${COMMAND}/+`, qos: 1 }] },
      { subscriptions: [{ topic: "house/+/alarm", qos: 1 }] },
    ]);
  });

  test("acknowledges a command after its answer, so that none is lost with the link", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { module: "commands", intervalMs: 60_000 });
    await observer.on(TEMPERATURE);
    // The link breaks at the node's answer: the broker has neither that nor the PUBACK.
    proxy.faults.tear = (packet, from) => (from === "node" && isPublish(packet) ? 5 : undefined);
    await observer.publish(`${COMMAND}/led`, "1");
    await proxy.current.gone();
    proxy.faults.tear = () => undefined;
    expect((await observer.on(`${COMMAND}/led/result`)).payload).toBe('{"result":0}');
    const again = await proxy.packets.first("redelivered command", ({ connection, from, packet }) => {
      return connection === 1 && from === "broker" && isPublish(packet);
    });
    expect(again.packet).toMatchObject({ topic: `${COMMAND}/led`, dup: true });
    const { messageId } = again.packet;
    const acknowledged = await proxy.sees("node", "puback");
    expect(acknowledged).toMatchObject({ connection: 1, packet: { messageId } });
  });

  test(`${proves(version, "[MQTT-3.1.2-4]", "[MQTT-3.1.2-23]")}gets the commands that were sent while its link was broken, and answers a burst of them`, async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands" });
    await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
    await observer.publish(`${COMMAND}/ready`, "?");
    // The node has handled its SUBACKs, which came before.
    await observer.on(`${COMMAND}/ready/result`);
    const from = observer.messages.end;
    proxy.current.cut();
    await observer.messages.first("will", ({ payload }) => payload === "offline", { from });
    const values = Array.from({ length: 20 }, (_, index) => String(index));
    await Promise.all(values.map((value) => observer.publish(`${COMMAND}/led`, value)));
    await observer.messages.all(values.length, "answers", ({ topic }) => topic === `${COMMAND}/led/result`);
    const lit = await node.log.all(values.length, "lamps", ({ text }) => text.startsWith("actuator 0 = "));
    expect(lit.map(({ text }) => text)).toEqual(values.map((value) => `actuator 0 = ${value}`));
    expect(await proxy.connack(1)).toMatchObject({ sessionPresent: true });
    const subscribes = proxy.packets.entries.filter(({ packet }) => packet.cmd === "subscribe");
    expect(
      subscribes.map(({ connection }) => connection),
      "the broker knows already",
    ).toEqual([0, 0]);
  });

  for (const filter of [`${COMMAND}/+`, "house/+/alarm"]) {
    test(`subscribes again if the link broke before the broker knew of ${filter}, though it kept the session`, async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      proxy.faults.tear = (packet) =>
        isSubscribe(packet) && packet.subscriptions[0]?.topic === filter ? 3 : undefined;
      const node = await lab.node(proxy, { module: "commands" });
      await proxy.sees("node", "subscribe");
      await proxy.current.gone();
      proxy.faults.tear = () => undefined;
      expect(await proxy.connack(1)).toMatchObject({ sessionPresent: true });
      await observer.on(TEMPERATURE);
      await proxy.packets.all(2, "SUBACKs", (entry) => entry.connection === 1 && entry.packet.cmd === "suback");
      await observer.publish(`${COMMAND}/led`, "5");
      await node.says("actuator 0 = 5");
      await observer.publish("house/attic/alarm", "on");
      await node.says("actuator 0 = 1");
    });
  }

  if (version === V5) {
    test("[MQTT-3.1.2-4] begins anew as a fresh image, which can't know what the one before it was sent", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const first = await lab.node(broker, { module: "commands" });
      await observer.on(TEMPERATURE);
      await first.stop();
      await observer.publish(`${COMMAND}/led`, "1");
      const proxy = await lab.proxy(broker);
      const second = await lab.node(proxy, { module: "commands" });
      expect(await proxy.connack(0)).toMatchObject({ sessionPresent: false });
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      await observer.publish(`${COMMAND}/led`, "2");
      await second.says("actuator 0 = 2");
      expect(second.said("actuator 0 = 1")).toBe(0);
    });

    test("tells the broker the largest packet that it takes, and gets none beyond", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { module: "commands" });
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      const { packet } = await proxy.sees("node", "connect");
      // A byte less than it takes, which Mosquitto 2.0 does not count.
      expect(packet).toMatchObject({ properties: { maximumPacketSize: RECEIVE_CAPACITY - 1 } });
      const topic = `${COMMAND}/led`;
      // Header of 3 bytes, topic and its length, packet identifier, no properties.
      const fits = RECEIVE_CAPACITY - 3 - 2 - topic.length - 2 - 1;
      await observer.publish(topic, "x".repeat(fits));
      await observer.on(`${topic}/result`);
      for (const size of [fits + 1, 4_000, 200_000]) await observer.publish(topic, "9".repeat(size));
      await observer.publish(topic, "1");
      await node.says("actuator 0 = 1");
      const delivered = proxy.packets.entries.filter(({ from, packet }) => from === "broker" && isPublish(packet));
      expect(delivered.map(({ bytes }) => bytes.length)).toEqual([RECEIVE_CAPACITY, 2 + 2 + topic.length + 2 + 1 + 1]);
      expect(proxy.connections).toHaveLength(1);
    });
    return;
  }

  test("[MQTT-3.1.3-2] [MQTT-3.2.2-2] gets the commands that were sent while it was away", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const first = await lab.node(broker, { module: "commands" });
    await observer.on(TEMPERATURE);
    await first.stop();
    for (const value of ["1", "2", "3"]) await observer.publish(`${COMMAND}/led`, value);
    await observer.catchUp();
    expect(observer.payloads(`${COMMAND}/led/result`)).toEqual([]);

    const proxy = await lab.proxy(broker);
    const second = await lab.node(proxy, { module: "commands" });
    expect(await proxy.connack(0)).toMatchObject({ returnCode: 0, sessionPresent: true });
    await observer.messages.all(3, "answers", ({ topic }) => topic === `${COMMAND}/led/result`);
    const lit = await second.log.all(3, "lamps", ({ text }) => text.startsWith("actuator"));
    expect(lit.map(({ text }) => text)).toEqual(["actuator 0 = 1", "actuator 0 = 2", "actuator 0 = 3"]);
    await proxy.packets.all(3, "PUBACKs", ({ from, packet }) => from === "node" && packet.cmd === "puback");
    // This image can't know what the one before it had subscribed to.
    expect(proxy.packets.count(({ packet }) => packet.cmd === "subscribe")).toBe(2);
  });

  test("skips, acknowledges and reports a message that is too large, and obeys the next", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands" });
    await observer.on(TEMPERATURE);
    const topic = `${COMMAND}/led`;
    // Header of 3 bytes, topic and its length, packet identifier.
    const fits = RECEIVE_CAPACITY - 3 - 2 - topic.length - 2;
    await observer.publish(topic, "x".repeat(fits));
    await observer.on(`${topic}/result`);
    expect(node.said("message too large")).toBe(0);

    for (const size of [fits + 1, 4_000, 200_000]) {
      const from = node.log.end;
      await observer.publish(topic, "9".repeat(size));
      expect(await node.says("message too large", from)).toMatchObject({ level: "warn" });
    }
    await observer.publish(topic, "7".repeat(1_000), 0);
    await observer.publish(topic, "1");
    await node.says("actuator 0 = 1");
    await observer.messages.all(2, "answers", (message) => message.topic === `${topic}/result`);
    expect(node.said("message too large")).toBe(4);
    const delivered = proxy.packets.entries.filter(({ from, packet }) => from === "broker" && isPublish(packet));
    const identifiers = delivered.map(({ packet }) => packet.messageId).filter((messageId) => messageId !== undefined);
    expect(identifiers).toHaveLength(5);
    const all = await proxy.packets.all(5, "PUBACKs", ({ from, packet }) => from === "node" && packet.cmd === "puback");
    expect(all.map(({ packet }) => packet.messageId)).toEqual(identifiers);
    expect(proxy.connections).toHaveLength(1);
  });

  test("skips and acknowledges a message whose topic alone is too large, and obeys the next", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands" });
    await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
    for (const size of [RECEIVE_CAPACITY - 13, RECEIVE_CAPACITY, 60_000]) {
      const topic = `house/${"x".repeat(size)}/alarm`;
      for (const qos of [0, 1] as const) {
        const from = node.log.end;
        await observer.publish(topic, "on", qos);
        await node.says("message too large", from);
      }
    }
    await observer.publish("house/attic/alarm", "on");
    await node.says("actuator 0 = 1");
    await proxy.packets.all(4, "PUBACKs", ({ from, packet }) => from === "node" && packet.cmd === "puback");
    expect(proxy.connections).toHaveLength(1);
  });
});
