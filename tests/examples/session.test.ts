import { describe, expect } from "vitest";
import { ID, labTest } from "../integration/lab.ts";
import { Cable } from "./cable.ts";
import { ENGINES } from "./targets.ts";

const TOPIC = "demo/notices";
const STATUS = `sensor/${ID}/status`;
const NOTICES = /^(zero|one|two|three)$/;
/** Of the node's random delays: its attempts follow each other quickly. */
const SEED = 1523;

describe.each(ENGINES)("examples/session under $name", (target) => {
  const test = labTest(target);

  for (const [mqtt, protocol] of [
    ["3.1.1", "p2, c0"],
    ["5", "p5, c0"],
  ] as const) {
    test(`gets the three messages of QoS 1 that waited while its network was cut, in MQTT ${mqtt}`, async (lab) => {
      const broker = await lab.mosquitto();
      const cable = await Cable.between(broker.port);
      lab.finally(() => cable.close());
      const observer = await lab.observer(broker);
      const node = await lab.node(cable, { module: "session", config: { mqtt }, seed: SEED });
      await broker.log.first("SUBACK", (line) => line === `Sending SUBACK to ${ID}`);
      await observer.publish(TOPIC, "zero");
      await node.says("zero");
      await broker.log.first("PUBACK", (line) => line.startsWith(`Received PUBACK from ${ID}`));

      const before = observer.messages.end;
      cable.unplug();
      await observer.messages.first("will", ({ topic, payload }) => topic === STATUS && payload === "offline", {
        from: before,
      });
      for (const text of ["one", "two", "three"]) await observer.publish(TOPIC, text);
      await node.says("link closed");
      const from = node.log.end;
      expect(node.said("one") + node.said("two") + node.said("three")).toBe(0);
      cable.plugIn();
      await node.says("three", from);
      const said = node.log.entries.map(({ text }) => text).filter((text) => NOTICES.test(text));
      expect(said).toEqual(["zero", "one", "two", "three"]);
      const connects = broker.log.entries.filter((line) => line.startsWith("New client connected from"));
      expect(connects.filter((line) => line.includes(` as ${ID} `)).at(-1)).toContain(protocol);
      // The subscription waited too.
      expect(broker.log.count((line) => line === `Received SUBSCRIBE from ${ID}`)).toBe(1);
    });

    test(`gets what waited while it had no power, in MQTT ${mqtt}`, async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const settings = { module: "session", config: { mqtt }, seed: SEED, image: lab.path("session.image") };
      const first = await lab.node(broker, settings);
      await broker.log.first("SUBACK", (line) => line === `Sending SUBACK to ${ID}`);
      await observer.publish(TOPIC, "zero");
      await first.says("zero");
      await broker.log.first("PUBACK", (line) => line.startsWith(`Received PUBACK from ${ID}`));
      await first.kill();
      await observer.messages.first("will", ({ topic, payload }) => topic === STATUS && payload === "offline");
      for (const text of ["one", "two", "three"]) await observer.publish(TOPIC, text);
      const second = await lab.node(broker, settings);
      await second.says("three");
      const said = second.log.entries.map(({ text }) => text).filter((text) => NOTICES.test(text));
      expect(said).toEqual(["one", "two", "three"]);
      expect(broker.log.count((line) => line === `Received SUBSCRIBE from ${ID}`)).toBe(1);
    });
  }
});
