import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { packet, raw, str } from "../../../unit/harness/bytes.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import {
  by,
  connack,
  connack5,
  Do,
  identifier,
  loadLab,
  message,
  onlineLab,
  order,
  puback,
  pubcomp,
  pubrec,
  pubrel,
  reconnect,
  u32,
  VERSIONS,
} from "../../outbound.ts";

let outbox: LoadedModule;
let stale: LoadedModule;
let telling: LoadedModule;
beforeAll(async () => {
  outbox = await loadLab("NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_OUTBOX=512", "NODE_STATUS=0");
  stale = await loadLab("NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_STALE_S=60", "NODE_STATUS=0");
  telling = await loadLab(
    "NODE_MQTT=45",
    "NODE_PERSISTENT=1",
    "NODE_STALE_S=60",
    "NODE_SEND_EXPIRY=1",
    "NODE_STATUS=0",
  );
});

const expiring = (seconds: number, qos = 1): string =>
  Do.begin("a", qos) + Do.expiresAfter(seconds) + Do.text("x") + Do.send;

/** Lets time pass while no link opens. */
function wait(node: TestNode, ms: number): void {
  for (let leftMs = ms; leftMs > 0; ) {
    const stepMs = Math.min(leftMs, Math.max(node.waitMs, 1), 5000);
    node.step(stepMs);
    leftMs -= stepMs;
  }
}

describe.each(VERSIONS)("%s: a message that expires", (_, version) => {
  const properties = (seconds: number) => ({ properties: `02${u32(seconds)}` });

  test("says what is left of its time when it goes out", () => {
    const node = onlineLab(outbox, version);
    node.close(-10);
    order(node, expiring(100));
    wait(node, 30_900);
    node.dial().receive(connack(version));
    expect(node.packets()).toEqual([
      message(version, "a", "x", { qos: 1, identifier: identifier(0), ...properties(70) }),
    ]);
  });

  test("goes out in its last second, and is given up, said and counted after it", () => {
    for (const [waitMs, isSent] of [
      [9000, true],
      [9900, true],
      [10_000, false],
    ] as const) {
      const node = onlineLab(outbox, version);
      node.close(-10);
      while (!node.linked) node.step(Math.max(node.waitMs, 1));
      // The node counts whole seconds since its first step, at 1000 ms.
      node.step(1000 - (node.nowMs % 1000));
      order(node, expiring(10), Do.message("a", "y", 1));
      node.step(waitMs);
      node.logs();
      node.dial().receive(connack(version));
      expect(node.packets()).toEqual([
        ...(isSent ? [message(version, "a", "x", { qos: 1, identifier: identifier(0), ...properties(1) })] : []),
        message(version, "a", "y", { qos: 1, identifier: identifier(1) }),
      ]);
      expect(order(node, Do.dropped)).toEqual([isSent ? 0 : 1]);
      expect(node.logs().filter((line) => line.includes("expired"))).toEqual(isSent ? [] : ["2 expired: 1"]);
    }
  });

  const held = by(version, "[MQTT-4.3.3-1]", "[MQTT-4.3.3-7] [MQTT-4.3.3-13]");
  test(`${held} does not expire once its PUBLISH has gone out, at whatever point of the exchange`, () => {
    const node = onlineLab(outbox, version);
    order(node, expiring(10, 2), expiring(10, 1), expiring(10, 2));
    node.receive(pubrec(2)).sent();
    node.close(-10);
    wait(node, 3_600_000);
    node.dial().receive(connack(version, true));
    expect(node.packets()).toEqual([
      pubrel(2),
      message(version, "a", "x", { qos: 2, identifier: identifier(0), dup: true, ...properties(1) }),
      message(version, "a", "x", { qos: 1, identifier: identifier(1), dup: true, ...properties(1) }),
    ]);
    node.receive(pubrec(0), pubcomp(0), puback(1), pubcomp(2));
    expect(order(node, Do.dropped)).toEqual([0]);
    expect(reconnect(node, version, true)).toEqual([]);
  });

  test("waits by the node's own clock: across the wrap of the host's, and through sleep", () => {
    for (const [seconds, left] of [
      [1000, 400],
      [500, undefined],
    ] as const) {
      const node = new TestNode(outbox, {
        config: { mqtt: version === 5 ? "5" : "3.1.1", interval: "86400000" },
        nowMs: 0xffff_ffff - 150_000,
      }).online(connack(version));
      node.close(-10);
      order(node, expiring(seconds));
      // 300 s across the wrap, then 300 s of sleep, after which the host's clock begins anew.
      wait(node, 300_000);
      node.resume(77, 300_000);
      node.dial().receive(connack(version));
      const sinceS = Math.floor((node.nowMs - 77) / 1000);
      expect(node.packets()).toEqual(
        left === undefined
          ? []
          : [message(version, "a", "x", { qos: 1, identifier: identifier(0), ...properties(left - sinceS) })],
      );
    }
  });

  test("expires though the host's clock has gone round more than once meanwhile", () => {
    const node = onlineLab(outbox, version);
    node.close(-10);
    order(node, expiring(1000));
    // One whole turn, 49.7 days, to the millisecond.
    for (let n = 0; n < 1024; n++) node.stepUnchecked(2 ** 22);
    node.sent();
    while (node.board.link !== "connecting") node.step(Math.max(1, node.waitMs));
    node.open().receive(connack(version));
    expect(node.packets().slice(1)).toEqual([]);
    expect(order(node, Do.dropped)).toEqual([1]);
  });
});

