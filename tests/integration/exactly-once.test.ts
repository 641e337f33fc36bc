import { beforeAll, expect } from "vitest";
import { seededRandom } from "./chance.ts";
import { describeCases, ID, type Lab, labTest } from "./lab.ts";
import type { MosquittoOptions } from "./mosquitto.ts";
import { ENGINE_CASES, proves, type TestNode } from "./nodes.ts";
import type { Observer } from "./observer.ts";
import { commandOf, probe, speak } from "./probe.ts";
import type { FaultyProxy, WirePacket } from "./proxy.ts";
import { isPublish } from "./wire.ts";

const COUNT = `sensor/${ID}/count`;
const WORK = "work/orders";
const MESSAGES = 300;
/** Breaks of the link in a run. The node waits up to 2, 4, 8 and 16 seconds after them. */
const CUTS = 4;
/** All of that, and the messages. */
const WITHIN = { withinMs: 40_000 };
/** Of the node's random delays, so that they end soon. */
const SEED = 1523;

function upTo(end: number): string[] {
  return Array.from({ length: end }, (_, index) => String(index));
}

/** Breaks the link at packets chosen by chance, at a byte chosen by chance, or all at once with what is on its way. */
function breakOften(proxy: FaultyProxy, seed: number): void {
  const random = seededRandom(seed);
  // Of about four packets for each message, so that the last break comes before the end.
  const breaks = new Set(Array.from({ length: CUTS }, (_, cut) => Math.floor((cut + random()) * MESSAGES * 0.8)));
  let packets = 0;
  proxy.faults.tear = () => {
    if (!breaks.has(packets++)) return undefined;
    if (random() < 0.5) setImmediate(() => proxy.current.cut());
    return Math.floor(random() * 8);
  };
}

/** What the node's application was given, in order. */
function given(node: TestNode): string[] {
  return node.log.entries.map(({ text }) => text).filter((text) => /^\d+$/.test(text));
}

/** Publishes numbered messages to the node under QoS 2, no more at a time than Mosquitto takes: it drops the others. */
async function publishNumbers(publisher: Observer, from: number, end: number): Promise<void> {
  for (let at = from; at < end; at += 10) {
    const numbers = upTo(Math.min(at + 10, end)).slice(at);
    await Promise.all(numbers.map((number) => publisher.publish(WORK, number, 2)));
  }
}

/** Mosquitto 2.0.11 writes no session to its disk that began with Clean Start 1: the second connection has none. */
async function connectTwice(proxy: FaultyProxy, node: TestNode): Promise<void> {
  await node.says("online");
  proxy.current.cut();
  await node.log.all(2, "connections", ({ text }) => text === "online");
}

function identifiers(entries: readonly WirePacket[], from: WirePacket["from"], cmd: string): (number | undefined)[] {
  return entries
    .filter((entry) => entry.from === from && entry.packet.cmd === cmd && !entry.lost)
    .map(({ packet }) => packet.messageId);
}

