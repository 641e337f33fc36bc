import { describe, expect } from "vitest";
import { ID, labTest } from "../integration/lab.ts";
import { Cable } from "./cable.ts";
import { ENGINES } from "./targets.ts";

const TOPIC = "last_will";
const KEEP_ALIVE_S = 5;
/** The broker looks only now and then. */
const WITHIN_MS = 20_000;

describe.each(ENGINES)("examples/last-will under $name", (target) => {
  const test = labTest(target);

  test("is told offline by its broker, retained, when its network falls silent", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { filter: TOPIC });
    const cable = await Cable.between(broker.port);
    lab.finally(() => cable.close());
    const node = await lab.node(cable, { module: "last-will" });
    await node.says("online");
    // An idle node says that it is there.
    await broker.log.first("PINGREQ", (line) => line === `Received PINGREQ from ${ID}`);
    expect(observer.messages.entries).toEqual([]);

    const cutMs = performance.now();
    cable.fallSilent();
    const will = await observer.on(TOPIC, { withinMs: WITHIN_MS });
    expect(will).toMatchObject({ payload: "offline", qos: 1 });
    // Not before the broker may give it up: 1.5 times the keep alive after its last packet [MQTT-3.1.2-24].
    expect(will.atMs - cutMs).toBeGreaterThan(1_000 * (1.5 * KEEP_ALIVE_S - KEEP_ALIVE_S));
    const late = await lab.observer(broker);
    expect(await late.on(TOPIC)).toMatchObject({ payload: "offline", qos: 1, retain: true });
  });

  test("leaves no will behind when it says good-bye", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const node = await lab.node(broker, { module: "last-will" });
    await node.says("online");
    await node.stop();
    await broker.log.first("DISCONNECT", (line) => line === `Received DISCONNECT from ${ID}`);
    await observer.catchUp();
    expect(observer.payloads(TOPIC)).toEqual([]);
  });
});
