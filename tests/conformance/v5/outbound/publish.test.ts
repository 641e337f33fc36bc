import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { hex, raw, str } from "../../../unit/harness/bytes.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import {
  by,
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
  type Qos,
  read,
  reading,
  reconnect,
  u32,
  VERSIONS,
  varint,
} from "../../outbound.ts";

let outbox: LoadedModule;
const readings: LoadedModule[] = [];
beforeAll(async () => {
  outbox = await loadLab(
    "NODE_MQTT=45",
    "NODE_PERSISTENT=1",
    "NODE_OUTBOX=2048",
    "NODE_STATUS=0",
    "NODE_WINDOW=32",
    "NODE_QUEUE=64",
  );
  for (const qos of [0, 1, 2]) {
    readings.push(await loadLab("NODE_MQTT=45", "NODE_PERSISTENT=1", `NODE_QOS=${qos}`, "NODE_STATUS=0"));
  }
});

/** Every packet that ends an exchange, in the order in which a broker sends them. */
function answers(qos: Qos, n: number): string[] {
  return qos === 0 ? [] : qos === 1 ? [puback(n)] : [pubrec(n), pubcomp(n)];
}

describe.each(VERSIONS)("%s: a reading", (_, version) => {
  test.each<Qos>([0, 1, 2])(
    "under QoS %d is these very bytes, time after time, and answered it leaves nothing behind",
    (qos) => {
      const node = onlineLab(readings[qos] as LoadedModule, version);
      for (let n = 0; n < 300; n++) {
        order(node, Do.reading(n * 1000));
        expect(node.packets()).toEqual([reading(version, `${n}.0`, qos, identifier(n))]);
        for (const answer of answers(qos, n)) node.receive(answer);
        expect(node.packets()).toEqual(qos === 2 ? [pubrel(n)] : []);
      }
      expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
    },
  );

  test(`${by(version, "[MQTT-2.3.1-5] [MQTT-3.3.1-2] [MQTT-4.3.1-1]", "[MQTT-2.2.1-2] [MQTT-3.3.1-2] [MQTT-4.3.1-1]")} under QoS 0 has no identifier and no DUP, and is not sent again`, () => {
    const node = onlineLab(readings[0] as LoadedModule, version);
    order(node, Do.reading(1000));
    expect(node.packets()).toEqual([reading(version, "1.0", 0)]);
    for (const sessionPresent of [true, false]) expect(reconnect(node, version, sessionPresent)).toEqual([]);
    order(node, Do.reading(2000));
    expect(node.packets()).toEqual([reading(version, "2.0", 0)]);
  });

  test(`${by(version, "[MQTT-3.3.2-1]", "[MQTT-2.2.2-1] [MQTT-3.3.2-1]")} begins with its topic, and says that it has no properties where the version has any`, () => {
    for (const qos of [0, 1, 2] as const) {
      const node = onlineLab(readings[qos] as LoadedModule, version);
      order(node, Do.reading(17_200));
      const [packet = ""] = node.packets();
      expect(packet.slice(4, 4 + 44)).toBe(str("sensor/7/temperature"));
      expect(packet.slice(48 + (qos > 0 ? 4 : 0)).startsWith("00")).toBe(version === 5);
    }
  });
});

