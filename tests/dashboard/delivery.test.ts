import { generate, type Packet } from "mqtt-packet";
import { beforeEach, describe, expect, test } from "vitest";
import { Delivery } from "../../host/dashboard/delivery.ts";
import type { LinkObserver } from "../../host/hal/link-observer.ts";
import { PacketReader } from "../../host/mqtt/packet-reader.ts";

const READINGS = "sensor/7/temperature";

function bytesOf(packet: Packet, protocolVersion = 4): Buffer {
  return generate(packet, { protocolVersion });
}

function publish(topic: string, messageId: number, qos: 0 | 1 | 2 = 1, dup = false): Packet {
  return { cmd: "publish", topic, payload: '{"msg":"17.2"}', qos, dup, retain: false, messageId };
}

describe("a reader of packets", () => {
  const packets: Packet[] = [
    { cmd: "pingreq" },
    publish(READINGS, 1),
    { ...publish("a", 2), payload: Buffer.alloc(20_000, "x") } as Packet,
    { cmd: "puback", messageId: 3 },
    { cmd: "disconnect" },
  ];
  const stream = Buffer.concat(packets.map((packet) => bytesOf(packet)));
  const firsts = packets.map((packet) => bytesOf(packet)[0]);

  test.each([1, 2, 3, 7, 100, 30_000])("finds the same packets in pieces of %d bytes", (size) => {
    const found: { first: number; body: string }[] = [];
    const reader = new PacketReader(({ first, body }) =>
      found.push({ first, body: Buffer.from(body).toString("hex") }),
    );
    for (let from = 0; from < stream.length; from += size) reader.take(stream.subarray(from, from + size));
    expect(found.map(({ first }) => first)).toEqual(firsts);
    expect(found[1]?.body).toBe(bytesOf(publish(READINGS, 1)).subarray(2).toString("hex"));
    expect(found[2]?.body).toHaveLength(2 * 512);
    expect(found[3]?.body).toBe("0003");
  });

  test("gives up on a length that no packet has, and finds nothing more", () => {
    let found = 0;
    const reader = new PacketReader(() => found++);
    reader.take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01, 0xc0, 0x00]));
    reader.take(stream);
    expect(found).toBe(0);
  });
});

describe("what becomes of readings", () => {
  let accepted: number;
  let closed: number;
  let delivery: Delivery;
  let link: LinkObserver;

  beforeEach(() => {
    accepted = 0;
    closed = 0;
    delivery = new Delivery({ accepted: () => accepted++, changed: () => {} });
    link = delivery.watch(() => closed++);
  });

  test("a reading under QoS 1 is settled by its PUBACK, once, however often it was sent", () => {
    link.sent(bytesOf(publish(READINGS, 5)));
    link.sent(bytesOf(publish(READINGS, 6)));
    expect(delivery.settled).toBe(0);
    link.closed();
    link = delivery.watch(() => closed++);
    link.sent(bytesOf(publish(READINGS, 5, 1, true)));
    link.received(bytesOf({ cmd: "puback", messageId: 5 }));
    link.received(bytesOf({ cmd: "puback", messageId: 5 }));
    expect(delivery.settled).toBe(1);
    expect(closed).toBe(1);
  });

  test("a reading under QoS 2 is settled by its PUBCOMP, and under QoS 0 when it is sent", () => {
    link.sent(bytesOf(publish(READINGS, 5, 2)));
    link.received(bytesOf({ cmd: "pubrec", messageId: 5 }));
    expect(delivery.settled).toBe(0);
    link.received(bytesOf({ cmd: "pubcomp", messageId: 5 }));
    expect(delivery.settled).toBe(1);
    link.sent(bytesOf(publish(READINGS, 0, 0)));
    expect(delivery.settled).toBe(2);
  });

  test.each(["sensor/7/status", "sensor/7/error", "a/temperature/b", "t"])("a message on %s is no reading", (topic) => {
    link.sent(bytesOf(publish(topic, 5)));
    link.sent(bytesOf(publish(topic, 0, 0)));
    link.received(bytesOf({ cmd: "puback", messageId: 5 }));
    expect(delivery.settled).toBe(0);
  });

  test("under MQTT 5.0 a reading may have an alias for a topic, and the broker may refuse it", () => {
    const connect = {
      cmd: "connect",
      clientId: "7",
      protocolVersion: 5,
      protocolId: "MQTT",
      clean: true,
      keepalive: 60,
    };
    link.sent(bytesOf(connect as Packet, 5));
    link.sent(bytesOf({ ...publish("", 5), properties: { topicAlias: 1 } } as Packet, 5));
    link.sent(bytesOf(publish(READINGS, 6), 5));
    link.sent(bytesOf(publish(READINGS, 7, 2), 5));
    link.received(bytesOf({ cmd: "puback", messageId: 5, reasonCode: 16 }, 5));
    expect(delivery).toMatchObject({ settled: 1, refused: 0 });
    link.received(bytesOf({ cmd: "puback", messageId: 6, reasonCode: 151 }, 5));
    expect(delivery).toMatchObject({ settled: 2, refused: 1 });
    link.received(bytesOf({ cmd: "pubrec", messageId: 7, reasonCode: 135 }, 5));
    expect(delivery).toMatchObject({ settled: 3, refused: 2 });
  });

  test("a connection is accepted by a CONNACK of 0 and by no other", () => {
    link.received(bytesOf({ cmd: "connack", returnCode: 5, sessionPresent: false }));
    expect(accepted).toBe(0);
    link.received(bytesOf({ cmd: "connack", returnCode: 0, sessionPresent: true }));
    expect(accepted).toBe(1);
  });

  test("a node that subscribes to its commands takes them", () => {
    link.sent(bytesOf({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "house/+/alarm", qos: 1 }] }));
    expect(delivery.takesCommands).toBe(false);
    link.sent(bytesOf({ cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "sensor/7/cmd/+", qos: 1 }] }));
    expect(delivery.takesCommands).toBe(true);
  });
});