describe.each(VERSIONS)("%s: a reading that ages", (_, version) => {
  test("is dropped, said and counted once it has waited its time, and no reading that may have been seen is", () => {
    const node = onlineLab(stale, version);
    order(node, Do.reading(0));
    node.sent();
    node.close(-10);
    for (let n = 1; n < 5; n++) {
      order(node, Do.reading(n * 1000));
      wait(node, 20_000);
    }
    node.logs();
    node.dial().receive(connack(version, true));
    const values = node.packets().map((each) => /"msg":"(\d+)/.exec(Buffer.from(each, "hex").toString())?.[1]);
    expect(values).toEqual(["0", "3", "4"]);
    expect(order(node, Do.dropped)).toEqual([2]);
    expect(node.logs().filter((line) => line.includes("stale"))).toEqual([
      "2 readings stale: 1",
      "2 readings stale: 2",
    ]);
    expect(node.receive(puback(0), puback(3), puback(4)).linked).toBe(true);
  });
});

describe("MQTT 5.0: readings that say how long they are worth sending", () => {
  const expiring = (degrees: string, n: number, seconds: number, dup = false): string =>
    packet(
      dup ? 0x3a : 0x32,
      str("sensor/7/temperature"),
      identifier(n),
      "05",
      "02",
      u32(seconds),
      raw(`{"msg":"${degrees}"}`),
    );

  test("[MQTT-4.3.3-7] name what is left of their time, all of it at first and 1 s at the least when they are sent again", () => {
    const node = onlineLab(telling, 5);
    order(node, Do.reading(1000));
    expect(node.packets()).toEqual([expiring("1.0", 0, 60)]);
    node.close(-10);
    order(node, Do.reading(2000));
    wait(node, 25_000);
    node.dial().receive(connack5("", true));
    expect(node.packets()).toEqual([expiring("1.0", 0, 35, true), expiring("2.0", 1, 35)]);
    node.close(-10);
    wait(node, 500_000);
    node.dial().receive(connack5("", true));
    expect(node.packets()).toEqual([expiring("1.0", 0, 1, true), expiring("2.0", 1, 1, true)]);
    node.receive(puback(0), puback(1));
    // And the next one, new, has all of its time.
    order(node, Do.reading(3000));
    expect(node.packets()).toEqual([expiring("3.0", 2, 60)]);
  });
});
