import type { Packet } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import type { WirePacket } from "../integration/proxy.ts";
import { type Account, type Evidence, settle } from "./ledger.ts";

const TOPIC = "sensor/7/temperature";
let atMs = 0;

function entry(from: WirePacket["from"], packet: Packet, topic = ""): WirePacket {
  return { connection: 0, from, packet, bytes: Buffer.alloc(0), topic, atMs: ++atMs, lost: false };
}

const publish = (seq: number, messageId: number, dup = false): WirePacket => {
  const payload = Buffer.from(JSON.stringify({ seq, time: performance.timeOrigin + atMs }));
  return entry("node", { cmd: "publish", topic: TOPIC, payload, messageId, qos: 1, dup, retain: false }, TOPIC);
};
const puback = (messageId: number): WirePacket => entry("broker", { cmd: "puback", messageId });
const pubrec = (messageId: number): WirePacket => entry("broker", { cmd: "pubrec", messageId });
const pubrel = (messageId: number): WirePacket => entry("node", { cmd: "pubrel", messageId });
const arrival = (seq: number) => ({ seq, atMs: ++atMs });

function account(evidence: Partial<Evidence>): Account {
  return settle({
    topic: TOPIC,
    qos: 1,
    packets: [],
    arrivals: [],
    brokerKills: [],
    dropsMs: [],
    last: 1,
    ...evidence,
  });
}

describe("the account of a node's readings", () => {
  test("nothing is wrong where each was acknowledged and arrived", () => {
    const packets = [publish(0, 1), puback(1), publish(1, 2), puback(2)];
    const arrivals = [arrival(0), arrival(1)];
    const nothing = { lostUncounted: 0, lostByBroker: 0, duplicates: 0, violations: [] };
    expect(account({ packets, arrivals })).toMatchObject({ readings: 2, acked: 2, delivered: 2, ...nothing });
  });

  test("a reading that nobody published is lost, unless the node counted a drop between the two beside it", () => {
    const packets = [publish(0, 1), puback(1), publish(2, 2), puback(2)];
    const arrivals = [arrival(0), arrival(2)];
    const [before = 0, after = 0] = [packets[0]?.atMs, packets[2]?.atMs];
    const violations = ["readings 1 to 1 were never published, and 0 counted as dropped"];
    for (const dropsMs of [[], [before - 5_000], [after + 5_000]]) {
      expect(account({ packets, arrivals, dropsMs, last: 2 })).toMatchObject({ lostUncounted: 1, violations });
    }
    const counted = account({ packets, arrivals, dropsMs: [before + 0.5], last: 2 });
    expect(counted).toMatchObject({ readings: 3, lostUncounted: 0, dropped: 1, violations: [] });
  });

  test("a drop counts though the reading before it only later comes through: its link broke when it was first sent", () => {
    const zero = publish(0, 1);
    const dropsMs = [zero.atMs + 5_000];
    atMs += 10_000;
    const again = { ...zero, atMs };
    const packets = [again, puback(1), publish(2, 2), puback(2)];
    const result = account({ packets, arrivals: [arrival(0), arrival(2)], dropsMs, last: 2 });
    expect(result).toMatchObject({ lostUncounted: 0, dropped: 1, violations: [] });
  });

  test("a drop explains one reading, and not another besides", () => {
    const packets = [publish(0, 1), puback(1), publish(3, 2), puback(2)];
    const dropsMs = [(packets[0]?.atMs ?? 0) + 0.5];
    expect(account({ packets, arrivals: [arrival(0), arrival(3)], dropsMs, last: 3 })).toMatchObject({
      dropped: 1,
      lostUncounted: 1,
      violations: ["readings 1 to 2 were never published, and 1 counted as dropped"],
    });
  });

  test("a reading that was never acknowledged is lost, whatever identifier the acknowledgement of another had", () => {
    const packets = [publish(0, 1), publish(1, 2), puback(2)];
    const arrivals = [arrival(0), arrival(1)];
    const violations = ["reading 0 was never acknowledged"];
    expect(account({ packets, arrivals })).toMatchObject({ lostUncounted: 1, violations });
  });

  test("what was acknowledged and did not arrive is the broker's fault if it was killed later, and else nobody's", () => {
    const packets = [publish(0, 1), puback(1), publish(1, 2), puback(2)];
    const arrivals = [arrival(1)];
    const kill = (ms: number) => ({ signalMs: ms, overMs: ms + 1 });
    const before = account({ packets, arrivals, brokerKills: [kill((packets[0]?.atMs ?? 0) - 5)] });
    const what = "reading 0 was acknowledged and never arrived, and the broker was not killed after that";
    expect(before).toMatchObject({ lostByBroker: 0, violations: [what] });
    expect(account({ packets, arrivals, brokerKills: [kill(atMs)] })).toMatchObject({
      lostByBroker: 1,
      violations: [],
    });
  });

  test("under QoS 1 a reading may arrive twice, under QoS 2 only if the broker was killed in between", () => {
    const packets = [publish(0, 1), pubrec(1), pubrel(1), publish(1, 2), pubrec(2), pubrel(2)];
    const arrivals = [arrival(0), arrival(1), arrival(0)];
    expect(account({ qos: 1, packets, arrivals })).toMatchObject({ duplicates: 1, violations: [] });
    const twice = "reading 0 arrived twice, and the broker was not killed in between";
    expect(account({ qos: 2, packets, arrivals }).violations).toEqual([twice]);
    const overMs = (arrivals[1]?.atMs ?? 0) + 0.5;
    const brokerKills = [{ signalMs: overMs, overMs }];
    expect(account({ qos: 2, packets, arrivals, brokerKills })).toMatchObject({ duplicates: 1, violations: [] });
  });

  test("a reading that is published after its PUBREL is published twice", () => {
    const packets = [publish(0, 1), pubrec(1), pubrel(1), publish(0, 2), pubrec(2), publish(1, 3), pubrec(3)];
    const arrivals = [arrival(0), arrival(1)];
    expect(account({ qos: 2, packets, arrivals }).violations).toEqual([
      "reading 0 was published again after its PUBREL",
    ]);
  });

  test("readings that are first published in another order than they were taken are wrong, repeated ones are not", () => {
    const inOrder = [publish(0, 1), publish(1, 2), publish(0, 1, true), puback(1), puback(2)];
    const arrivals = [arrival(0), arrival(1)];
    expect(account({ packets: inOrder, arrivals }).violations).toEqual([]);
    const packets = [publish(1, 1), puback(1), publish(0, 2), puback(2)];
    expect(account({ packets, arrivals }).violations).toEqual(["reading 0 was first published after reading 1"]);
  });

  test("what came after the last that is asked for does not count", () => {
    const packets = [publish(0, 1), puback(1), publish(1, 2), puback(2), publish(2, 3)];
    const arrivals = [arrival(0), arrival(1), arrival(3)];
    expect(account({ packets, arrivals })).toMatchObject({ readings: 2, delivered: 2, violations: [] });
  });
});
