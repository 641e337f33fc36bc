import { expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { proves } from "./nodes.ts";
import { isPublish } from "./wire.ts";

const STATUS = `sensor/${ID}/status`;
const TEMPERATURE = `sensor/${ID}/temperature`;

describeCases("the status of a node", ({ target, version }) => {
  const test = labTest(target, version);

  test("is `online`, retained, for whoever subscribes later", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    await lab.node(broker);
    expect(await observer.on(STATUS)).toMatchObject({ payload: "online", qos: 0, retain: false });
    await observer.on(TEMPERATURE);
    const late = await lab.observer(broker);
    expect(await late.on(STATUS)).toMatchObject({ payload: "online", retain: true });
    expect(late.payloads(TEMPERATURE).filter((_, index) => late.messages.entries[index]?.retain)).toEqual([]);
  });

  test(`${proves(version, "[MQTT-3.1.2-8]", "[MQTT-3.1.2-9]")}becomes "offline" by the will when the node is killed`, async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy);
    await observer.on(TEMPERATURE);
    const from = observer.messages.end;
    await node.kill();
    // Only the will is of QoS 1.
    expect(await observer.on(STATUS, { from })).toMatchObject({ payload: "offline", qos: 1 });
    expect(proxy.packets.count(({ packet }) => packet.cmd === "disconnect")).toBe(0);
    const late = await lab.observer(broker);
    expect(await late.on(STATUS)).toMatchObject({ payload: "offline", retain: true });
  });

  test("becomes `offline` by the will when the link breaks, and `online` again when the node is back", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy);
    await observer.on(TEMPERATURE);
    proxy.current.cut();
    await observer.messages.all(3, "statuses", ({ topic }) => topic === STATUS);
    expect(observer.payloads(STATUS)).toEqual(["online", "offline", "online"]);
    const late = await lab.observer(broker);
    expect(await late.on(STATUS)).toMatchObject({ payload: "online", retain: true });
  });

  test(`${proves(version, "[MQTT-3.14.4-2] [MQTT-3.14.4-3]", "[MQTT-3.14.4-1] [MQTT-3.14.4-3]")}is "offline" after an orderly stop, whose DISCONNECT discards the will`, async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { intervalMs: 100 });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    await node.stop();
    await observer.catchUp();

    // QoS 0: the node said it itself. The will would be a second `offline`, of QoS 1.
    const statuses = observer.messages.entries.filter(({ topic }) => topic === STATUS);
    expect(statuses).toMatchObject([
      { payload: "online", qos: 0 },
      { payload: "offline", qos: 0 },
    ]);
    const sent = proxy.packets.entries.filter(({ from }) => from === "node").map(({ packet }) => packet);
    expect(sent.at(-1), "nothing follows DISCONNECT").toMatchObject({ cmd: "disconnect" });
    expect(sent.at(-2)).toMatchObject({ topic: STATUS, payload: Buffer.from("offline"), retain: true });
    expect(proxy.packets.count(({ packet }) => packet.cmd === "puback")).toBe(
      sent.filter((packet) => isPublish(packet) && packet.qos === 1).length,
    );
    const late = await lab.observer(broker);
    expect(await late.on(STATUS)).toMatchObject({ payload: "offline", retain: true });
    expect(node.said("unconfirmed")).toBe(0);
  });

  test("an orderly stop awaits acknowledgements, and no longer than it may", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { intervalMs: 100 });
    await observer.on(TEMPERATURE);
    proxy.faults.lose = ({ cmd }) => cmd === "puback";
    const from = proxy.packets.end;
    await proxy.packets.all(2, "lost PUBACKs", ({ lost }) => lost, { from });
    const startedMs = performance.now();
    await node.stop();
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    const { text } = await node.says("unconfirmed: ");
    // Those whose PUBACK was lost, and those that were taken while the node waited for them.
    const unconfirmed = Number(text.slice("unconfirmed: ".length));
    expect(unconfirmed).toBeGreaterThanOrEqual(2);
    expect(unconfirmed).toBeLessThan(20);
    await proxy.sees("node", "disconnect");
  });

  test("a node that can't reach its broker stops at once", async (lab) => {
    const broker = await lab.mosquitto();
    await broker.stop();
    const node = await lab.node(broker);
    await node.says("link closed: -9");
    const startedMs = performance.now();
    await node.stop();
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    expect(node.said("unconfirmed: ")).toBe(1);
  });
});
