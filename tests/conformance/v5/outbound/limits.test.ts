import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { DISCONNECT, hex, PINGREQ, PINGRESP, packet, publish, raw, str, u16 } from "../../../unit/harness/bytes.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import {
  connack5,
  Do,
  identifier,
  Limit,
  loadLab,
  message,
  onlineLab,
  order,
  puback,
  pubcomp,
  pubrec,
  pubrel,
  read,
  reading,
  reconnect,
  u32,
} from "../../outbound.ts";

let lab: LoadedModule;
let wide: LoadedModule;
const byQos: LoadedModule[] = [];
beforeAll(async () => {
  const options = ["NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_OUTBOX=2048"];
  lab = await loadLab(...options, "NODE_COMMANDS=1", "NODE_INBOUND_QOS=2");
  wide = await loadLab(...options, "NODE_WINDOW=32", "NODE_QUEUE=128", "NODE_STATUS=0");
  for (const qos of [0, 1, 2]) {
    byQos.push(await loadLab("NODE_MQTT=45", `NODE_QOS=${qos}`, "NODE_STATUS=0", "NODE_PERSISTENT=1"));
  }
});

describe("MQTT 5.0: the broker's Receive Maximum", () => {
  test.each([1, 2, 5, 31, 32, 33, 65_535])(
    "[MQTT-3.3.4-7] [MQTT-4.9.0-1] [MQTT-4.9.0-2] of %d is never exceeded by what is unacknowledged, and used up to the window",
    (maximum) => {
      const node = onlineLab(wide, 5, { limits: Limit.receiveMaximum(maximum) });
      const most = Math.min(maximum, 32);
      /** Identifiers whose exchange is not at its end, with the answers that are still to come. */
      const open = new Map<string, string[]>();
      let sent = 0;
      const take = (): void => {
        for (const each of node.packets()) {
          if (!/^3[24]/.test(each)) continue;
          sent++;
          const id = each.slice(10, 14);
          open.set(id, each.startsWith("32") ? [`4002${id}`] : [`5002${id}`, `7002${id}`]);
        }
        expect(open.size).toBeLessThanOrEqual(most);
      };
      order(node, ...Array.from({ length: 60 }, (_, n) => Do.message("a", "x", n % 2 === 0 ? 1 : 2)));
      take();
      expect(open.size).toBe(most);
      while (open.size > 0) {
        const [id, answers] = [...open][0] as [string, string[]];
        const answer = answers.shift() ?? "";
        // The place is free as soon as the last answer has come.
        if (answers.length === 0) open.delete(id);
        node.receive(answer);
        take();
      }
      expect({ sent, linked: node.linked }).toEqual({ sent: 60, linked: true });
    },
  );

  test("[MQTT-3.3.4-7] is 65,535 if CONNACK names none, which leaves the window", () => {
    const node = onlineLab(wide, 5);
    order(node, ...Array.from({ length: 40 }, () => Do.message("a", "x", 1)));
    expect(node.packets()).toHaveLength(32);
  });

  test("[MQTT-3.3.4-8] [MQTT-4.9.0-3] that is used up delays no other packet", () => {
    const node = onlineLab(lab, 5, { limits: Limit.receiveMaximum(1) });
    node.receive("90040100 00 02");
    order(node, Do.message("a", "0", 2), Do.message("a", "1", 1));
    expect(node.packets()).toEqual([message(5, "a", "0", { qos: 2, identifier: identifier(0) })]);
    // Requests, acknowledgements in both directions, answers to commands under QoS 0, PINGREQ.
    expect(order(node, Do.subscribe("b/#", 1), Do.unsubscribe("b/#"))).toEqual([1, 1]);
    expect(node.packets().map((each) => each.slice(0, 2))).toEqual(["82", "a2"]);
    node.receive(packet(0x32, str("b/x"), "0001", "00", raw("m")));
    node.receive(packet(0x34, str("b/x"), "0002", "00", raw("n")), "62020002");
    expect(node.packets()).toEqual(["40020001", "50020002", "70020002"]);
    node.receive(packet(0x30, str("sensor/7/cmd/led"), "00", raw("1")));
    expect(node.packets()).toEqual([message(5, "sensor/7/cmd/led/result", '{"result":7}')]);
    node.receive(pubrec(0));
    expect(node.packets()).toEqual([pubrel(0)]);
    node.receive(pubcomp(0));
    expect(node.packets()).toEqual([message(5, "a", "1", { qos: 1, identifier: identifier(1) })]);
  });

  test("[MQTT-3.3.4-8] that is used up delays no PINGREQ and no DISCONNECT", () => {
    const node = onlineLab(lab, 5, { limits: Limit.receiveMaximum(1) + Limit.keepAlive(4) });
    node.receive("90040100 00 02");
    order(node, Do.message("a", "0", 1), Do.message("a", "1", 1));
    node.sent();
    expect(node.run(3000).packets()).toEqual([PINGREQ]);
    node.receive(PINGRESP).stop().run(1000);
    expect(node.packets().at(-1)).toBe(DISCONNECT);
  });
});

