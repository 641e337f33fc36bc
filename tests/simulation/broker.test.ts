/** The model broker does what the standard asks of a server, as far as nodes can tell. */

import mqttPacket, { type IConnectPacket, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { createWorld, minutes, seconds, type World } from "../../host/testing/index.ts";
import type { BrokerLink } from "../../host/testing/link.ts";

/** A client over a link without a network: what it is sent, as packets. */
class Client implements BrokerLink {
  readonly packets: Packet[] = [];
  isOpen = true;
  readonly outstanding = 0;
  readonly #peer: ReturnType<World["broker"]["accept"]>;
  readonly #version: 4 | 5;
  readonly #parser: mqttPacket.Parser;

  constructor(world: World, version: 4 | 5, connect: Partial<IConnectPacket> = {}) {
    this.#version = version;
    this.#parser = mqttPacket.parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => this.packets.push(packet));
    this.#peer = world.broker.accept(this, "test");
    const base = { cmd: "connect", clientId: "c", protocolVersion: version, protocolId: "MQTT", keepalive: 0 } as const;
    this.say({ ...base, clean: true, ...connect });
  }

  say(packet: Packet): this {
    this.#peer.onBytes(mqttPacket.generate(packet, { protocolVersion: this.#version }));
    return this;
  }

  /** The link is gone without a word. */
  drop(): void {
    this.isOpen = false;
    this.#peer.onClosed();
  }

  /** What has come since the last look, by name, identifier and flags. */
  heard(): string[] {
    return this.packets.splice(0).map((packet) => {
      if (packet.cmd === "publish") {
        const { topic, payload, qos, dup, retain, messageId } = packet;
        return `publish ${topic} ${payload} ${qos}${dup ? " dup" : ""}${retain ? " retain" : ""}${messageId ? ` #${messageId}` : ""}`;
      }
      if (packet.cmd === "connack") return `connack ${packet.sessionPresent ? "present" : "new"}`;
      return `${packet.cmd}${packet.messageId ? ` #${packet.messageId}` : ""}`;
    });
  }

  send(bytes: Uint8Array): void {
    this.#parser.parse(Buffer.from(bytes));
  }

  close(): void {
    this.isOpen = false;
  }

  reset(): void {
    this.isOpen = false;
  }

  abandon(): void {
    this.isOpen = false;
  }
}

const subscribe = (topic: string, qos: 0 | 1 | 2): Packet => ({
  cmd: "subscribe",
  messageId: 9,
  subscriptions: [{ topic, qos, nl: false, rap: false, rh: 0 }],
});

test("keeps a session and what it holds until its client is back, and sends it again with DUP", () => {
  const world = createWorld({ seed: 1 });
  const first = new Client(world, 4, { clean: false }).say(subscribe("a/+", 1));
  world.broker.publish("a/b", "one", { qos: 2 });
  expect(first.heard()).toEqual(["connack new", "suback #9", "publish a/b one 1 #1"]);
  first.drop();
  world.broker.publish("a/b", "two", { qos: 1 });
  const again = new Client(world, 4, { clean: false });
  expect(again.heard()).toEqual(["connack present", "publish a/b one 1 dup #1", "publish a/b two 1 #2"]);
  again.say({ cmd: "puback", messageId: 1 }).say({ cmd: "puback", messageId: 2 }).drop();
  expect(new Client(world, 4, { clean: true }).heard()).toEqual(["connack new"]);
});

test("under MQTT 5.0 ends a session when its Session Expiry Interval has passed, and not before", () => {
  const world = createWorld({ seed: 1 });
  const expiry = { clean: false, properties: { sessionExpiryInterval: 60 } };
  new Client(world, 5, expiry).drop();
  world.runNow(seconds(59));
  const back = new Client(world, 5, expiry);
  expect(back.heard()).toEqual(["connack present"]);
  back.drop();
  world.runNow(seconds(61));
  expect(new Client(world, 5, expiry).heard()).toEqual(["connack new"]);
});

test.each(["A", "B"] as const)("passes a message of QoS 2 on once, by method %s", (method) => {
  const world = createWorld({ seed: 1, broker: { method } });
  const client = new Client(world, 4);
  const publish = { cmd: "publish", topic: "t", payload: "x", qos: 2, retain: false, messageId: 7 } as const;
  client.say({ ...publish, dup: false }).say({ ...publish, dup: true });
  expect(world.broker.messages("t")).toHaveLength(method === "A" ? 0 : 1);
  client.say({ cmd: "pubrel", messageId: 7 }).say({ cmd: "pubrel", messageId: 7 });
  expect(world.broker.messages("t")).toHaveLength(1);
  expect(client.heard()).toEqual(["connack new", "pubrec #7", "pubrec #7", "pubcomp #7", "pubcomp #7"]);
});

const will = { topic: "w", payload: Buffer.from("gone"), qos: 1, retain: true } as const;

test("publishes the will of a client that is lost, and not of one that says good-bye", () => {
  const world = createWorld({ seed: 1 });
  new Client(world, 4, { will }).say({ cmd: "disconnect" });
  expect(world.broker.retained("w")).toBeUndefined();
  new Client(world, 4, { will }).drop();
  expect(world.broker.retained("w")?.text).toBe("gone");
});

test("under MQTT 5.0 holds a will back for its delay, and forgets it if the client is back before", () => {
  const world = createWorld({ seed: 1 });
  const delayed = {
    clean: false,
    properties: { sessionExpiryInterval: 600 },
    will: { ...will, properties: { willDelayInterval: 30 } },
  };
  new Client(world, 5, delayed).drop();
  world.runNow(seconds(20));
  const back = new Client(world, 5, delayed);
  world.runNow(seconds(60));
  expect(world.broker.messages("w")).toHaveLength(0);
  back.drop();
  world.runNow(seconds(29));
  expect(world.broker.messages("w")).toHaveLength(0);
  world.runNow(seconds(2));
  expect(world.broker.messages("w")).toHaveLength(1);
});

test("ends a connection after one and a half times its Keep Alive in silence", () => {
  const world = createWorld({ seed: 1 });
  const client = new Client(world, 4, { keepalive: 10 });
  world.runNow(seconds(14));
  client.say({ cmd: "pingreq" });
  world.runNow(seconds(14));
  expect(client.isOpen).toBe(true);
  world.runNow(seconds(2));
  expect(client.isOpen).toBe(false);
});

test("ends the connection of a client whose identifier another comes with", () => {
  const world = createWorld({ seed: 1 });
  const first = new Client(world, 5);
  new Client(world, 5);
  expect(first.heard()).toEqual(["connack new", "disconnect"]);
  expect(first.isOpen).toBe(false);
});

test("under MQTT 5.0 sends no more under QoS 1 and 2 than the client's Receive Maximum", () => {
  const world = createWorld({ seed: 1 });
  const client = new Client(world, 5, { properties: { receiveMaximum: 1 } }).say(subscribe("#", 2));
  world.broker.publish("a", "1", { qos: 1 });
  world.broker.publish("a", "2", { qos: 2 });
  world.broker.publish("a", "3", { qos: 0 });
  expect(client.heard().slice(2)).toEqual(["publish a 1 1 #1"]);
  expect(client.say({ cmd: "puback", messageId: 1 }).heard()).toEqual(["publish a 2 2 #2", "publish a 3 0"]);
  client.say({ cmd: "pubrec", messageId: 2 }).say({ cmd: "pubcomp", messageId: 2 });
  expect(client.heard()).toEqual(["pubrel #2"]);
});

test("under MQTT 5.0 drops a message that has expired before it could be sent", () => {
  const world = createWorld({ seed: 1 });
  const keeps = { clean: false, properties: { sessionExpiryInterval: 3_600 } };
  new Client(world, 5, keeps).say(subscribe("#", 1)).drop();
  world.broker.publish("a", "soon", { qos: 1, expiryS: 30 });
  world.broker.publish("a", "late", { qos: 1, expiryS: 600 });
  world.runNow(minutes(1));
  const back = new Client(world, 5, keeps);
  const [, publish] = back.packets;
  expect(publish).toMatchObject({ cmd: "publish", properties: { messageExpiryInterval: 540 } });
  expect(back.packets).toHaveLength(2);
});

test("keeps a retained message for whoever subscribes later", () => {
  const world = createWorld({ seed: 1 });
  world.broker.publish("a/b", "kept", { retain: true });
  world.broker.publish("a/c", "gone", { retain: true });
  world.broker.publish("a/c", "", { retain: true });
  const client = new Client(world, 4).say(subscribe("a/#", 0));
  expect(client.heard()).toEqual(["connack new", "suback #9", "publish a/b kept 0 retain"]);
});

test("hears nothing but CONNECT first, and that once", () => {
  const world = createWorld({ seed: 1 });
  const complaints: string[] = [];
  world.broker.observers.push({ onComplaint: (_, what) => complaints.push(what) });
  const client = new Client(world, 4);
  client.say({ cmd: "connect", clientId: "c", clean: true, keepalive: 0 });
  expect(client.isOpen).toBe(false);
  expect(complaints).toEqual(["sends CONNECT a second time"]);
});
