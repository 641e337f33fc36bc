import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { NullNetwork } from "../../host/hal/null-network.ts";

const memory = new Uint8Array(4_096);

type Version = 4 | 5;

function send(network: NullNetwork, packet: Packet | Uint8Array, offset = 64, protocolVersion: Version = 4): number {
  const bytes = packet instanceof Uint8Array ? packet : generate(packet, { protocolVersion });
  memory.set(bytes, offset);
  return network.send(0, memory, offset, bytes.length);
}

/** Everything that waits, read `capacity` bytes at a time and parsed by mqtt-packet. */
function answers(network: NullNetwork, capacity = 64, protocolVersion: Version = 4): object[] {
  const packets: object[] = [];
  const reader = parser({ protocolVersion });
  reader.on("packet", (packet) => packets.push(packet));
  for (;;) {
    const length = network.receive(0, memory, 8, capacity);
    if (length <= 0) return packets;
    reader.parse(Buffer.from(memory.slice(8, 8 + length)));
  }
}

const CONNECT: Packet = {
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clientId: "7",
  keepalive: 60,
  clean: true,
};

function publish(messageId: number, payload = "x"): Packet {
  return { cmd: "publish", topic: "sensor/7/temperature", payload, qos: 1, messageId, dup: false, retain: false };
}

function opened(nodes = 1): NullNetwork {
  const network = new NullNetwork(nodes);
  expect(network.open(0)).toBe(0);
  expect(network.state(0)).toBe(1);
  return network;
}

describe.each([
  ["3.1.1", 4],
  ["5.0", 5],
] as const)("every packet of MQTT %s that asks for an answer gets it:", (_, version) => {
  const connected = (): NullNetwork => {
    const network = opened();
    send(network, { ...CONNECT, protocolVersion: version } as Packet, 64, version);
    answers(network, 64, version);
    return network;
  };

  /** What a packet is answered with. */
  const answersTo = (network: NullNetwork, packet: Packet): object[] => {
    send(network, packet, 64, version);
    return answers(network, 64, version);
  };

  test("CONNECT", () => {
    const [connack, ...others] = answersTo(opened(), { ...CONNECT, protocolVersion: version } as Packet);
    expect(connack).toMatchObject({ cmd: "connack", sessionPresent: false, length: version === 5 ? 3 : 2 });
    expect(connack).toMatchObject(version === 5 ? { reasonCode: 0 } : { returnCode: 0 });
    expect(others).toEqual([]);
  });

  test("PUBLISH under QoS 1, and none under QoS 0", () => {
    const network = connected();
    expect(answersTo(network, publish(0x1234))).toMatchObject([{ cmd: "puback", messageId: 0x1234, length: 2 }]);
    expect(answersTo(network, { ...publish(0), qos: 0 } as Packet)).toEqual([]);
    expect(network.published).toBe(2);
  });

  test("PUBLISH under QoS 2, and PUBREL", () => {
    const network = connected();
    const exactlyOnce = { ...publish(0x1234), qos: 2 } as Packet;
    expect(answersTo(network, exactlyOnce)).toMatchObject([{ cmd: "pubrec", messageId: 0x1234, length: 2 }]);
    const pubrel = { cmd: "pubrel", messageId: 0x1234 } as Packet;
    expect(answersTo(network, pubrel)).toMatchObject([{ cmd: "pubcomp", messageId: 0x1234, length: 2 }]);
    expect(network.published).toBe(1);
  });

  test("SUBSCRIBE, at the QoS of each filter, and UNSUBSCRIBE", () => {
    const network = connected();
    const options = version === 5 ? { nl: true, rap: true, rh: 2 } : {};
    const subscriptions = [
      { topic: "a/+", qos: 1, ...options },
      { topic: "b/#", qos: 0, ...options },
      { topic: "c", qos: 2, ...options },
    ];
    // A property of MQTT 5.0, which 3.1.1 leaves out.
    const subscribe = { cmd: "subscribe", messageId: 9, subscriptions, properties: { subscriptionIdentifier: 300 } };
    expect(answersTo(network, subscribe as Packet)).toMatchObject([
      { cmd: "suback", messageId: 9, granted: [1, 0, 2] },
    ]);
    const unsubscribe = { cmd: "unsubscribe", messageId: 10, unsubscriptions: ["a/+", "b/#"] };
    const [unsuback] = answersTo(network, unsubscribe as Packet);
    expect(unsuback).toMatchObject({ cmd: "unsuback", messageId: 10, ...(version === 5 ? { granted: [0, 0] } : {}) });
    expect(unsuback).toMatchObject({ length: version === 5 ? 5 : 2 });
  });

  test("PINGREQ", () => {
    expect(answersTo(connected(), { cmd: "pingreq" })).toMatchObject([{ cmd: "pingresp" }]);
  });
});