describe("MQTT 5.0: the broker's Maximum QoS", () => {
  test.each([
    [0, 0, 0],
    [0, 1, 0],
    [1, 0, 0],
    [1, 1, 1],
    [2, 0, 0],
    [2, 1, 1],
  ] as const)(
    "[MQTT-3.2.2-11] readings and sensor errors of QoS %d at a broker that takes %d go out under %d",
    (own, maximum, used) => {
      const node = onlineLab(byQos[own] as LoadedModule, 5, { limits: Limit.maximumQos(maximum) });
      const expected: string[] = [];
      for (let n = 0; n < 20; n++) {
        order(node, Do.reading(n * 1000));
        expect(node.packets()).toEqual([reading(5, `${n}.0`, used, identifier(n))]);
        if (used === 1) node.receive(puback(n));
        expected.push("");
      }
      node.sensorError(-5);
      order(node, Do.measure);
      expect(node.packets()).toEqual([
        packet(0x30 | (used << 1), str("sensor/7/error"), used > 0 ? identifier(20) : "", "00", raw('{"error":5}')),
      ]);
      expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
    },
  );

  test.each([0, 1] as const)(
    "[MQTT-3.2.2-11] messages at a broker that takes %d go out under that at most",
    (maximum) => {
      const node = onlineLab(wide, 5, { limits: Limit.maximumQos(maximum) });
      order(node, ...[0, 1, 2].map((qos) => Do.message("a", String(qos), qos)));
      expect(node.packets().map((each) => read(each, 5))).toMatchObject(
        [0, 1, 2].map((qos) => ({ cmd: "publish", qos: Math.min(qos, maximum), dup: false })),
      );
    },
  );

  test("holds for its connection alone", () => {
    const node = onlineLab(wide, 5, { limits: Limit.maximumQos(0) });
    reconnect(node, 5, true);
    order(node, Do.message("a", "x", 2));
    expect(node.packets()).toEqual([message(5, "a", "x", { qos: 2, identifier: identifier(0) })]);
  });
});

describe("MQTT 5.0: a broker that keeps no messages", () => {
  test("[MQTT-3.2.2-14] gets no RETAIN, not of a status and not of a message", () => {
    const node = onlineLab(lab, 5, { limits: Limit.noRetain });
    order(node, ...[0, 1, 2].map((qos) => Do.message("a", "x", qos, true)));
    const packets = node.packets();
    expect(packets).toHaveLength(3);
    packets.push(...reconnect(node, 5, true, Limit.noRetain));
    node.receive(puback(1), pubrec(2), pubcomp(2)).stop().run(2000);
    packets.push(...node.packets());
    const publishes = packets.filter((each) => each.startsWith("3"));
    expect(publishes.length).toBeGreaterThan(6);
    for (const each of publishes) expect(read(each, 5)).toMatchObject({ retain: false });
  });

  test("holds for its connection alone", () => {
    const node = onlineLab(lab, 5, { limits: Limit.noRetain });
    expect(reconnect(node, 5, true)).toContainEqual(message(5, "sensor/7/status", "online", { retain: true }));
  });
});

