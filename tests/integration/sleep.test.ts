import { beforeAll, expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { compileVariant, ENGINE_CASES } from "./nodes.ts";

const STATUS = `sensor/${ID}/status`;
const TOPIC = `sensor/${ID}/temperature`;
/** Above the least sleep of 5 s. */
const INTERVAL_MS = 6_000;

describeCases(
  "a node that sleeps",
  ({ target, version }) => {
    const test = labTest(target, version);
    let module: string;
    beforeAll(async () => {
      module = await compileVariant(
        "temperature",
        ...version.use,
        "NODE_SLEEP=1",
        "NODE_PERSISTENT=1",
        "NODE_PAYLOAD=2",
      );
    });

    test("is asleep and not dead between its readings, and wakes for each in time", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      await lab.node(broker, { module, intervalMs: INTERVAL_MS });
      const search = { withinMs: 3 * INTERVAL_MS };
      const readings = await observer.messages.all(3, "readings", ({ topic }) => topic === TOPIC, search);
      await observer.messages.all(
        3,
        "asleep",
        ({ topic, payload }) => topic === STATUS && payload === "asleep",
        search,
      );
      expect(observer.payloads(STATUS)).toEqual(["online", "asleep", "online", "asleep", "online", "asleep"]);
      expect(observer.readings(TOPIC).map(({ seq }) => seq)).toEqual([0, 1, 2]);
      const [first, second, third] = readings.map(({ atMs }) => atMs) as [number, number, number];
      for (const pause of [second - first, third - second]) expect(Math.abs(pause - INTERVAL_MS)).toBeLessThan(500);
      // The broker says of a client whose link broke that it closed its connection.
      expect(broker.log.count((line) => line.includes(`Client ${ID} disconnected.`))).toBeGreaterThanOrEqual(2);
      expect(broker.log.count((line) => line.includes(`Client ${ID} closed its connection`))).toBe(0);
    });

    test("keeps its readings while the broker is away, and sleeps all the same", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker, { persistent: true });
      const node = await lab.node(broker, { module, intervalMs: INTERVAL_MS });
      await observer.on(TOPIC);
      // The broker knows that the observer has it, and does not send it twice.
      await observer.catchUp();
      await broker.stop();
      await node.says("link closed", node.log.end, 3 * INTERVAL_MS);
      await broker.start();
      const isReading = ({ topic }: { topic: string }): boolean => topic === TOPIC;
      await observer.messages.all(3, "readings", isReading, { withinMs: 5 * INTERVAL_MS });
      expect(observer.readings(TOPIC).map(({ seq }) => seq)).toEqual([0, 1, 2]);
    });
  },
  ENGINE_CASES,
);
