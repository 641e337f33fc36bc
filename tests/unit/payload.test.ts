import { describe, expect, test } from "vitest";
import { CONNACK, hex, payloadOf, raw, str } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

/** 2026-11-02T12:00:00.123Z */
const UNIX_MS = 1_793_620_800_123;

describe("NODE_PAYLOAD=1", () => {
  test("publishes the bare number", async () => {
    const node = new TestNode(await loadTemperature("NODE_PAYLOAD=1")).online().sensor(-300).step(1000);
    expect(node.packets()).toEqual([hex("32 1c", str("sensor/7/temperature"), "0180", raw("-0.3"))]);
  });
});

describe("NODE_PAYLOAD=2", () => {
  const json = async (): Promise<TestNode> => new TestNode(await loadTemperature("NODE_PAYLOAD=2"));

  test("publishes JSON with value, unit, time and sequence number", async () => {
    const node = (await json()).online();
    node.board.clockUnixMs = UNIX_MS;
    const payload = `{"value":17.2,"unit":"C","time":${UNIX_MS},"seq":1}`;
    expect(node.step(1000).packets()).toEqual([hex("32 4e", str("sensor/7/temperature"), "0180", raw(payload))]);
  });

  test("has no time until the clock is set", async () => {
    const node = await json();
    node.step().step(1000);
    node.board.clockUnixMs = UNIX_MS;
    node.step(1000).dial();
    node.receive(CONNACK);
    const readings = node
      .packets()
      .slice(1)
      .map((packet) => JSON.parse(payloadOf(packet)));
    expect(readings).toEqual([
      { value: 17.2, unit: "C", time: null, seq: 0 },
      { value: 17.2, unit: "C", time: null, seq: 1 },
      { value: 17.2, unit: "C", time: UNIX_MS, seq: 2 },
    ]);
  });

  test("carries the time of the reading, not of its publication", async () => {
    const node = await json();
    const times = [1_000_000_000, 999_999_999_999, 1_000_000_000_000, UNIX_MS, 253_402_300_799_999];
    times.forEach((time, n) => {
      node.board.clockUnixMs = time;
      node.step(n === 0 ? 0 : 1000);
    });
    node.board.clockUnixMs = UNIX_MS + 1_000_000;
    node.sensorError(-1).dial().receive(CONNACK);
    const shown = node
      .packets()
      .slice(1)
      .map((packet) => JSON.parse(payloadOf(packet)).time);
    expect(shown).toEqual(times);
  });

  test.each([1_000_000_000, 1_000_000_001, 99_999_999_999, 1_700_000_000_000, 1_700_000_000_009])(
    "writes the time %i as JSON has it",
    async (time) => {
      expect(await shownAt(time)).toBe(time);
    },
  );

  test.each([0, 1, 123, 999_999_999])(
    "of a clock that shows %i, so was hardly ever set, is still JSON",
    async (time) => {
      expect([null, time]).toContain(await shownAt(time));
    },
  );

  /** What a reading shows for its time while the clock is at `unixMs`. */
  async function shownAt(unixMs: number): Promise<unknown> {
    const node = (await json()).online();
    node.board.clockUnixMs = unixMs;
    const [packet] = node.step(1000).packets();
    const { time, ...rest } = JSON.parse(payloadOf(packet ?? ""));
    expect(rest).toEqual({ value: 17.2, unit: "C", seq: 1 });
    return time;
  }

  test("counts dropped readings too, so that a gap shows", async () => {
    for (const [dropOldest, seqs] of [
      [1, [3, 4]],
      [0, [0, 1]],
    ] as const) {
      const node = new TestNode(
        await loadTemperature("NODE_PAYLOAD=2", "NODE_QUEUE=2", `NODE_DROP_OLDEST=${dropOldest}`),
      );
      for (let n = 0; n < 5; n++) node.step(n === 0 ? 0 : 1000);
      node.sensorError(-1).dial().receive(CONNACK);
      expect(node.acknowledge().map((packet) => JSON.parse(payloadOf(packet)).seq)).toEqual(seqs);
      node.sensor(1000).step(1000);
      expect(node.acknowledge().map((packet) => JSON.parse(payloadOf(packet)).seq)).toEqual([5]);
    }
  });

  test("of the longest id and the most digits fits its buffer", async () => {
    const id = "abcdefghijklmnopqrstuvw";
    const node = new TestNode(await loadTemperature("NODE_PAYLOAD=2"), { config: { id } }).online();
    node.board.clockUnixMs = 253_402_300_799_999;
    const [packet] = node.sensor(1_000_000).step(1000).packets();
    expect(payloadOf(packet ?? "")).toBe('{"value":1000.0,"unit":"C","time":253402300799999,"seq":1}');
  });
});

describe("MQTT 3.1.1: NODE_QOS=0", () => {
  test("[MQTT-2.3.1-5] [MQTT-3.3.1-2] [MQTT-4.3.1-1] publishes without identifier or DUP, and wants no PUBACK", async () => {
    const node = new TestNode(await loadTemperature("NODE_QOS=0")).sensor(1000).dial();
    node.receive(CONNACK);
    const reading = (n: number): string => hex("30 23", str("sensor/7/temperature"), raw(`{"msg":"${n}.0"}`));
    expect(node.packets().slice(1)).toEqual([reading(1)]);
    for (let n = 2; n < 10; n++)
      expect(
        node
          .sensor(n * 1000)
          .step(1000)
          .packets(),
      ).toEqual([reading(n)]);
    node.receive("40020080");
    expect(node.logs()).toContain("2 bad packet: 64");
  });

  test("publishes what was taken offline, once, without a window", async () => {
    const node = new TestNode(await loadTemperature("NODE_QOS=0"), { config: { interval: "100" } }).step();
    for (let n = 0; n < 40; n++) node.step(100);
    expect(node.logs().at(-1)).toBe("2 readings dropped: 9");
    node.sensorError(-1).dial().receive(CONNACK);
    expect(node.packets().filter((packet) => packet.startsWith("30")).length).toBe(32);
    node.close(-10).dial().receive(CONNACK);
    expect(node.packets().length).toBe(1);
  });

  test("reports a sensor's failure as QoS 0 as well", async () => {
    const node = new TestNode(await loadTemperature("NODE_QOS=0")).online().sensorError(-5).step(1000);
    expect(node.packets()).toEqual([hex("30 1b", str("sensor/7/error"), raw('{"error":5}'))]);
  });
});