describe("MQTT 5.0: the broker's Maximum Packet Size", () => {
  /** Every kind of packet that this node sends of its own accord, online and to its end; with the results of requests. */
  function everything(limit: number): { packets: string[]; node: TestNode; results: number[] } {
    const node = onlineLab(lab, 5);
    const packets = reconnect(node, 5, false, Limit.packetSize(limit));
    node.sensorError(-5);
    const results = order(
      node,
      Do.reading(21_500),
      Do.measure,
      Do.reading(-7000),
      Do.message("topic/of/a/message", "0".repeat(40), 2),
      Do.begin("topic", 1),
      Do.userProperty("name", "value"),
      Do.text("1".repeat(100)),
      Do.send,
      Do.subscribe("filter/of/a/subscription/#", 1, 7),
      Do.unsubscribe("filter/of/a/subscription/#"),
    );
    node.receive(packet(0x32, str("sensor/7/cmd/led"), "0001", "00", raw("1")));
    node.run(46_000);
    packets.push(...node.packets());
    node.stop().run(3000);
    packets.push(...node.packets());
    return { packets, node, results };
  }

  test("[MQTT-3.2.2-15] is exceeded by no packet, whatever it is", () => {
    const sizes = new Set<number>();
    for (let limit = 5; limit < 160; limit++) {
      const { packets } = everything(limit);
      for (const each of packets) {
        sizes.add(each.length / 2);
        expect(each.length / 2).toBeLessThanOrEqual(limit);
      }
    }
    expect(Math.max(...sizes)).toBeGreaterThan(100);
  });

  test("[MQTT-3.2.2-15] that a packet has to the byte lets it through; a byte less, and it is given up, said and counted", () => {
    const size = reading(5, "21.5", 1, identifier(0)).length / 2;
    for (const [limit, count] of [
      [size, 1],
      [size - 1, 0],
    ] as const) {
      const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.packetSize(limit) });
      order(node, Do.reading(21_500));
      expect(node.packets()).toHaveLength(count);
      expect(order(node, Do.dropped)).toEqual([1 - count]);
      expect(node.logs()).toEqual(count === 0 ? ["2 too large: 1"] : []);
      // The next reading, which is shorter, is none the worse for it.
      order(node, Do.reading(1000));
      expect(node.packets()).toEqual([reading(5, "1.0", 1, identifier(1))]);
    }
  });

  test("[MQTT-3.2.2-15] holds messages to it in the same way", () => {
    const whole = message(5, "a", "x".repeat(50), { qos: 2, identifier: identifier(0) });
    for (const [limit, packets] of [
      [whole.length / 2, [whole]],
      [whole.length / 2 - 1, []],
    ] as const) {
      const node = onlineLab(wide, 5, { limits: Limit.packetSize(limit) });
      order(node, Do.message("a", "x".repeat(50), 2));
      expect(node.packets()).toEqual(packets);
      expect(order(node, Do.dropped)).toEqual([1 - packets.length]);
    }
  });

  test("[MQTT-3.2.2-15] that a request exceeds has it refused, and leaves it to be asked for again", () => {
    const node = onlineLab(lab, 5);
    reconnect(node, 5, false, Limit.packetSize(20));
    for (let n = 0; n < 40; n++) expect(order(node, Do.subscribe("long/filter/of/mine", 0))).toEqual([0]);
    for (let n = 0; n < 40; n++) expect(order(node, Do.unsubscribe("long/filter/of/mine"))).toEqual([0]);
    expect(order(node, Do.subscribe("short", 0), Do.unsubscribe("short"))).toEqual([1, 1]);
    expect(node.packets().map((each) => each.slice(0, 2))).toEqual(["82", "a2"]);
  });

  test("gives up nothing for a topic alias", () => {
    const size = reading(5, "21.5", 1, identifier(0)).length / 2;
    const node = onlineLab(byQos[1] as LoadedModule, 5, {
      limits: Limit.packetSize(size) + Limit.topicAliasMaximum(10),
    });
    order(node, Do.reading(21_500));
    expect(node.packets()).toHaveLength(1);
  });

  test("holds for its connection alone, and not for CONNECT", () => {
    const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.packetSize(10) });
    reconnect(node, 5, true);
    order(node, Do.reading(21_500));
    expect(node.packets()).toEqual([reading(5, "21.5", 1, identifier(0))]);
  });
});

describe("MQTT 5.0: the broker's Keep Alive", () => {
  test.each([
    [1, 750],
    [10, 7500],
    [600, 450_000],
    [65_535, 49_151_250],
  ])(
    "[MQTT-3.1.2-20] [MQTT-3.1.2-21] [MQTT-3.1.2-22] [MQTT-3.2.2-21] of %d s has PINGREQ go out after %d ms of silence",
    (seconds, afterMs) => {
      const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.keepAlive(seconds) });
      const start = node.nowMs;
      while (node.sent() === "") node.step(Math.max(node.waitMs, 1));
      const waitedMs = (node.nowMs - start) >>> 0;
      expect(waitedMs).toBeGreaterThanOrEqual(Math.min(afterMs, waitedMs));
      expect(Math.abs(waitedMs - afterMs)).toBeLessThanOrEqual(1);
      expect(waitedMs).toBeLessThan(seconds * 1000);
    },
  );

  test("[MQTT-3.1.2-21] of 0 has none go out at all", () => {
    const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.keepAlive(0) });
    node.run(10 * 86_400_000);
    expect({ sent: node.packets(), linked: node.linked }).toEqual({ sent: [], linked: true });
  });

  test("[MQTT-3.1.2-20] that CONNACK leaves alone is the node's own, on the next connection again", () => {
    const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.keepAlive(10) });
    reconnect(node, 5, true);
    expect(node.run(44_000).packets()).toEqual([]);
    expect(node.run(1_000).packets()).toEqual([PINGREQ]);
  });
});

