import { describe, expect } from "vitest";
import { ID, labTest } from "../integration/lab.ts";
import { ENGINES } from "./targets.ts";

const TOPIC = `sensor/${ID}/temperature`;
const STATUS = `sensor/${ID}/status`;
/** The least at which it sleeps is 5 s. */
const INTERVAL_MS = 5_500;
const isReading = ({ topic }: { topic: string }): boolean => topic === TOPIC;

describe.each(ENGINES)("examples/battery under $name", (target) => {
  const test = labTest(target);

  test("delivers after an outage and a power cut what it had taken meanwhile", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { persistent: true });
    const settings = { module: "battery", intervalMs: INTERVAL_MS, image: lab.path("battery.image") };
    const first = await lab.node(broker, settings);
    await observer.messages.first("asleep", ({ topic, payload }) => topic === STATUS && payload === "asleep");
    // The broker knows that the observer has what came before, and does not send it twice.
    await observer.catchUp();
    await broker.stop();
    await first.says("link closed", 0, 3 * INTERVAL_MS);
    await first.kill();
    await broker.start();
    const second = await lab.node(broker, settings);
    await second.says("goes on from checkpoint");
    await observer.messages.all(3, "readings", isReading, { withinMs: 4 * INTERVAL_MS });
    expect(observer.readings(TOPIC).map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(observer.payloads(STATUS)).not.toContain("offline");
  });
});
