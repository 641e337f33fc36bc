import { describe, expect } from "vitest";
import { labTest } from "../integration/lab.ts";
import { ENGINES } from "./targets.ts";

const TOPIC = "demo/retained";

describe.each(ENGINES)("examples/retained under $name", (target) => {
  const test = labTest(target);

  test("leaves the second of two retained messages to a late subscriber", async (lab) => {
    const broker = await lab.mosquitto();
    const early = await lab.observer(broker);
    const node = await lab.node(broker, { module: "retained" });
    const both = await early.messages.all(2, "messages", ({ topic }) => topic === TOPIC);
    // To a subscription that was there before, neither is a retained one [MQTT-3.3.1-9].
    expect(both.map(({ payload, retain }) => [payload, retain])).toEqual([
      ["first", false],
      ["second", false],
    ]);
    await node.stop();
    const late = await lab.observer(broker);
    expect(await late.on(TOPIC)).toMatchObject({ payload: "second", retain: true, qos: 1 });
    await late.catchUp();
    expect(late.payloads(TOPIC)).toEqual(["second"]);
  });
});