describe("MQTT 5.0: the topic alias of readings", () => {
  const TOPIC = str("sensor/7/temperature");
  const aliased = (topic: string, degrees: string, n: number, qos: number, dup = false): string =>
    packet(
      0x30 | (qos << 1) | (dup ? 8 : 0),
      topic,
      qos > 0 ? identifier(n) : "",
      hex("03 23", u16(1)),
      raw(`{"msg":"${degrees}"}`),
    );

  test.each([0, 1, 2])(
    "[MQTT-3.3.2-8] [MQTT-3.3.2-9] [MQTT-3.2.2-17] [MQTT-3.3.2-7] is 1, with the topic the first time on each connection and without it from then on, under QoS %d",
    (qos) => {
      for (const maximum of [1, 2, 65_535]) {
        const node = onlineLab(byQos[qos] as LoadedModule, 5, { limits: Limit.topicAliasMaximum(maximum) });
        const end = (n: number): void => {
          node.receive(...(qos === 0 ? [] : qos === 1 ? [puback(n)] : [pubrec(n), pubcomp(n)])).sent();
        };
        for (let n = 0; n < 12; n++) {
          order(node, Do.reading(n * 1000));
          expect(node.packets()).toEqual([aliased(n % 4 === 0 ? TOPIC : str(""), `${n}.0`, n, qos)]);
          end(n);
          // A connection has four readings.
          if (n % 4 === 3) expect(reconnect(node, 5, true, Limit.topicAliasMaximum(maximum))).toEqual([]);
        }
      }
    },
  );

  test("[MQTT-3.3.2-7] comes with the topic in the first reading that is sent again, too", () => {
    const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.topicAliasMaximum(1) });
    order(node, Do.reading(0), Do.reading(1000), Do.reading(2000));
    node.sent();
    expect(reconnect(node, 5, true, Limit.topicAliasMaximum(1))).toEqual([
      aliased(TOPIC, "0.0", 0, 1, true),
      aliased(str(""), "1.0", 1, 1, true),
      aliased(str(""), "2.0", 2, 1, true),
    ]);
  });

  test("[MQTT-3.2.2-18] [MQTT-3.2.2-17] is not used where the broker names no maximum, or 0, though an earlier connection had one", () => {
    const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.topicAliasMaximum(5) });
    for (const [n, limits] of ["", Limit.topicAliasMaximum(0), ""].entries()) {
      reconnect(node, 5, true, limits);
      order(node, Do.reading(n * 1000));
      expect(node.packets()).toEqual([reading(5, `${n}.0`, 1, identifier(n))]);
      node.receive(puback(n));
    }
  });

  test("[MQTT-3.3.2-8] goes with no message of the application, and no status", () => {
    const node = onlineLab(lab, 5, { limits: Limit.topicAliasMaximum(5) });
    order(node, Do.message("a", "x", 0), Do.message("sensor/7/temperature", "y", 0));
    expect(node.packets()).toEqual([message(5, "a", "x"), message(5, "sensor/7/temperature", "y")]);
  });

  test("lets a reading whose link takes it in two pieces leave whole", () => {
    const node = onlineLab(byQos[1] as LoadedModule, 5, { limits: Limit.topicAliasMaximum(5) });
    for (let n = 0; n < 3; n++) {
      node.board.sendCap = 7;
      order(node, Do.reading(n * 1000));
      node.board.sendCap = 0xffff;
      node.step(20);
      expect(node.packets()).toEqual([aliased(n === 0 ? TOPIC : str(""), `${n}.0`, n, 1)]);
      node.receive(puback(n));
    }
  });
});

test("what these tests write as properties is what mqtt-packet reads", () => {
  const all = connack5(Limit.receiveMaximum(3) + Limit.packetSize(4) + Limit.topicAliasMaximum(5) + Limit.noRetain);
  expect(read(all, 5)).toMatchObject({
    properties: { receiveMaximum: 3, maximumPacketSize: 4, topicAliasMaximum: 5, retainAvailable: false },
  });
  expect(u32(1)).toBe("00000001");
  expect(publish("a", "b")).toBe("3004000161" + "62");
});