describe.each(VERSIONS)("%s: a message of the application", (_, version) => {
  const PROPERTIES = hex(
    "01",
    "01",
    "03",
    str("text/plain"),
    "08",
    str("answer/7"),
    "09",
    str("\u0001"),
    "26",
    str("k"),
    str("v"),
  );

  test.each<Qos>([0, 1, 2])(
    "under QoS %d, with RETAIN and without, with every property and without, is these very bytes",
    (qos) => {
      const node = onlineLab(outbox, version);
      let n = 0;
      for (const retain of [false, true]) {
        order(node, Do.begin("a/ü", qos, retain), Do.text("x"), Do.number(-2_147_483_648), Do.text("é"), Do.send);
        const expected = { qos, identifier: identifier(n++), retain };
        expect(node.packets()).toEqual([message(version, "a/ü", "x-2147483648é", expected)]);
        order(
          node,
          Do.begin("a/b", qos, retain),
          Do.isText,
          Do.contentType("text/plain"),
          Do.responseTopic("answer/7"),
          Do.correlation("01"),
          Do.userProperty("k", "v"),
          Do.text("y"),
          Do.send,
        );
        expect(node.packets()).toEqual([
          message(version, "a/b", "y", { ...expected, identifier: identifier(n++), properties: PROPERTIES }),
        ]);
      }
      for (let each = 0; each < n; each++) node.receive(...answers(qos, each));
      expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
    },
  );

  test("may be empty, and as long as the transmit buffer lets it be, to the byte", async () => {
    const module = await loadLab("NODE_MQTT=45", "NODE_OUTBOX=2048", "NODE_TRANSMIT=400", "NODE_STATUS=0");
    const node = onlineLab(module, version);
    order(node, Do.begin("t", 1), Do.send);
    expect(node.packets()).toEqual([message(version, "t", "", { qos: 1, identifier: identifier(0) })]);
    node.receive(puback(0));
    let longest = 0;
    for (let length = 120; length < 420; length++) {
      const [, sent] = order(node, Do.message("t", "x".repeat(length), 0));
      const packets = node.packets();
      if (sent === 1) longest = length;
      expect(packets).toEqual(sent === 1 ? [message(version, "t", "x".repeat(length))] : []);
    }
    expect(longest).toBeGreaterThan(370);
    expect(longest).toBeLessThan(400);
    expect(node.linked).toBe(true);
  });

  test("goes out in the step in which it was queued, though nothing else is under way", () => {
    const node = onlineLab(outbox, version);
    order(node, Do.reading(1000));
    node.sent();
    node.receive(puback(0));
    node.step(10).step(10).step(10);
    order(node, Do.message("a", "now", 0));
    expect(node.packets()).toEqual([message(version, "a", "now")]);
    // And the reading behind it does not take its place.
    order(node, Do.message("a", "first", 0) + Do.reading(5000));
    expect(node.packets()).toEqual([message(version, "a", "first"), reading(version, "5.0", 1, identifier(3))]);
  });

  test("on a topic of the node's own begins with `sensor/<id>/`", () => {
    const node = onlineLab(outbox, version);
    expect(order(node, Do.beginOwn("alarm", 1), Do.text("!"), Do.send)).toEqual([1, 1]);
    expect(node.packets()).toEqual([message(version, "sensor/7/alarm", "!", { qos: 1, identifier: identifier(0) })]);
  });

  const wildcards = by(
    version,
    "[MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-1.5.3-1] [MQTT-1.5.3-2]",
    "[MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-1.5.4-1] [MQTT-1.5.4-2]",
  );
  test.each([
    ["is empty", ""],
    ["has a +", raw("a/+/b")],
    ["has a #", raw("#")],
    ["has U+0000", raw("a\0b")],
    ["has a surrogate", "61eda080"],
    ["has an over-long character", "c0af"],
    ["ends in the middle of a character", "61e282"],
    ["has a character above U+10FFFF", "f4908080"],
    ["has a stray continuation", "80"],
  ])(`${wildcards} is refused if its topic %s`, (_, topic) => {
    const node = onlineLab(outbox, version);
    expect(order(node, Do.beginRaw(topic, 1), Do.text("x"), Do.send)).toEqual([0, 0]);
    expect({ sent: node.packets(), linked: node.linked }).toEqual({ sent: [], linked: true });
  });

  test(`${by(version, "[MQTT-1.5.3-3] [MQTT-4.7.3-3]", "[MQTT-1.5.4-3] [MQTT-4.7.3-3]")} keeps a U+FEFF in its topic, and a topic that is as long as there is room`, () => {
    const node = onlineLab(outbox, version);
    const topic = `\ufeff/${"t".repeat(300)}`;
    order(node, Do.message(topic, "x", 0));
    expect(node.packets()).toEqual([message(version, topic, "x")]);
    expect(order(node, Do.message("t".repeat(3000), "x", 0))).toEqual([0, 0]);
  });

  test("[MQTT-3.3.1-4] is never sent under a QoS of 3, nor under one that the module does not have", async () => {
    const one = await loadLab("NODE_MQTT=45", "NODE_OUTBOX=512", "NODE_OUTBOX_QOS=1", "NODE_STATUS=0");
    for (const [module, qos] of [
      [outbox, 3],
      [outbox, 4],
      [outbox, 100],
      [one, 2],
    ] as const) {
      const node = onlineLab(module, version);
      expect(order(node, Do.message("a", "x", qos))).toEqual([0, 0]);
      expect(node.packets()).toEqual([]);
    }
  });
});

