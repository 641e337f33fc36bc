import { describe, expect } from "vitest";
import { labTest } from "../integration/lab.ts";
import { isPublish } from "../integration/wire.ts";
import { ENGINES } from "./targets.ts";

const TOPIC = "demo/qos";

describe.each(ENGINES)("examples/qos under $name", (target) => {
  const test = labTest(target);

  test("publishes under QoS 0, 1 and 2, and a subscriber at QoS 2 sees each as it was published", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { qos: 2 });
    const proxy = await lab.proxy(broker);
    const subscriber = await lab.node(broker, { module: "qos", id: "subscriber" });
    await broker.log.first("SUBSCRIBE", (line) => /^Received SUBSCRIBE from subscriber/.test(line));
    await lab.node(proxy, { module: "qos", id: "publisher", intervalMs: 500 });

    const messages = await observer.messages.all(6, "messages", ({ topic }) => topic === TOPIC);
    expect(messages.map(({ qos, payload }) => [qos, payload])).toEqual([0, 1, 2, 0, 1, 2].map((qos) => [qos, "hello"]));
    await subscriber.log.all(6, "messages", ({ text }) => text === "hello");
    const said = subscriber.log.entries.map(({ text }) => text).filter((text) => /^(QoS \d|hello)$/.test(text));
    const first = ["QoS 0", "hello", "QoS 1", "hello", "QoS 2", "hello"];
    expect(said.slice(0, 12)).toEqual([...first, ...first]);

    // The whole exchange of QoS 2, and nothing twice.
    await proxy.sees("broker", "pubcomp");
    const kinds = proxy.packets.entries.filter(({ packet }) => /^pub/.test(packet.cmd)).map(({ packet }) => packet.cmd);
    expect(new Set(kinds)).toEqual(new Set(["publish", "puback", "pubrec", "pubrel", "pubcomp"]));
    expect(proxy.packets.count(({ packet }) => isPublish(packet) && packet.dup)).toBe(0);
  });

  test("gives a subscriber at QoS 1 no more than that", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { qos: 1, filter: TOPIC });
    await lab.node(broker, { module: "qos", id: "publisher", intervalMs: 500 });
    const messages = await observer.messages.all(3, "messages", () => true);
    expect(messages.map(({ qos }) => qos)).toEqual([0, 1, 1]);
  });
});
