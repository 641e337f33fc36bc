import { describe, expect } from "vitest";
import { labTest } from "../integration/lab.ts";
import type { TestNode } from "../integration/nodes.ts";
import { ENGINES } from "./targets.ts";

/** The topics that a node has said so far: it says the topic of each message, and then its payload. */
function topics(node: TestNode): Set<string> {
  return new Set(node.log.entries.map(({ text }) => text).filter((text) => text.startsWith("sensor/")));
}

describe.each(ENGINES)("examples/wildcards under $name", (target) => {
  const test = labTest(target);

  test("receives one level of every sensor on `+`, and every level of one sensor on `#`", async (lab) => {
    const broker = await lab.mosquitto();
    const module = "wildcards";
    const plus = await lab.node(broker, { module, id: "plus" });
    const hash = await lab.node(broker, { module, id: "hash" });
    await broker.log.all(2, "SUBSCRIBEs", (line) => /^Received SUBSCRIBE/.test(line));
    await lab.node(broker, { module, id: "1", sensor: "constant:17.2" });
    await lab.node(broker, { module, id: "2", sensor: "constant:18.2" });
    await plus.says('{"msg":"17.2"}');
    await plus.says('{"msg":"18.2"}');
    await hash.says("online");
    await hash.log.all(3, "readings", ({ text }) => text === '{"msg":"17.2"}');
    expect(topics(plus)).toEqual(new Set(["sensor/1/temperature", "sensor/2/temperature"]));
    expect(topics(hash)).toEqual(new Set(["sensor/1/status", "sensor/1/temperature"]));
    expect(hash.said("18.2")).toBe(0);
  });
});