describe("MQTT 5.0: a property of a message", () => {
  test.each([
    ["[MQTT-3.3.2-19] a content type that is no UTF-8", Do.rawProperty("c", "61ff")],
    ["[MQTT-3.3.2-13] a response topic that is no UTF-8", Do.rawProperty("r", "eda080")],
    ["[MQTT-3.3.2-14] a response topic with a +", Do.responseTopic("a/+")],
    ["[MQTT-3.3.2-14] a response topic with a #", Do.responseTopic("#")],
    ["an empty response topic", Do.responseTopic("")],
    ["[MQTT-1.5.7-1] a user property whose name is no UTF-8", Do.rawProperty("u", "ff", "61")],
    ["[MQTT-1.5.7-1] a user property whose value is no UTF-8", Do.rawProperty("u", "61", "c0af")],
    ["[MQTT-1.5.4-2] a user property with U+0000", Do.userProperty("a", "\0")],
    ["a second content type", Do.contentType("a") + Do.contentType("b")],
    ["a second response topic", Do.responseTopic("a") + Do.responseTopic("b")],
    ["second correlation data", Do.correlation("00") + Do.correlation("01")],
    ["a second payload format", Do.isText + Do.isText],
    ["one behind the payload", Do.text("x") + Do.contentType("a")],
    ["more than 117 bytes of them", Do.userProperty("a".repeat(60), "b".repeat(60))],
  ])("spoils it: %s", (_, property) => {
    const node = onlineLab(outbox, 5);
    expect(order(node, Do.begin("a", 1), property, Do.text("x"), Do.send)).toEqual([1, 0]);
    expect(node.packets()).toEqual([]);
    // The next one is none the worse for it.
    expect(order(node, Do.message("a", "x", 1))).toEqual([1, 1]);
    expect(node.packets()).toEqual([message(5, "a", "x", { qos: 1, identifier: identifier(0) })]);
  });

  test("may be as many user properties of one name as fit, in their order", () => {
    const node = onlineLab(outbox, 5);
    const pairs = Array.from({ length: 10 }, (_, n) => ["n", `val-${n}`] as const);
    order(node, Do.begin("a", 0), ...pairs.map(([name, value]) => Do.userProperty(name, value)), Do.send);
    const properties = hex(...pairs.map(([name, value]) => hex("26", str(name), str(value))));
    expect(node.packets()).toEqual([message(5, "a", "", { properties })]);
  });

  test("[MQTT-3.3.4-6] is never a subscription identifier, and [MQTT-3.3.2-8] never a topic alias of 0", () => {
    const node = onlineLab(outbox, 5, { limits: Limit.topicAliasMaximum(3) });
    order(node, Do.begin("a", 0), Do.isText, Do.expiresAfter(5), Do.userProperty("a", "b"), Do.send, Do.reading(1000));
    order(node, Do.reading(2000), Do.message("b", "x", 2));
    const packets = node.packets().map((each) => read(each, 5));
    expect(packets).toHaveLength(4);
    for (const packet of packets) {
      expect(packet).not.toHaveProperty("properties.subscriptionIdentifier");
      expect(packet).not.toHaveProperty("properties.topicAlias", 0);
    }
  });
});

