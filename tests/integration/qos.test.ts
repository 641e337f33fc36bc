import { beforeAll, expect } from "vitest";
import { describeCases, ID, type Lab, labTest } from "./lab.ts";
import { compileVariant, ENGINE_CASES, proves, V3 } from "./nodes.ts";
import { commandOf, probe, publication, speak, subscription } from "./probe.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const STATUS = `sensor/${ID}/status`;
const QOS = [0, 1, 2] as const;

/** Bytes of `sensor/7/temperature` and of `{"msg":"17.2"}`. */
const TOPIC_BYTES = TEMPERATURE.length;
const PAYLOAD_BYTES = 14;

interface TestBroker {
  readonly port: number;
}

describeCases(
  "a node at a real broker",
  ({ target, version }) => {
    const test = labTest(target, version);
    const brokers: readonly (readonly [string, (lab: Lab) => Promise<TestBroker>])[] = [
      ["Mosquitto", (lab) => lab.mosquitto()],
      // Aedes speaks 3.1.1 alone.
      ...(version === V3 ? ([["Aedes", (lab: Lab) => lab.aedes()]] as const) : []),
    ];
    let modules: readonly string[];
    let asked: string;
    beforeAll(async () => {
      modules = await Promise.all(
        QOS.map((qos) => compileVariant("temperature", `NODE_QOS=${qos}`, "NODE_PAYLOAD=2", ...version.use)),
      );
      asked = await probe();
    });

    for (const [name, start] of brokers) {
      for (const qos of QOS) {
        const ids = [
          proves(version, "[MQTT-4.3.1-1] [MQTT-2.3.1-5]", "[MQTT-4.3.1-1] [MQTT-2.2.1-2]"),
          proves(version, "[MQTT-4.3.2-1]", "[MQTT-4.3.2-1] [MQTT-4.3.2-2]"),
          proves(version, "[MQTT-4.3.3-1] [MQTT-4.6.0-4]", "[MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.6.0-4]"),
        ][qos];
        test(`${ids}publishes its readings under QoS ${qos} to ${name}, each once`, async (lab) => {
          const broker = await start(lab);
          const observer = await lab.observer(broker, { qos: 2, filter: TEMPERATURE });
          const proxy = await lab.proxy(broker);
          await lab.node(proxy, { module: modules[qos] as string, intervalMs: 100 });
          const seen = await observer.messages.all(20, "readings", () => true);
          expect(new Set(seen.map((message) => message.qos))).toEqual(new Set([qos]));
          // More may have come by now.
          const sequences = observer.readings(TEMPERATURE).map(({ seq }) => seq);
          expect(sequences).toEqual(sequences.map((_, index) => index));
          const published = proxy.published(TEMPERATURE);
          expect(published.every((packet) => packet.qos === qos && !packet.dup)).toBe(true);
          const identifiers = published.map(({ messageId }) => messageId);
          if (qos === 0) expect(new Set(identifiers)).toEqual(new Set([undefined]));
          else expect(new Set(identifiers).size).toBe(identifiers.length);
          const of = (cmd: string) =>
            proxy.packets.entries.filter(({ packet }) => packet.cmd === cmd).map(({ packet }) => packet.messageId);
          if (qos === 2) expect(of("pubrel")).toEqual(of("pubrec").slice(0, of("pubrel").length));
          else expect(of("pubrec")).toEqual([]);
          expect(proxy.connections).toHaveLength(1);
        });
      }

      test(`receives under QoS 0, 1 and 2 from ${name}, and sends messages of its own`, async (lab) => {
        const broker = await start(lab);
        const observer = await lab.observer(broker, { qos: 2, filter: "#" });
        const proxy = await lab.proxy(broker);
        const node = await lab.node(proxy, { module: asked, config: speak(version), intervalMs: 3_600_000 });
        await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
        for (const qos of QOS) await observer.publish("work/orders", `order ${qos}`, qos);
        await node.says("order 2");
        expect(node.log.entries.filter(({ text }) => text.startsWith("order")).map(({ text }) => text)).toEqual(
          QOS.map((qos) => `order ${qos}`),
        );
        // Aedes closes the link at the PUBREC for a message under QoS 2 that it had retained.
        const retained = name === "Aedes" ? QOS.slice(0, 2) : QOS;
        for (const qos of QOS) {
          const message = publication(`house/${qos}`, "news", qos, retained.includes(qos));
          await observer.publish(commandOf("publish"), message, 2);
          expect(await observer.on(`house/${qos}`)).toMatchObject({ payload: "news", qos });
        }
        // They are retained for whoever comes later.
        const late = await lab.observer(broker, { filter: "house/+", qos: 2 });
        const kept = await late.messages.all(retained.length, "retained messages", ({ retain }) => retain);
        expect(kept.map(({ topic }) => topic).sort()).toEqual(retained.map((qos) => `house/${qos}`));
        await observer.publish(commandOf("subscribe"), subscription("house/+", 2));
        const heard = await observer.messages.all(
          retained.length,
          "reports",
          ({ topic }) => topic === `sensor/${ID}/heard`,
        );
        expect(heard.map(({ payload }) => payload.split(" subscription")[0]).sort()).toEqual(
          retained.map((qos) => `news qos=${qos} retain=1`),
        );
        await observer.publish(commandOf("unsubscribe"), "house/+");
        await proxy.sees("broker", "unsuback");
        const from = observer.messages.end;
        await observer.publish("house/2", "more", 2);
        await observer.publish("work/orders", "last", 2);
        await node.says("last");
        expect(observer.payloads(`sensor/${ID}/heard`, from)).toEqual([]);
        // Under 3.1.1 its first connection is there to clear the session.
        expect(proxy.connections).toHaveLength(version === V3 ? 2 : 1);
      });

      test(`has a will at ${name}, and leaves it in good order`, async (lab) => {
        const broker = await start(lab);
        const observer = await lab.observer(broker);
        const first = await lab.node(broker);
        await observer.on(TEMPERATURE);
        const from = observer.messages.end;
        await first.kill();
        expect(await observer.on(STATUS, { from })).toMatchObject({ payload: "offline", qos: 1 });
        const late = await lab.observer(broker);
        expect(await late.on(STATUS)).toMatchObject({ payload: "offline", retain: true });
        const second = await lab.node(broker);
        expect(await observer.on(STATUS, { from: observer.messages.end })).toMatchObject({ payload: "online" });
        await observer.on(TEMPERATURE, { from: observer.messages.end });
        await second.stop();
        await observer.catchUp();
        expect(observer.payloads(STATUS)).toEqual(["online", "offline", "online", "offline"]);
      });
    }

    test("spends no byte more on a reading than it has to", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker, { filter: TEMPERATURE });
      const proxy = await lab.proxy(broker);
      await lab.node(proxy, { intervalMs: 100 });
      await observer.messages.all(10, "readings", () => true);
      const sizes = (isWanted: (packet: { topic: string; packet: { cmd: string } }) => boolean) =>
        proxy.packets.entries.filter(isWanted).map(({ bytes }) => bytes.length);
      const readings = sizes(({ topic }) => topic === TEMPERATURE);
      const answers = sizes(({ packet }) => packet.cmd === "puback");
      // Header, topic with its length, identifier; under 5.0 properties with their length.
      const whole = 2 + 2 + TOPIC_BYTES + 2 + PAYLOAD_BYTES + (version === V3 ? 0 : 1 + 3);
      const usual = version === V3 ? whole : whole - TOPIC_BYTES;
      expect(readings[0]).toBe(whole);
      expect(new Set(readings.slice(1))).toEqual(new Set([usual]));
      expect(new Set(answers)).toEqual(new Set([4]));
      // In bytes a reading, PUBACK included.
      expect(usual + 4).toBe(version === V3 ? 44 : 28);
    });
  },
  ENGINE_CASES,
);
