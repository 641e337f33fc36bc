import { describe, expect } from "vitest";
import { ID, labTest } from "../integration/lab.ts";
import { ENGINES } from "./targets.ts";

const REPORT = `sensor/${ID}/report`;
const LINE = "all is well in here\n";

describe.each(ENGINES)("examples/streaming under $name", (target) => {
  const test = labTest(target);

  test("publishes a message that is larger than its memory for packets", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { module: "streaming", intervalMs: 1_000 });
    const reports = await observer.messages.all(2, "reports", ({ topic }) => topic === REPORT);
    for (const { payload, qos } of reports) {
      expect(payload === LINE.repeat(500), "10,000 bytes, each in its place").toBe(true);
      expect(qos).toBe(1);
    }
    expect(proxy.connections).toHaveLength(1);
  });

  test("begins such a message anew when its link breaks in the middle of it", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    proxy.faults.tear = (packet) => (packet.cmd === "publish" && packet.topic === REPORT ? 5_000 : undefined);
    await lab.node(proxy, { module: "streaming", intervalMs: 60_000, seed: 1523 });
    await proxy.sees("node", "publish");
    await proxy.packets.first("torn report", ({ packet }) => packet.cmd === "publish" && packet.topic === REPORT);
    proxy.faults.tear = () => undefined;
    expect((await observer.on(REPORT)).payload === LINE.repeat(500)).toBe(true);
    expect(proxy.connections).toHaveLength(2);
  });

  for (const length of [100, 256, 30_000]) {
    test(`receives a message of ${length} bytes, whole and in order`, async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const node = await lab.node(broker, { module: "streaming", intervalMs: 60_000 });
      await broker.log.first("SUBSCRIBE", (line) => line === `Received SUBSCRIBE from ${ID}`);
      const words = Array.from({ length: Math.ceil(length / 6) }, (_, index) => String(index).padStart(6, "0"));
      const file = words.join("").slice(0, length);
      const from = node.log.end;
      await observer.publish("demo/file", file);
      await node.says(`bytes: ${length}`, from);
      const texts = node.log.entries.slice(from).map(({ text }) => text);
      const parts = texts.slice(0, texts.indexOf(`bytes: ${length}`)).filter((text) => /^\d+$/.test(text));
      expect(parts.join("") === file).toBe(true);
    });
  }
});