describe.each(VERSIONS)("%s: packet identifiers", (_, version) => {
  const ids = by(
    version,
    "[MQTT-2.3.1-1] [MQTT-2.3.1-2] [MQTT-4.3.2-1] [MQTT-4.3.3-1]",
    "[MQTT-2.2.1-3] [MQTT-4.3.2-1] [MQTT-4.3.3-1]",
  );
  test(`${ids} are never 0 and never one that is in use, through a whole turn of them, with some exchanges far longer than others`, () => {
    const node = onlineLab(outbox, version);
    const inUse = new Set<string>();
    const seen = new Set<string>();
    const long: string[] = [];
    const end = (publish: string): void => {
      const id = publish.slice(10, 14);
      node.receive(...(publish.startsWith("32") ? [`4002${id}`] : [`5002${id}`, `7002${id}`]));
      inUse.delete(id);
      node.sent();
    };
    for (let n = 0; n < 33_000; n++) {
      order(node, Do.message("a", "x", n % 3 === 0 ? 2 : 1));
      const [publish = "", ...more] = node.packets();
      const id = publish.slice(10, 14);
      if (more.length > 0 || id === "0000" || inUse.has(id)) throw new Error(`${publish} is not to be sent now`);
      inUse.add(id);
      seen.add(id);
      if (n % 10 !== 0) end(publish);
      else if (long.push(publish) > 2) end(long.shift() ?? "");
    }
    expect({ linked: node.linked, seen: seen.size }).toEqual({ linked: true, seen: 0x8000 });
  });
});

describe.each(VERSIONS)("%s: an exchange under QoS 1", (_, version) => {
  test(`${by(version, "[MQTT-4.3.2-1] [MQTT-2.3.1-3]", "[MQTT-4.3.2-2] [MQTT-4.3.2-3]")} begins without DUP, and is held until PUBACK`, () => {
    const node = onlineLab(outbox, version);
    order(node, Do.message("a", "x", 1));
    expect(node.packets()).toEqual([message(version, "a", "x", { qos: 1, identifier: identifier(0) })]);
    const again = [message(version, "a", "x", { qos: 1, identifier: identifier(0), dup: true })];
    for (let n = 0; n < 3; n++) expect(reconnect(node, version, true)).toEqual(again);
    node.receive(puback(0));
    expect(reconnect(node, version, true)).toEqual([]);
  });
});

