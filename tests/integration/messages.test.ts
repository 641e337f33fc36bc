import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect } from "vitest";
import { describeCases, ID, type Lab, labTest } from "./lab.ts";
import { compileVariant, V5_CASES } from "./nodes.ts";
import type { Observer } from "./observer.ts";
import { commandOf, probe, publication, speak, subscription } from "./probe.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const HEARD = `sensor/${ID}/heard`;
const NEWS = "house/attic/news";
const STALE_S = 3;

/** Subscription options of 3.8.3.1. */
const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;
const RETAINED_IF_NEW = 0x10;
const NO_RETAINED = 0x20;

describeCases(
  "messages of a node",
  ({ target, version }) => {
    const test = labTest(target, version);
    let module: string;
    let expiring: string;
    beforeAll(async () => {
      module = await probe();
      const use = [`NODE_STALE_S=${STALE_S}`, "NODE_SEND_EXPIRY=1", ...version.use];
      expiring = await compileVariant("commands", ...use);
    });

    /** A node of the probe that is subscribed to its commands, and an observer that sees everything. */
    async function setUp(lab: Lab) {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker, { protocolVersion: 5, qos: 2 });
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { module, config: speak(version), intervalMs: 3_600_000 });
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      return { broker, observer, proxy, node };
    }

    /** Has the node subscribe, and waits for the result. */
    async function subscribe(observer: Observer, filter: string, options: number, identifier = 0): Promise<void> {
      const from = observer.messages.end;
      await observer.publish(commandOf("subscribe"), subscription(filter, options, identifier));
      expect((await observer.on(`${commandOf("subscribe")}/result`, { from })).payload).toBe('{"result":1}');
      // A command later, SUBACK and what the broker had retained have come.
      await observer.publish(commandOf("ready"), "?");
      await observer.on(`${commandOf("ready")}/result`, { from });
    }

    test("[MQTT-3.3.2-13] [MQTT-3.3.2-19] carry every property to another client", async (lab) => {
      const { observer } = await setUp(lab);
      await observer.publish(commandOf("rich"), publication(NEWS, "17.2", 1));
      const { payload, properties } = await observer.on(NEWS);
      expect(payload).toBe("17.2");
      expect(properties).toMatchObject({
        payloadFormatIndicator: true,
        contentType: "text/plain",
        responseTopic: "answers/here",
        correlationData: Buffer.of(2, NEWS.length),
        userProperties: { unit: ["C", "K"] },
      });
      expect(properties.messageExpiryInterval).toBeGreaterThan(50);
      expect(properties.messageExpiryInterval).toBeLessThanOrEqual(60);
    });

    test("bring every property from another client", async (lab) => {
      const { observer } = await setUp(lab);
      await subscribe(observer, NEWS, 1, 77);
      const properties = {
        payloadFormatIndicator: true,
        messageExpiryInterval: 90,
        contentType: "text/plain",
        userProperties: { colour: "blue", unit: "C" },
      };
      await observer.publish(NEWS, "17.2", 1, { properties });
      const { payload } = await observer.on(HEARD);
      expect(payload).toMatch(/^17\.2 qos=1 retain=0 subscription=77 expiry=(90|8\d) text=1 plain=1 unit=C$/);
    });

    test("answer a request where it asks to be answered, with its correlation data", async (lab) => {
      const broker = await lab.mosquitto();
      const requester = await lab.observer(broker, { protocolVersion: 5, filter: "answers/#" });
      const proxy = await lab.proxy(broker);
      const node = await lab.node(proxy, { module: "commands" });
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      for (const [index, value] of ["1", "0", "1"].entries()) {
        const properties = { responseTopic: `answers/${index}`, correlationData: Buffer.from(`request ${index}\0`) };
        await requester.publish(commandOf("led"), value, 1, { properties });
      }
      const answers = await requester.messages.all(3, "answers", () => true);
      expect(answers.map(({ topic }) => topic)).toEqual(["answers/0", "answers/1", "answers/2"]);
      expect(answers.map(({ payload }) => payload)).toEqual(Array.from({ length: 3 }, () => '{"result":0}'));
      expect(answers.map(({ properties }) => properties.correlationData?.toString())).toEqual(
        answers.map((_, index) => `request ${index}\0`),
      );
      await node.log.all(3, "lamps", ({ text }) => text.startsWith("actuator 0"));
      expect(node.said("actuator 0")).toBe(3);
    });

    test("[MQTT-3.8.3-5] come back to itself unless it asked for No Local", async (lab) => {
      const { observer } = await setUp(lab);
      const talk = (topic: string): Promise<void> => observer.publish(commandOf("publish"), publication(topic, "x", 1));
      await subscribe(observer, "house/loud", 1);
      await subscribe(observer, "house/quiet", 1 | NO_LOCAL);
      await talk("house/quiet");
      await talk("house/loud");
      await observer.on(HEARD);
      await observer.publish("house/quiet", "theirs");
      const heard = await observer.messages.all(2, "reports", ({ topic }) => topic === HEARD);
      expect(heard.map(({ payload }) => payload.split(" ")[0])).toEqual(["x", "theirs"]);
    });

    test("[MQTT-3.3.1-12] [MQTT-3.3.1-13] are marked as retained when it asked for Retain As Published", async (lab) => {
      const { observer } = await setUp(lab);
      await subscribe(observer, "house/plain", 1);
      await subscribe(observer, "house/marked", 1 | RETAIN_AS_PUBLISHED);
      for (const topic of ["house/plain", "house/marked"]) {
        await observer.publish(topic, `${topic} kept`, 1, { retain: true });
        await observer.publish(topic, `${topic} passing`, 1);
      }
      const heard = await observer.messages.all(4, "reports", ({ topic }) => topic === HEARD);
      expect(heard.map(({ payload }) => payload.split(" subscription")[0])).toEqual([
        "house/plain kept qos=1 retain=0",
        "house/plain passing qos=1 retain=0",
        "house/marked kept qos=1 retain=1",
        "house/marked passing qos=1 retain=0",
      ]);
    });

    test("that the broker had retained come as its Retain Handling says", async (lab) => {
      const { observer } = await setUp(lab);
      for (const topic of ["always", "new", "never"]) {
        await observer.publish(`house/${topic}`, topic, 1, { retain: true });
      }
      for (let round = 0; round < 2; round++) {
        await subscribe(observer, "house/always", 1);
        await subscribe(observer, "house/new", 1 | RETAINED_IF_NEW);
        await subscribe(observer, "house/never", 1 | NO_RETAINED);
      }
      await observer.publish("house/never", "end");
      await observer.messages.first("last report", ({ payload }) => payload.startsWith("end "));
      expect(observer.payloads(HEARD).map((payload) => payload.split(" ")[0])).toEqual([
        "always",
        "new",
        "always",
        "end",
      ]);
    });

    test("say which subscription they match", async (lab) => {
      const { observer } = await setUp(lab);
      await subscribe(observer, "house/a/+", 1, 1);
      await subscribe(observer, "house/b/#", 1, 200);
      for (const topic of ["house/a/x", "house/b/y/z", "house/a/z"]) await observer.publish(topic, topic);
      const heard = await observer.messages.all(3, "reports", ({ topic }) => topic === HEARD);
      expect(heard.map(({ payload }) => payload.split(" expiry")[0])).toEqual([
        "house/a/x qos=1 retain=0 subscription=1",
        "house/b/y/z qos=1 retain=0 subscription=200",
        "house/a/z qos=1 retain=0 subscription=1",
      ]);
    });

    test("[MQTT-4.8.2-1] [MQTT-4.8.2-2] [MQTT-3.8.3-4] go to one of two nodes that share a subscription", async (lab) => {
      const { broker, observer, proxy, node } = await setUp(lab);
      const settings = { module, config: speak(version), id: "8", intervalMs: 3_600_000 };
      await lab.node(broker, settings);
      // It says that it is online before the broker knows of its subscription.
      await broker.log.first("SUBACK", (line) => line === "Sending SUBACK to 8");
      const from = observer.messages.end;
      for (const id of [ID, "8"]) {
        const ready = `${commandOf("ready", id)}/result`;
        await observer.publish(commandOf("ready", id), "?");
        await observer.on(ready, { from });
        await observer.publish(commandOf("subscribe", id), subscription("$share/readers/house/+", 1));
        expect((await observer.on(`${commandOf("subscribe", id)}/result`, { from })).payload).toBe('{"result":1}');
      }
      // It can't be kept from itself as well.
      await observer.publish(commandOf("subscribe"), subscription("$share/readers/street", 1 | NO_LOCAL));
      await observer.messages.first("refusal", ({ payload }) => payload === '{"result":0}', { from });
      const numbers = Array.from({ length: 20 }, (_, index) => String(index));
      for (const number of numbers) await observer.publish("house/attic", number);
      const heard = await observer.messages.all(20, "reports", ({ topic }) => topic.endsWith("/heard"), { from });
      const heardBy = (id: string): string[] =>
        heard
          .filter(({ topic }) => topic === `sensor/${id}/heard`)
          .map(({ payload }) => payload.split(" ")[0] as string);
      expect([...heardBy(ID), ...heardBy("8")].sort()).toEqual(numbers.sort());
      expect(heardBy(ID).length, "both had some").toBeGreaterThan(0);
      expect(heardBy("8").length).toBeGreaterThan(0);
      expect(proxy.connections).toHaveLength(1);
      expect(node.said("subscription refused")).toBe(0);
    });

    test("[MQTT-4.3.3-7] tell the broker their lifetime, and expire before they were ever sent, but not once they may have been", async (lab) => {
      const broker = await lab.mosquitto();
      const proxy = await lab.proxy(broker);
      const observer = await lab.observer(broker, { protocolVersion: 5, filter: TEMPERATURE });
      const node = await lab.node(proxy, { module: expiring, intervalMs: 500, seed: 1523 });
      const { properties } = (await observer.messages.all(2, "readings", () => true))[1] as { properties: object };
      expect(properties).toEqual({ messageExpiryInterval: STALE_S });
      // The node is cut off for longer than its readings are worth sending.
      const from = observer.messages.end;
      proxy.faults.lose = ({ cmd }) => cmd === "connect";
      proxy.current.cut();
      await sleep((STALE_S + 2) * 1_000);
      proxy.faults.lose = () => false;
      proxy.current.cut();
      const back = performance.now();
      const unixMs = Date.now();
      await node.says("readings stale: ");
      const readings = await observer.messages.all(6, "readings", () => true, { from });
      const sent = proxy.published(TEMPERATURE, 0).map(({ payload }) => payload.toString());
      const fresh = readings.filter(({ payload }) => !sent.includes(payload));
      expect(fresh.length).toBeGreaterThan(2);
      for (const { payload, properties: late } of fresh) {
        expect(unixMs - (JSON.parse(payload) as { time: number }).time).toBeLessThan((STALE_S + 1) * 1_000);
        expect(late.messageExpiryInterval).toBeLessThanOrEqual(STALE_S);
      }
      // What may have been sent comes however late it is, for a second at least.
      const again = proxy.published(TEMPERATURE).filter(({ dup }) => dup);
      for (const { properties: late } of again) expect(late?.messageExpiryInterval).toBe(1);
      expect(readings[0]?.atMs).toBeGreaterThan(back);
    });
  },
  V5_CASES,
);
