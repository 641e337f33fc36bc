import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import {
  by,
  connack,
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
  type Qos,
  reading,
  reconnect,
  VERSIONS,
  type Version,
} from "../../outbound.ts";

let mixed: LoadedModule;
let noQos2: LoadedModule;
beforeAll(async () => {
  const options = ["NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_OUTBOX=1024", "NODE_STATUS=0"];
  mixed = await loadLab(...options, "NODE_WINDOW=16");
  noQos2 = await loadLab(...options, "NODE_OUTBOX_QOS=1", "NODE_QUEUE=8");
});

/** Message `n`, on the topic `a`, with its number as payload. */
function sent(version: Version, n: number, qos: Qos, dup = false): string {
  return message(version, "a", String(n), { qos, identifier: identifier(n), dup });
}

/** Queues messages 0, 1, … of these QoS in one step, and throws away what that sends. */
function send(node: TestNode, ...all: Qos[]): void {
  order(node, ...all.map((qos, n) => Do.message("a", String(n), qos)));
  expect(node.packets()).toHaveLength(all.length);
}

describe.each(VERSIONS)("%s: a session that goes on", (_, version) => {
  const ids = by(
    version,
    "[MQTT-3.1.2-4] [MQTT-3.3.1-1] [MQTT-4.1.0-1] [MQTT-4.4.0-1] [MQTT-4.6.0-1]",
    "[MQTT-3.1.2-23] [MQTT-3.3.1-1] [MQTT-4.1.0-1] [MQTT-4.4.0-1] [MQTT-4.6.0-1]",
  );
  test(`${ids} has sent again whatever is unacknowledged, PUBREL first, then PUBLISH with DUP, each in its old order`, () => {
    const node = onlineLab(mixed, version);
    send(node, 1, 2, 2, 1, 2, 1, 2, 2);
    node.receive(pubrec(1), pubrec(4), puback(3), pubrec(6), pubcomp(4));
    node.sent();
    const expected = [
      pubrel(1),
      pubrel(6),
      sent(version, 0, 1, true),
      sent(version, 2, 2, true),
      sent(version, 5, 1, true),
      sent(version, 7, 2, true),
    ];
    // Time after time, and with new messages behind.
    expect(reconnect(node, version, true)).toEqual(expected);
    order(node, Do.message("a", "8", 2));
    expect(node.packets()).toEqual([sent(version, 8, 2)]);
    expect(reconnect(node, version, true)).toEqual([...expected, sent(version, 8, 2, true)]);
    node.receive(pubcomp(6), pubcomp(1), pubrec(7), puback(0), puback(5), pubrec(2));
    expect(node.packets()).toEqual([pubrel(7), pubrel(2)]);
    expect(reconnect(node, version, true)).toEqual([pubrel(2), pubrel(7), sent(version, 8, 2, true)]);
    node.receive(pubcomp(2), pubcomp(7), pubrec(8), pubcomp(8)).sent();
    expect(reconnect(node, version, true)).toEqual([]);
    expect(node.linked).toBe(true);
  });

  test("[MQTT-4.4.0-1] has nothing sent again at any other time, however long the broker takes to answer", () => {
    const node = onlineLab(mixed, version);
    send(node, 1, 2, 2);
    node.receive(pubrec(2)).sent();
    // PINGREQs are answered, so the broker is not silent.
    for (let second = 0; second < 19; second++) {
      node.run(1000);
      expect(node.packets()).toEqual([]);
    }
    expect(node.receive(puback(0)).packets()).toEqual([]);
    for (let second = 0; second < 9; second++) expect(node.run(1000).packets()).toEqual([]);
    expect(node.linked).toBe(true);
  });

  test("survives an image that was kept and put back", () => {
    const node = onlineLab(mixed, version);
    send(node, 2, 1, 2);
    node.receive(pubrec(0)).sent();
    node.resume(5, 3_600_000);
    expect(reconnect(node, version, true)).toEqual([pubrel(0), sent(version, 1, 1, true), sent(version, 2, 2, true)]);
  });

  test("has readings, messages and a sensor's state in the one order in which they came", () => {
    const node = onlineLab(mixed, version);
    node.sensorError(-5);
    order(node, Do.message("a", "0", 2), Do.reading(1000), Do.measure, Do.message("a", "3", 1), Do.reading(4000));
    const first = node.packets();
    expect(first).toHaveLength(6);
    expect(first[0]).toBe(sent(version, 0, 2));
    expect(first[1]).toBe(reading(version, "1.0", 1, identifier(1)));
    // Every one of them with DUP, and nothing else changed.
    const again = reconnect(node, version, true);
    const withDup = first.map((each) => (Number.parseInt(each.slice(0, 2), 16) | 8).toString(16) + each.slice(2));
    expect(again).toEqual(withDup);
  });
});