test("a node of MQTT 5.0 is told how many topic aliases it may use, and one of 3.1.1 is not", () => {
  const connack = (protocolVersion: Version): object[] => {
    const network = new NullNetwork(1, { topicAliasMaximum: 300 });
    network.open(0);
    send(network, { ...CONNECT, protocolVersion } as Packet, 64, protocolVersion);
    return answers(network, 64, protocolVersion);
  };
  expect(connack(5)).toMatchObject([{ cmd: "connack", properties: { topicAliasMaximum: 300 } }]);
  expect(connack(4)).toMatchObject([{ cmd: "connack", length: 2 }]);
});

test("each node is answered in its own version, and in another one after another CONNECT", () => {
  const network = opened(2);
  send(network, { ...CONNECT, protocolVersion: 5 } as Packet, 64, 5);
  network.select(1);
  network.open(0);
  send(network, CONNECT);
  expect(answers(network)).toMatchObject([{ cmd: "connack", length: 2 }]);
  network.select(0);
  expect(answers(network, 64, 5)).toMatchObject([{ cmd: "connack", length: 3 }]);
  network.close(0);
  network.open(0);
  send(network, CONNECT);
  expect(answers(network)).toMatchObject([{ cmd: "connack", length: 2 }]);
});

test("a request whose answer does not fit beside earlier ones waits, and one that never fits is an error", () => {
  const network = opened(2);
  const subscribe = (messageId: number, filters: number): Packet => ({
    cmd: "subscribe",
    messageId,
    subscriptions: Array.from({ length: filters }, (_, n) => ({ topic: String(n), qos: 0 })),
  });
  expect(send(network, subscribe(1, 16))).toBeGreaterThan(0);
  expect(send(network, subscribe(2, 16))).toBe(0);
  expect(answers(network)).toMatchObject([{ messageId: 1 }]);
  expect(send(network, subscribe(2, 16))).toBeGreaterThan(0);
  expect(answers(network)).toMatchObject([{ messageId: 2 }]);
  expect(() => send(network, subscribe(3, 29))).toThrow("29 filters");
});

test("packets that are sent together are answered together, also to one-byte reads", () => {
  const network = opened();
  expect(send(network, Buffer.concat([publish(1), publish(2), publish(3)].map((packet) => generate(packet))))).toBe(
    3 * generate(publish(1)).length,
  );
  expect(answers(network, 1)).toMatchObject([{ messageId: 1 }, { messageId: 2 }, { messageId: 3 }]);
});

test("a packet whose rest comes later is one packet", () => {
  const network = opened();
  const bytes = generate(publish(5, "y".repeat(300)));
  expect(send(network, bytes.subarray(0, 100))).toBe(100);
  expect(send(network, bytes.subarray(100, 150))).toBe(50);
  expect(send(network, Buffer.concat([bytes.subarray(150), generate(publish(6))]))).toBeGreaterThan(0);
  expect(answers(network)).toMatchObject([{ messageId: 5 }, { messageId: 6 }]);
  expect(network.published).toBe(2);
});

test("a node that does not read is held back, and no answer is lost", () => {
  const network = opened();
  const length = generate(publish(1)).length;
  let sent = 0;
  while (send(network, publish(sent + 1)) === length) sent++;
  expect(sent).toBeGreaterThan(3);
  expect(send(network, publish(sent + 1))).toBe(0);
  expect(answers(network)).toHaveLength(sent);
  expect(send(network, publish(sent + 1))).toBe(length);
});

test("nodes do not see each other's answers", () => {
  const network = opened(2);
  send(network, publish(1));
  network.select(1);
  expect(network.state(0)).toBe(Errno.EBADF);
  expect(network.open(0)).toBe(0);
  expect(answers(network)).toEqual([]);
  send(network, publish(2));
  network.select(0);
  expect(answers(network)).toMatchObject([{ messageId: 1 }]);
  network.select(1);
  expect(answers(network)).toMatchObject([{ messageId: 2 }]);
});

test("a link that is closed and opened again has nothing from before", () => {
  const network = opened();
  send(network, publish(1));
  expect(network.open(0)).toBe(Errno.EMFILE);
  expect(network.close(0)).toBe(0);
  expect(network.close(0)).toBe(Errno.EBADF);
  expect(network.receive(0, memory, 0, 10)).toBe(Errno.EBADF);
  expect(network.send(0, memory, 0, 1)).toBe(Errno.EBADF);
  expect(network.open(1)).toBe(Errno.ENOENT);
  expect(network.open(0)).toBe(0);
  expect(answers(network)).toEqual([]);
});
