import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { compileVariant, V5_CASES } from "./nodes.ts";
import { commandOf, probe, publication, speak } from "./probe.ts";
import { isPublish } from "./wire.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;

describeCases(
  "the limits of a broker, and a node",
  ({ target, version }) => {
    const test = labTest(target, version);
    let module: string;
    let exact: string;
    let silent: string;
    beforeAll(async () => {
      module = await probe();
      silent = await compileVariant("temperature", "NODE_QOS=2", "NODE_STATUS=0", "NODE_PAYLOAD=2", ...version.use);
      exact = await compileVariant("commands", "NODE_QOS=2", ...version.use);
    });

    test("[MQTT-3.2.2-17] [MQTT-3.3.2-7] [MQTT-3.3.2-9] [MQTT-3.3.2-8] gives its topic an alias once with each connection", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      await lab.node(proxy, { intervalMs: 100 });
      await observer.messages.all(5, "readings", ({ topic }) => topic === TEMPERATURE);
      proxy.current.cut();
      await proxy.connack(1);
      await observer.messages.all(15, "readings", ({ topic }) => topic === TEMPERATURE);
      expect(await proxy.connack(1)).toMatchObject({ properties: { topicAliasMaximum: 10 } });
      for (const connection of [0, 1]) {
        const readings = proxy.published(TEMPERATURE, connection);
        expect(readings.map(({ topic }) => topic)).toEqual(
          readings.map((_, index) => (index === 0 ? TEMPERATURE : "")),
        );
        expect(new Set(readings.map(({ properties }) => properties?.topicAlias))).toEqual(new Set([1]));
      }
    });

    test("[MQTT-3.2.2-18] uses no alias where the broker has none", async (lab) => {
      const broker = await lab.mosquitto({ settings: ["max_topic_alias 0"] });
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      await lab.node(proxy, { intervalMs: 100 });
      await observer.messages.all(5, "readings", ({ topic }) => topic === TEMPERATURE);
      const readings = proxy.published(TEMPERATURE);
      expect(new Set(readings.map(({ topic }) => topic))).toEqual(new Set([TEMPERATURE]));
      expect(readings.every(({ properties }) => properties?.topicAlias === undefined)).toBe(true);
    });

    test("[MQTT-3.1.2-21] [MQTT-3.2.2-21] keeps the broker's Keep Alive, not its own", async (lab) => {
      const broker = await lab.mosquitto({ settings: ["max_keepalive 10"] });
      const proxy = await lab.proxy(broker);
      await lab.node(proxy, { intervalMs: 3_600_000 });
      expect(await proxy.connack(0)).toMatchObject({ properties: { serverKeepAlive: 10 } });
      expect(proxy.packets.entries[0]?.packet).toMatchObject({ keepalive: 60 });
      const ping = await proxy.sees("node", "pingreq", { withinMs: 15_000 });
      const before = proxy.packets.entries.slice(0, proxy.packets.entries.indexOf(ping));
      const silenceMs = ping.atMs - (before.findLast(({ from }) => from === "node")?.atMs ?? 0);
      expect(silenceMs).toBeGreaterThan(7_000);
      expect(silenceMs).toBeLessThan(10_000);
      await proxy.sees("broker", "pingresp");
      expect(proxy.connections).toHaveLength(1);
    });

    for (const [what, run] of [
      ["QoS 1", (): string => "commands"],
      ["QoS 2", (): string => exact],
    ] as const) {
      test(`[MQTT-3.3.4-7] [MQTT-4.9.0-1] [MQTT-4.9.0-2] has no more under way than the broker's Receive Maximum, under ${what}`, async (lab) => {
        const broker = await lab.mosquitto({ settings: ["max_inflight_messages 3"] });
        const observer = await lab.observer(broker);
        const proxy = await lab.proxy(broker);
        const last = what === "QoS 1" ? "puback" : "pubcomp";
        proxy.faults.lose = ({ cmd }) => cmd === last;
        const node = await lab.node(proxy, { module: run(), intervalMs: 100 });
        expect(await proxy.connack(0)).toMatchObject({ properties: { receiveMaximum: 3 } });
        await node.says("readings dropped: 1", 0, 15_000);
        expect(proxy.published(TEMPERATURE)).toHaveLength(3);
        // Everything else still goes out: a SUBSCRIBE did, and so does the answer to a command.
        await observer.publish(commandOf("led"), "1", 0);
        expect((await observer.on(`${commandOf("led")}/result`)).payload).toBe('{"result":0}');
        expect(proxy.connections).toHaveLength(1);
      });
    }

    test("[MQTT-3.2.2-15] drops and counts a message that is larger than the broker takes, and sends the next", async (lab) => {
      const broker = await lab.mosquitto({ settings: ["max_packet_size 150"] });
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      const settings = { module, config: speak(version), intervalMs: 3_600_000 };
      const node = await lab.node(proxy, settings);
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      expect(await proxy.connack(0)).toMatchObject({ properties: { maximumPacketSize: 150 } });
      const topic = "house/attic/notes";
      // The command is as large as it may be; with its properties, what the node is to send is larger.
      const overhead = 3 + 2 + commandOf("rich").length + 2 + publication(topic, "", 1).length;
      await observer.publish(commandOf("rich"), publication(topic, "x".repeat(150 - overhead), 1));
      expect(await node.says("too large: 1")).toMatchObject({ level: "warn" });
      await observer.publish(commandOf("publish"), publication(topic, "small", 1));
      expect((await observer.on(topic)).payload).toBe("small");
      const sent = proxy.packets.entries.filter(({ from }) => from === "node");
      expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(150);
      expect(proxy.connections).toHaveLength(1);
    });

    for (const most of [0, 1] as const) {
      test(`[MQTT-3.2.2-11] publishes under QoS ${most} where the broker takes no more`, async (lab) => {
        const broker = await lab.mosquitto({ settings: [`max_qos ${most}`] });
        const observer = await lab.observer(broker);
        const proxy = await lab.proxy(broker);
        await lab.node(proxy, { module: silent, intervalMs: 100 });
        expect(await proxy.connack(0)).toMatchObject({ properties: { maximumQoS: most } });
        await observer.messages.all(10, "readings", ({ topic }) => topic === TEMPERATURE);
        expect(new Set(proxy.published(TEMPERATURE).map(({ qos }) => qos))).toEqual(new Set([most]));
        const readings = observer.readings(TEMPERATURE).map(({ seq }) => seq);
        expect(readings).toEqual(readings.map((_, index) => index));
        expect(proxy.connections).toHaveLength(1);
      });
    }

    test("[MQTT-3.2.2-14] retains nothing where the broker keeps nothing", async (lab) => {
      const broker = await lab.mosquitto({ settings: ["retain_available false"] });
      const observer = await lab.observer(broker);
      const proxy = await lab.proxy(broker);
      const module = await probe("NODE_STATUS=0");
      await lab.node(proxy, { module, config: speak(version) });
      expect(await proxy.connack(0)).toMatchObject({ properties: { retainAvailable: false } });
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      await observer.publish(commandOf("publish"), publication("house/attic", "news", 1, true));
      expect(await observer.on("house/attic")).toMatchObject({ payload: "news" });
      expect(proxy.packets.count(({ packet }) => isPublish(packet) && packet.retain)).toBe(0);
      expect(proxy.connections).toHaveLength(1);
    });

    // MQTT 5.0 has no way to ask for less: who sets this up has to leave the will out.
    for (const [what, setting, code] of [
      ["a will under QoS 1", "max_qos 0", 0x9b],
      ["a retained will", "retain_available false", 0x9a],
    ] as const) {
      test(`[MQTT-3.2.2-7] stays away from a broker that does not take ${what}`, async (lab) => {
        const broker = await lab.mosquitto({ settings: [setting] });
        const proxy = await lab.proxy(broker);
        const node = await lab.node(proxy);
        expect(await proxy.connack(0)).toMatchObject({ reasonCode: code });
        expect(await node.says(`broker refuses: ${code}`)).toMatchObject({ level: "error" });
        await sleep(3_000);
        expect(proxy.connections).toHaveLength(1);
      });
    }
  },
  V5_CASES,
);