describe.each(VERSIONS)("%s: a session that the broker has lost", (_, version) => {
  const ids = by(version, "[MQTT-3.2.2-3] [MQTT-3.1.2-6]", "[MQTT-3.2.2-5] [MQTT-3.2.2-3]");

  test(`${ids} is thrown away: what it had not acknowledged is sent as new, and no PUBREL; what it had recorded is done with`, () => {
    const node = onlineLab(mixed, version);
    send(node, 1, 2, 2, 1, 2, 1);
    node.receive(pubrec(1), pubrec(4), puback(3));
    node.sent();
    const anew = [sent(version, 0, 1), sent(version, 2, 2), sent(version, 5, 1)];
    expect(reconnect(node, version, false)).toEqual(anew);
    expect(reconnect(node, version, false)).toEqual(anew);
    // On the new session they are sent again like any other.
    expect(reconnect(node, version, true)).toEqual([
      sent(version, 0, 1, true),
      sent(version, 2, 2, true),
      sent(version, 5, 1, true),
    ]);
    node.receive(puback(0), puback(5), pubrec(2), pubcomp(2)).sent();
    order(node, Do.message("a", "6", 2));
    expect(node.packets()).toEqual([sent(version, 6, 2)]);
    expect(node.linked).toBe(true);
  });

  test.each([
    ["with QoS 2", () => mixed],
    ["without QoS 2", () => noQos2],
  ])("has what went out under QoS 0, or was acknowledged out of its turn, sent no second time, %s", (_, module) => {
    const node = onlineLab(module(), version);
    order(node, Do.message("a", "0", 1), Do.message("a", "1", 0), Do.message("a", "2", 1), Do.message("a", "3", 1));
    node.sent();
    node.receive(puback(2));
    expect(reconnect(node, version, false)).toEqual([sent(version, 0, 1), sent(version, 3, 1)]);
    node.receive(puback(3), puback(0));
    expect({ linked: node.linked, again: reconnect(node, version, true) }).toEqual({ linked: true, again: [] });
  });

  test.each([
    ["with QoS 2", () => mixed],
    ["without QoS 2", () => noQos2],
  ])("lets no reading be dropped from between what is acknowledged and what is not, %s", async (_, module) => {
    const node = onlineLab(module(), version);
    const capacity = module() === mixed ? 32 : 8;
    order(node, ...[0, 1, 2, 3, 4].map((n) => Do.reading(n * 1000)));
    node.receive(puback(3)).sent();
    expect(reconnect(node, version, false).length).toBe(4);
    node.close(-10);
    // The queue overflows while the node is offline.
    for (let n = 5; n < capacity + 3; n++) order(node, Do.reading(n * 1000));
    node.dial().receive(version === 5 ? connack5("", true) : "20020100");
    const values: string[] = [];
    for (let round = 0; round < 40; round++) {
      const packets = node.acknowledge();
      values.push(...packets.map((each) => /"msg":"(\d+)\.0"/.exec(Buffer.from(each, "hex").toString())?.[1] ?? ""));
    }
    expect(values).not.toContain("3");
    expect(new Set(values).size).toBe(values.length);
    expect(values.slice(0, 4)).toEqual(["0", "1", "2", "4"]);
    expect(values.at(-1)).toBe(String(capacity + 2));
    expect(node.linked).toBe(true);
  });
});

describe.each(VERSIONS)(
  "%s: a queue that overflows while what was lost with the session goes out anew",
  (_, version) => {
    test.each([
      ["with QoS 2", () => mixed, 32],
      ["without QoS 2", () => noQos2, 8],
    ])("loses what it counts and nothing else, %s", (_, module, capacity) => {
      const node = onlineLab(module(), version);
      order(node, ...[0, 1, 2, 3, 4].map((n) => Do.reading(n * 1000)));
      node.receive(puback(3)).close(-10);
      node.sent();
      node.dial();
      // The link takes nothing: only the first is on its way when the others have to make room.
      node.board.sendCap = 0;
      node.receive(connack(version));
      for (let n = 5; n < capacity + 3; n++) order(node, Do.reading(n * 1000));
      node.board.sendCap = 0xffff;
      node.step(20);
      const values: number[] = [];
      for (let round = 0; round < 40; round++) {
        for (const each of node.acknowledge()) {
          values.push(Number(/"msg":"(\d+)\.0"/.exec(Buffer.from(each, "hex").toString())?.[1]));
        }
      }
      const [dropped = 0] = order(node, Do.dropped);
      expect(dropped).toBe(3);
      // Number 3 was acknowledged; 0 to 2 are in front of it.
      expect(values.slice(0, 3)).toEqual([0, 1, 2]);
      expect(values).toHaveLength(capacity + 3 - 1 - dropped);
      expect(values).not.toContain(3);
      expect(node.linked).toBe(true);
    });
  },
);

describe("MQTT 5.0: a session under new terms", () => {
  test("[MQTT-3.2.2-11] has its messages sent again under the QoS that the broker still takes, without DUP under QoS 0", () => {
    const node = onlineLab(mixed, 5);
    send(node, 2, 1);
    expect(reconnect(node, 5, true, Limit.maximumQos(1))).toEqual([
      message(5, "a", "0", { qos: 1, identifier: identifier(0), dup: true }),
      message(5, "a", "1", { qos: 1, identifier: identifier(1), dup: true }),
    ]);
    expect(reconnect(node, 5, true, Limit.maximumQos(0))).toEqual([message(5, "a", "0"), message(5, "a", "1")]);
    expect(reconnect(node, 5, true)).toEqual([]);
  });

  test("[MQTT-3.3.4-7] [MQTT-4.9.0-1] has no more sent again at a time than the new Receive Maximum allows", () => {
    const node = onlineLab(mixed, 5);
    send(node, 1, 2, 2, 1);
    node.receive(pubrec(2)).sent();
    expect(reconnect(node, 5, true, Limit.receiveMaximum(1))).toEqual([pubrel(2), sent(5, 0, 1, true)]);
    expect(node.receive(puback(0)).packets()).toEqual([sent(5, 1, 2, true)]);
    expect(node.receive(pubrec(1)).packets()).toEqual([pubrel(1)]);
    expect(node.receive(pubcomp(1)).packets()).toEqual([]);
    expect(node.receive(pubcomp(2)).packets()).toEqual([sent(5, 3, 1, true)]);
  });
});
