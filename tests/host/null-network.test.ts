import { generate, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { NullNetwork } from "../../host/hal/null-network.ts";

const memory = new Uint8Array(4_096);

function send(network: NullNetwork, packet: Packet | Uint8Array, offset = 64): number {
  const bytes = packet instanceof Uint8Array ? packet : generate(packet);
  memory.set(bytes, offset);
  return network.send(0, memory, offset, bytes.length);
}

/** Everything that waits, read `capacity` bytes at a time and parsed by mqtt-packet. */
function answers(network: NullNetwork, capacity = 64): object[] {
  const packets: object[] = [];
  const reader = parser();
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

test("every packet of MQTT 3.1.1 that asks for an answer gets it", () => {
  const network = opened();
  send(network, CONNECT);
  expect(answers(network)).toMatchObject([{ cmd: "connack", returnCode: 0, sessionPresent: false }]);
  send(network, publish(0x1234));
  expect(answers(network)).toMatchObject([{ cmd: "puback", messageId: 0x1234 }]);
  send(network, { ...publish(0), qos: 0 } as Packet);
  expect(answers(network)).toEqual([]);
  send(network, { cmd: "pingreq" });
  expect(answers(network)).toMatchObject([{ cmd: "pingresp" }]);
  const subscriptions = [
    { topic: "a/+", qos: 1 },
    { topic: "b/#", qos: 0 },
  ] as const;
  send(network, { cmd: "subscribe", messageId: 9, subscriptions: [...subscriptions] });
  expect(answers(network)).toMatchObject([{ cmd: "suback", messageId: 9, granted: [1, 0] }]);
  send(network, { cmd: "unsubscribe", messageId: 10, unsubscriptions: ["a/+"] });
  expect(answers(network)).toMatchObject([{ cmd: "unsuback", messageId: 10 }]);
  expect(network.published).toBe(2);
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
