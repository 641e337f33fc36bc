import { renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { ID, labTest } from "./lab.ts";
import { TARGETS } from "./nodes.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const ERROR = `sensor/${ID}/error`;

/** All at once, so that no reading finds half of it. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

describe.each(TARGETS)("the sensor of a node under $name", (target) => {
  const test = labTest(target);

  for (const [what, fail] of [
    ["its file is gone", (path: string) => rmSync(path)],
    ["its file holds garbage", (path: string) => write(path, "21,5 degrees\n")],
  ] as const) {
    test(`is reported once when ${what}, once when it recovers, and gives no temperature meanwhile`, async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker);
      const path = lab.path("probe");
      write(path, "17200\n");
      await lab.node(broker, { sensor: `file:${path}`, intervalMs: 100 });
      expect((await observer.on(TEMPERATURE)).payload).toBe('{"msg":"17.2"}');

      fail(path);
      const failed = await observer.on(ERROR);
      expect(failed).toMatchObject({ payload: '{"error":5}', qos: 1 });
      const from = observer.messages.end;
      // Ten readings that fail: nothing tells of them, as it should be.
      await sleep(1_000);
      await observer.catchUp();
      expect(observer.payloads(TEMPERATURE, from)).toEqual([]);

      write(path, "-18249\n");
      expect((await observer.on(TEMPERATURE, { from })).payload).toBe('{"msg":"-18.2"}');
      expect(observer.payloads(ERROR)).toEqual(['{"error":5}', '{"error":0}']);
      const order = observer.messages.entries.slice(from).map(({ topic }) => topic);
      expect(order.indexOf(ERROR)).toBeLessThan(order.indexOf(TEMPERATURE));
    });
  }

  test("fails and recovers in its place among the readings when the broker is away", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { persistent: true });
    const path = lab.path("probe");
    write(path, "17200");
    const node = await lab.node(broker, { sensor: `file:${path}`, seed: 1523 });
    await observer.on(TEMPERATURE);
    await broker.stop();
    await node.says("link closed");
    rmSync(path);
    // Until it has failed, and until it has recovered.
    await sleep(500);
    write(path, "18200");
    await sleep(500);
    await broker.start();
    await observer.messages.first("recovered reading", ({ payload }) => payload === '{"msg":"18.2"}');
    const states = observer.messages.entries
      .filter(({ topic }) => topic === ERROR || topic === TEMPERATURE)
      .map(({ payload }) => payload);
    const inOrder = states.filter((payload, index) => payload !== states[index - 1]);
    expect(inOrder).toEqual(['{"msg":"17.2"}', '{"error":5}', '{"error":0}', '{"msg":"18.2"}']);
  });

  test("may give any temperature from -100 to 1000 degrees, and none beyond", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const expected = {
      "-100": '{"msg":"-100.0"}',
      "-40.05": '{"msg":"-40.1"}',
      "-0.04": '{"msg":"0.0"}',
      "-0.25": '{"msg":"-0.3"}',
      "0": '{"msg":"0.0"}',
      "0.049": '{"msg":"0.0"}',
      "9.95": '{"msg":"10.0"}',
      "99.949": '{"msg":"99.9"}',
      "99.95": '{"msg":"100.0"}',
      "1000": '{"msg":"1000.0"}',
      "-100.001": '{"error":7}',
      "1000.001": '{"error":7}',
    };
    const cases = Object.entries(expected).map(([celsius, payload], index) => ({ id: `n${index}`, celsius, payload }));
    for (const { id, celsius } of cases) await lab.node(broker, { id, sensor: `constant:${celsius}` });
    for (const { id, celsius, payload } of cases) {
      const topic = `sensor/${id}/${payload.includes("error") ? "error" : "temperature"}`;
      expect((await observer.on(topic)).payload, `${celsius} degrees`).toBe(payload);
    }
    await observer.catchUp();
    for (const { id, payload } of cases.filter(({ payload }) => payload.includes("error"))) {
      expect(observer.payloads(`sensor/${id}/temperature`)).toEqual([]);
      expect(observer.payloads(`sensor/${id}/error`)).toEqual([payload]);
    }
  });
});
