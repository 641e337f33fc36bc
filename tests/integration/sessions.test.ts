import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { beforeAll, expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { compileVariant, V5_CASES } from "./nodes.ts";
import type { FaultyProxy } from "./proxy.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const STATUS = `sensor/${ID}/status`;
const COMMAND = `sensor/${ID}/cmd`;
const EXPIRY_S = 2;
const DELAY_S = 2;
/** Of the node's random delays: the first ends within half a second. */
const SEED = 1523;

/** Keeps the node away for so long, however often it tries. */
async function cutFor(proxy: FaultyProxy, ms: number): Promise<void> {
  const endMs = performance.now() + ms;
  proxy.faults.lose = ({ cmd }) => cmd === "connect";
  proxy.current.cut();
  await sleep(endMs - performance.now());
  proxy.faults.lose = () => false;
  proxy.current.cut();
}

describeCases(
  "the session of a node",
  ({ target, version }) => {
    const test = labTest(target, version);
    let shortLived: string;
    let delayed: string;
    let unnamed: string;
    beforeAll(async () => {
      [shortLived, delayed, unnamed] = await Promise.all([
        compileVariant("commands", `NODE_SESSION_EXPIRY_S=${EXPIRY_S}`, ...version.use),
        compileVariant("commands", `NODE_WILL_DELAY_S=${DELAY_S}`, ...version.use),
        compileVariant("commands", "NODE_ASSIGNED_ID=1", ...version.use),
      ]);
    });

    test("[MQTT-3.2.2-3] [MQTT-3.2.2-5] subscribes again once its session has expired, and not before", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { module: shortLived, seed: SEED });
      const subacks = (connection: number): number =>
        proxy.packets.count((entry) => entry.connection === connection && entry.packet.cmd === "suback");
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      expect(proxy.packets.entries[0]?.packet).toMatchObject({
        clean: true,
        properties: { sessionExpiryInterval: EXPIRY_S },
      });
      await observer.publish(`${COMMAND}/ready`, "?");
      await observer.on(`${COMMAND}/ready/result`);
      proxy.current.cut();
      expect(await proxy.connack(1)).toMatchObject({ sessionPresent: true });
      await node.log.all(2, "connections", ({ text }) => text === "online");
      await observer.publish(`${COMMAND}/led`, "1");
      await node.says("actuator 0 = 1");
      expect(subacks(1)).toBe(0);

      await cutFor(proxy, EXPIRY_S * 1_000 + 1_500);
      await node.log.all(3, "connections", ({ text }) => text === "online");
      const last = proxy.current.number;
      expect(await proxy.connack(last)).toMatchObject({ sessionPresent: false });
      const connects = proxy.packets.entries.filter(({ packet }) => packet.cmd === "connect");
      expect(connects.at(-1)?.packet).toMatchObject({ clean: false });
      await proxy.packets.all(2, "SUBACKs", (entry) => entry.connection === last && entry.packet.cmd === "suback");
      await observer.publish(`${COMMAND}/led`, "2");
      await node.says("actuator 0 = 2");
    });

    test("[MQTT-4.1.0-1] goes on across a restart of the broker, without a SUBSCRIBE", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker, { persistent: true });
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { module: "commands", seed: SEED });
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      await observer.publish(`${COMMAND}/ready`, "?");
      await observer.on(`${COMMAND}/ready/result`);
      // Mosquitto 2.0.11 writes no session to its disk that began with Clean Start 1.
      proxy.current.cut();
      await node.log.all(2, "connections", ({ text }) => text === "online");
      await broker.stop();
      await broker.start();
      await node.log.all(3, "connections", ({ text }) => text === "online");
      expect(await proxy.connack(proxy.current.number)).toMatchObject({ sessionPresent: true });
      const from = node.log.end;
      await observer.publish(`${COMMAND}/led`, "3");
      await node.says("actuator 0 = 3", from);
      expect(proxy.packets.count(({ packet }) => packet.cmd === "subscribe")).toBe(2);
    });

    test("has its will sent only when it stays away longer than the Will Delay Interval", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker, { filter: STATUS });
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { module: delayed, seed: SEED });
      expect((await observer.on(STATUS)).payload).toBe("online");
      expect(proxy.packets.entries[0]?.packet).toMatchObject({ will: { properties: { willDelayInterval: DELAY_S } } });
      proxy.current.cut();
      await node.log.all(2, "connections", ({ text }) => text === "online");
      await sleep(DELAY_S * 1_000 + 1_500);
      expect(observer.payloads(STATUS)).toEqual(["online", "online"]);
      const from = observer.messages.end;
      const killedMs = performance.now();
      await node.kill();
      const will = await observer.on(STATUS, { from });
      expect(will).toMatchObject({ payload: "offline", qos: 1 });
      expect(will.atMs - killedMs).toBeGreaterThan(DELAY_S * 1_000 - 1_000);
    });

    test("[MQTT-4.13.2-1] leaves its identifier to another client that took it", async (lab) => {
      // Mosquitto 2.0 closes the link without the word that MQTT 5.0 has for it, so this broker says it in front of one.
      const broker = await lab.fakeBroker(({ packet }, link) => {
        link.behave(packet);
        if (packet.cmd !== "publish" || packet.qos === 0) return;
        link.send({ cmd: "disconnect", reasonCode: 0x8e });
        link.end();
      });
      const node = await lab.node(broker);
      expect(await node.says("disconnected: 142")).toMatchObject({ level: "error" });
      await broker.closed.first("end of the link", () => true);
      await sleep(5_000);
      expect(broker.attempts(ID)).toHaveLength(1);
    });

    test("comes back ever later while another client takes its identifier at a broker that does not say so", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { seed: SEED });
      await observer.on(TEMPERATURE);
      const other = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, {
        clientId: ID,
        protocolVersion: 5,
        reconnectPeriod: 50,
      });
      lab.finally(() => other.endAsync(true));
      await node.says("link closed: -11");
      await sleep(8_000);
      // It waits up to 2 seconds, then up to 4, 8 and 16.
      expect(proxy.connections.length).toBeLessThan(9);
      expect(proxy.connections.length).toBeGreaterThan(1);
    });

    test("[MQTT-3.1.3-7] [MQTT-3.2.2-16] comes back with the identifier that the broker gave it", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { module: unnamed, seed: SEED });
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      const { properties } = await proxy.connack(0);
      const assigned = properties?.assignedClientIdentifier;
      expect(assigned).toMatch(/.{8,}/);
      await observer.publish(`${COMMAND}/ready`, "?");
      await observer.on(`${COMMAND}/ready/result`);
      proxy.current.cut();
      await node.log.all(2, "connections", ({ text }) => text === "online");
      const connects = proxy.packets.entries.filter(({ packet }) => packet.cmd === "connect");
      expect(connects.map(({ packet }) => packet)).toMatchObject([
        { clientId: "", clean: true },
        { clientId: assigned, clean: false },
      ]);
      expect(await proxy.connack(1)).toMatchObject({ sessionPresent: true });
      await observer.publish(`${COMMAND}/led`, "1");
      await node.says("actuator 0 = 1");
    });

    test("[MQTT-4.4.0-2] counts a reading that the broker does not authorise as dropped, and does not send it again", async (lab) => {
      const users = { observer: "watching", node: "open-sesame" } as const;
      const broker = await lab.mosquitto({
        users,
        acl: ["user observer", "topic readwrite #", "user node", `topic write ${STATUS}`],
      });
      const proxy = await lab.proxy(broker);
      const settings = { username: "node", password: users.node, intervalMs: 100, seed: SEED };
      const node = await lab.node(proxy, settings);
      await node.log.all(5, "refusals", ({ text }) => text === "refused: 135");
      const refused = node.said("refused: 135");
      proxy.current.cut();
      await node.log.all(refused + 5, "refusals", ({ text }) => text === "refused: 135");
      expect(proxy.published(TEMPERATURE, 1).filter(({ dup }) => dup).length).toBeLessThanOrEqual(1);
    });
  },
  V5_CASES,
);