describeCases(
  "exactly once, a node",
  ({ target, version }) => {
    const test = labTest(target, version);
    let module: string;
    let narrow: string;
    beforeAll(async () => {
      // Room for all of them: after a broken link Mosquitto 2.0 has more messages under way than it was allowed.
      module = await probe(`NODE_RECEIVE_MAXIMUM=${MESSAGES}`);
      narrow = await probe();
    });

    /** A node behind a proxy, without readings that matter, and an observer whose session is kept. */
    async function setUp(lab: Lab, options: MosquittoOptions = {}, path = module) {
      const broker = await lab.mosquitto(options);
      const session = { persistent: true, filter: COUNT, qos: 2, protocolVersion: version.level } as const;
      const observer = await lab.observer(broker, session);
      const proxy = await lab.proxy(broker);
      const settings = { module: path, config: speak(version), intervalMs: 3_600_000, seed: SEED };
      const node = await lab.node(proxy, settings);
      await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
      return { broker, observer, proxy, node };
    }

    test(`${proves(version, "[MQTT-4.3.3-1] [MQTT-3.6.1-1]", "[MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6]")}publishes hundreds of messages over a link that breaks at random`, async (lab) => {
      const { observer, proxy } = await setUp(lab);
      breakOften(proxy, version.level);
      await observer.publish(commandOf("count"), String(MESSAGES), 2);
      await observer.messages.all(MESSAGES, "messages", () => true, WITHIN);
      expect(observer.payloads(COUNT)).toEqual(upTo(MESSAGES));
      expect(proxy.connections.length, "the link did break").toBeGreaterThan(CUTS / 2);
      // Once PUBREL is on its way, PUBLISH never is again.
      const released = new Set<number | undefined>();
      for (const { from, packet } of proxy.packets.entries) {
        if (from !== "node" || packet.messageId === undefined) continue;
        if (packet.cmd === "pubrel") released.add(packet.messageId);
        else if (isPublish(packet)) expect(released).not.toContain(packet.messageId);
      }
    });

    test(`${proves(version, "[MQTT-4.3.3-2] [MQTT-4.6.0-3]", "[MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12] [MQTT-4.6.0-3]")}receives hundreds of messages over a link that breaks at random`, async (lab) => {
      const { observer, proxy, node } = await setUp(lab);
      breakOften(proxy, 10 + version.level);
      await publishNumbers(observer, 0, MESSAGES);
      await node.log.all(MESSAGES, "messages", ({ text }) => /^\d+$/.test(text), WITHIN);
      // One more, so that whatever came twice has come.
      await publishNumbers(observer, MESSAGES, MESSAGES + 1);
      await node.log.first("last message", ({ text }) => text === String(MESSAGES), WITHIN);
      expect(given(node)).toEqual(upTo(MESSAGES + 1));
      expect(proxy.connections.length, "the link did break").toBeGreaterThan(CUTS / 2);
      for (const { number } of proxy.connections) {
        const entries = proxy.packets.entries.filter(({ connection }) => connection === number);
        const received = identifiers(entries, "broker", "publish");
        const recorded = identifiers(entries, "node", "pubrec");
        expect(recorded).toEqual(received.slice(0, recorded.length));
      }
    });

    test("receives more messages at a time than it has room for, a part with each connection", async (lab) => {
      // MQTT 3.1.1 has no way to say how many those are, and under 5.0 Mosquitto 2.0 forgets it once a link broke.
      const { observer, proxy, node } = await setUp(lab, { settings: ["max_inflight_messages 60"] }, narrow);
      proxy.faults.lose = ({ cmd }) => cmd === "pubrec" || cmd === "pubrel";
      await publishNumbers(observer, 0, 20);
      await node.log.all(20, "messages", ({ text }) => /^\d+$/.test(text), WITHIN);
      proxy.faults.lose = () => false;
      proxy.current.cut();
      await publishNumbers(observer, 20, 100);
      await node.log.all(100, "messages", ({ text }) => /^\d+$/.test(text), WITHIN);
      expect(given(node)).toEqual(upTo(100));
    });

    test("publishes and receives across restarts of a broker that keeps its sessions", async (lab) => {
      // Beyond its limit, Mosquitto 2.0 takes messages from its disk for never sent, though it had sent PUBREL for them.
      const { broker, observer, proxy, node } = await setUp(lab, { settings: ["max_inflight_messages 1000"] });
      await connectTwice(proxy, node);
      for (const [round, lost] of ["pubrec", "pubcomp", "pubrel"].entries()) {
        const from = proxy.packets.end;
        // Whatever is under way stops half-way, where it is when the broker ends.
        proxy.faults.lose = ({ cmd }) => cmd === lost;
        await observer.publish(commandOf("count"), "50", 2);
        await publishNumbers(observer, 50 * round, 50 * (round + 1));
        await proxy.packets.first(`lost ${lost}`, (entry) => entry.lost, { from });
        await broker.stop();
        proxy.faults.lose = () => false;
        const end = node.log.end;
        await broker.start();
        await node.log.first("connection", ({ text }) => text === "online", { from: end, withinMs: 30_000 });
      }
      await observer.messages.all(150, "messages", () => true, WITHIN);
      await node.log.all(150, "messages", ({ text }) => /^\d+$/.test(text), WITHIN);
      // One more each way, so that whatever came twice has come.
      await publishNumbers(observer, 150, 151);
      await observer.publish(commandOf("count"), "1", 2);
      await observer.messages.first("last message", ({ payload }) => payload === "150", WITHIN);
      await node.says("150");
      expect(observer.payloads(COUNT)).toEqual(upTo(151));
      expect(given(node)).toEqual(upTo(151));
    });

    test(`${proves(version, "[MQTT-3.2.2-3]", "[MQTT-3.2.2-5]")}begins anew with a broker that has lost its sessions, without what that broker had recorded`, async (lab) => {
      const { broker, observer, proxy, node } = await setUp(lab);
      proxy.faults.lose = ({ cmd }, from) => from === "broker" && (cmd === "pubcomp" || cmd === "pubrel");
      await publishNumbers(observer, 0, 10);
      await node.log.all(10, "messages", ({ text }) => /^\d+$/.test(text));
      await observer.publish(commandOf("count"), "20", 2);
      // As many as may be in flight.
      await proxy.packets.all(8, "lost PUBCOMPs", ({ packet, lost }) => lost && packet.cmd === "pubcomp");
      await broker.kill();
      const recorded = identifiers(proxy.packets.entries, "broker", "pubrec");
      const published = proxy.published(COUNT).map(({ messageId }) => messageId);
      proxy.faults.lose = () => false;
      const from = proxy.packets.end;
      await broker.start();
      const subacks = ({ packet }: WirePacket): boolean => packet.cmd === "suback";
      await proxy.packets.all(2, "SUBACKs", subacks, { from, ...WITHIN });
      await proxy.packets.all(20 - recorded.length, "PUBCOMPs", ({ packet }) => packet.cmd === "pubcomp", { from });

      const again = proxy.packets.entries.slice(from).filter(({ topic }) => topic === COUNT);
      expect(again.map(({ packet }) => packet)).toSatisfy((packets: { dup?: boolean }[]) =>
        packets.every(({ dup }) => !dup),
      );
      const unrecorded = published.filter((id) => !recorded.includes(id));
      expect(again.slice(0, unrecorded.length).map(({ packet }) => packet.messageId)).toEqual(unrecorded);
      const numbers = (entries: readonly WirePacket[]): string[] => {
        return entries.map(({ packet }) => (isPublish(packet) ? packet.payload.toString() : ""));
      };
      const before = proxy.packets.entries.slice(0, from).filter(({ topic, packet }) => {
        return topic === COUNT && recorded.includes(packet.messageId);
      });
      expect([...numbers(before), ...numbers(again)]).toEqual(upTo(20));
      // The identifiers of what it had received stand for new messages now.
      await publishNumbers(observer, 10, 20);
      await node.log.all(20, "messages", ({ text }) => /^\d+$/.test(text));
      expect(given(node)).toEqual(upTo(20));
    });
  },
  ENGINE_CASES,
);