describe.each(VERSIONS)("%s: an exchange under QoS 2", (_, version) => {
  const begun = (): TestNode => {
    const node = onlineLab(outbox, version);
    order(node, Do.message("a", "x", 2));
    expect(node.packets()).toEqual([message(version, "a", "x", { qos: 2, identifier: identifier(0) })]);
    return node;
  };

  test(`${by(version, "[MQTT-4.3.3-1] [MQTT-2.3.1-3]", "[MQTT-4.3.3-2] [MQTT-4.3.3-3]")} begins without DUP, and its PUBLISH is held until PUBREC`, () => {
    const node = begun();
    for (let n = 0; n < 3; n++) {
      expect(reconnect(node, version, true)).toEqual([
        message(version, "a", "x", { qos: 2, identifier: identifier(0), dup: true }),
      ]);
    }
  });

  test(`${by(version, "[MQTT-4.3.3-1] [MQTT-2.3.1-6] [MQTT-3.6.1-1] [MQTT-2.2.2-1]", "[MQTT-4.3.3-4] [MQTT-2.2.1-5] [MQTT-3.6.1-1] [MQTT-2.1.3-1]")} answers PUBREC with PUBREL, of the same identifier and with the flags 0010`, () => {
    const node = begun();
    node.receive(pubrec(0));
    expect(node.packets()).toEqual([pubrel(0)]);
  });

  test(`${by(version, "[MQTT-4.3.3-1] [MQTT-4.4.0-1]", "[MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.4.0-1]")} holds PUBREL until PUBCOMP, and sends no PUBLISH after it`, () => {
    const node = begun();
    node.receive(pubrec(0));
    node.sent();
    for (let n = 0; n < 3; n++) expect(reconnect(node, version, true)).toEqual([pubrel(0)]);
    node.receive(pubcomp(0));
    expect({ sent: reconnect(node, version, true), linked: node.linked }).toEqual({ sent: [], linked: true });
  });

  test("takes a second PUBREC for a second question, and answers it the same", () => {
    const node = begun().receive(pubrec(0), pubrec(0));
    expect({ sent: node.packets(), linked: node.linked }).toEqual({ sent: [pubrel(0), pubrel(0)], linked: true });
  });

  test("is not ended by a PUBACK or a PUBCOMP in the place of PUBREC, nor by a PUBACK in that of PUBCOMP", () => {
    for (const [before, wrong] of [
      [[], puback(0)],
      [[], pubcomp(0)],
      [[pubrec(0)], puback(0)],
    ] as const) {
      const node = begun().receive(...before, wrong);
      expect(node.linked).toBe(false);
      const again =
        before.length > 0 ? pubrel(0) : message(version, "a", "x", { qos: 2, identifier: identifier(0), dup: true });
      expect(reconnect(node, version, true)).toEqual([again]);
      // On this connection too.
      expect(node.receive(puback(0)).linked).toBe(false);
      expect(reconnect(node, version, true)).toEqual([again]);
    }
  });

  test("[MQTT-4.6.0-4] sends PUBRELs in the order of the PUBRECs, whatever that is", () => {
    const node = onlineLab(outbox, version);
    order(node, ...[0, 1, 2, 3, 4].map((n) => Do.message("a", String(n), 2)));
    expect(node.packets()).toHaveLength(5);
    node.receive(...[3, 0, 4, 1, 2].map(pubrec));
    expect(node.packets()).toEqual([3, 0, 4, 1, 2].map(pubrel));
    node.receive(...[4, 2, 0, 3, 1].map(pubcomp));
    expect(reconnect(node, version, true)).toEqual([]);
  });
});

describe("MQTT 5.0: a message that the broker refuses", () => {
  test.each<[Qos, string, number]>([
    [1, "4003", 0x80],
    [1, "4003", 0x97],
    [2, "5003", 0x80],
    [2, "5003", 0x91],
  ])("[MQTT-4.4.0-2] under QoS %d is complete: no PUBREL, nothing sent again, and counted", (qos, answer, reason) => {
    const node = onlineLab(outbox, 5, { limits: Limit.receiveMaximum(1) });
    order(node, Do.message("a", "x", qos), Do.message("a", "y", qos));
    node.sent();
    node.receive(`${answer}${identifier(0)}${reason.toString(16)}`);
    // Its place in the window is free.
    expect(node.packets()).toEqual([message(5, "a", "y", { qos, identifier: identifier(1) })]);
    expect(order(node, Do.dropped)).toEqual([1]);
    expect(node.logs()).toEqual([`3 refused: ${reason}`]);
    expect(reconnect(node, 5, true)).toEqual([message(5, "a", "y", { qos, identifier: identifier(1), dup: true })]);
  });

  test("that nobody has subscribed to is delivered all the same", () => {
    const node = onlineLab(outbox, 5);
    order(node, Do.message("a", "x", 1), Do.message("a", "y", 2));
    node.sent();
    node.receive(`4003${identifier(0)}10`, `5003${identifier(1)}10`);
    expect(node.packets()).toEqual([pubrel(1)]);
    expect(order(node, Do.dropped)).toEqual([0]);
  });
});

describe("MQTT 5.0: what a message expires in", () => {
  test("goes along in seconds, each number of them", () => {
    for (const seconds of [1, 0xff, 0x100, 0xffff, 0x1_0000, 0x1_2345, 0x00ff_ff00, 0x8000_0001, 0xffff_ffff]) {
      const node = onlineLab(outbox, 5);
      order(node, Do.begin("a", 0), Do.expiresAfter(seconds), Do.text("x"), Do.send);
      expect(node.packets()).toEqual([message(5, "a", "x", { properties: `02${u32(seconds)}` })]);
      expect(varint(5)).toBe("05");
    }
  });
});
