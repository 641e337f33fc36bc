import type { IPublishPacket } from "mqtt-packet";
import { beforeAll, expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { compileVariant, proves, type Target, type TestNode } from "./nodes.ts";
import type { Observer, Reading } from "./observer.ts";
import type { FaultyProxy } from "./proxy.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
/** Readings that examples/commands keeps. */
const CAPACITY = 32;
/** Of the node's random delays, so that an outage is as long in each run: 0.4, 1.1, 1.5 and 2.4 seconds. */
const SEED = 1523;

/** Sequence numbers in the order in which they first arrived. */
function arrivals(readings: readonly Reading[]): number[] {
  return [...new Set(readings.map(({ seq }) => seq))];
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, index) => index);
}

function sequence(payload: string | Buffer): number {
  return (JSON.parse(payload.toString("utf-8")) as Reading).seq;
}

/** Waits for a reading that was taken after `unixMs`, and for everything before it. */
async function readingsUntil(observer: Observer, unixMs: number): Promise<Reading[]> {
  await observer.messages.first("reading of later", ({ topic, payload }) => {
    return topic === TEMPERATURE && (JSON.parse(payload) as Reading).time > unixMs;
  });
  return observer.readings(TEMPERATURE);
}

/** Packet identifiers of the readings that the node sent on a connection and got no PUBACK for, in order. */
function unacknowledged(proxy: FaultyProxy, connection: number): (number | undefined)[] {
  const acknowledged = proxy.packets.entries
    .filter((entry) => entry.connection === connection && entry.packet.cmd === "puback" && !entry.lost)
    .map(({ packet }) => packet.messageId);
  return proxy
    .published(TEMPERATURE, connection)
    .map(({ messageId }) => messageId)
    .filter((messageId) => !acknowledged.includes(messageId));
}

/**
 * How many readings may be on their way when a link breaks, and reach nobody, but come again with DUP: one in the serial
 * line of a board that learns of the break at its other end.
 */
function onTheirWay({ engine }: Target): number {
  return engine === "rv32" ? 1 : 0;
}

/** On this connection these readings came again with DUP, and at most `more` that nobody has seen before. */
function expectResent(
  proxy: FaultyProxy,
  connection: number,
  unsettled: readonly (number | undefined)[],
  more: number,
): void {
  const again = proxy.published(TEMPERATURE, connection).filter(({ dup }) => dup);
  expect(again.slice(0, unsettled.length).map(({ messageId }) => messageId)).toEqual(unsettled);
  expect(again.length).toBeLessThanOrEqual(unsettled.length + more);
}

/** The number of the last connection that the broker accepted. */
function lastAccepted(proxy: FaultyProxy): number {
  const last = proxy.packets.entries.findLast(({ packet }) => packet.cmd === "connack");
  return last?.connection ?? -1;
}

/** Loses PUBACKs until some readings are in flight. */
async function holdAcknowledgements(proxy: FaultyProxy, count: number): Promise<void> {
  const from = proxy.packets.end;
  proxy.faults.lose = ({ cmd }) => cmd === "puback";
  await proxy.packets.all(count, "lost PUBACKs", ({ lost }) => lost, { from });
}

/** The first line of `readings dropped` that says at least so many. */
async function dropped(node: TestNode, atLeast: number): Promise<void> {
  await node.log.first(`${atLeast} dropped readings`, ({ text }) => droppedIn(text) >= atLeast);
}

/** How many readings the node says it has dropped, before entry `end` of its log. */
function droppedBy(node: TestNode, end = node.log.end): number {
  return Math.max(...node.log.entries.slice(0, end).map(({ text }) => droppedIn(text)));
}

function droppedIn(text: string): number {
  return Number(text.match(/^readings dropped: (\d+)$/)?.[1] ?? 0);
}

describeCases("readings of a node", ({ target, version }) => {
  const test = labTest(target, version);
  let dropsNewest: string;
  beforeAll(async () => {
    dropsNewest = await compileVariant("commands", "NODE_DROP_OLDEST=0", ...version.use);
  });

  test("are all delivered, in order, across a restart of the broker", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { persistent: true });
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands", seed: SEED });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    // Mosquitto 2.0.11 writes no session to its disk that began with Clean Start 1, which is how one begins under 5.0.
    proxy.current.cut();
    await node.log.all(2, "connections", ({ text }) => text === "online");
    const first = lastAccepted(proxy);
    const closed = node.said("link closed");
    await holdAcknowledgements(proxy, 3);
    await broker.stop();
    const awayFrom = Date.now();
    // The lost link, and two attempts in vain.
    await node.log.all(closed + 3, "lost links", ({ text }) => text.startsWith("link closed"));
    proxy.faults.lose = () => false;
    await broker.start();
    const backAt = Date.now();

    const readings = await readingsUntil(observer, backAt + 500);
    const seen = arrivals(readings);
    expect(seen).toEqual(upTo(seen.length));
    expect(readings.filter(({ time }) => time > awayFrom && time < backAt).length).toBeGreaterThan(3);
    expect(node.said("readings dropped")).toBe(0);

    const last = lastAccepted(proxy);
    expect(await proxy.connack(last)).toMatchObject({ sessionPresent: true });
    const redelivered = unacknowledged(proxy, first);
    expect(redelivered.length).toBeGreaterThanOrEqual(3);
    expectResent(proxy, last, redelivered, onTheirWay(target));
  });

  test(`${proves(version, "[MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-2.3.1-3]", "[MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.3.2-3]")}are sent again with DUP and the same identifier when their PUBACKs were lost`, async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { module: "commands", intervalMs: 100 });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    await holdAcknowledgements(proxy, 4);
    const redelivered = unacknowledged(proxy, 0);
    const before = proxy.published(TEMPERATURE, 0);
    proxy.current.cut();
    proxy.faults.lose = () => false;

    expect(await proxy.connack(1)).toMatchObject({ sessionPresent: true });
    const readings = await readingsUntil(observer, Date.now() + 300);
    const after = proxy.published(TEMPERATURE, 1);
    const again = after.slice(0, redelivered.length);
    expect(again.map(({ messageId, dup }) => ({ messageId, dup }))).toEqual(
      redelivered.map((messageId) => ({ messageId, dup: true })),
    );
    expect(again.map(({ payload }) => payload.toString())).toEqual(
      before.slice(-redelivered.length).map(({ payload }) => payload.toString()),
    );
    expect(after.slice(redelivered.length + onTheirWay(target)).some(({ dup }) => dup)).toBe(false);
    const seen = arrivals(readings);
    expect(seen).toEqual(upTo(seen.length));
    expect(readings.length, "the broker had them already and delivers them twice").toBeGreaterThan(seen.length);
  });

  test(`${proves(version, "[MQTT-3.2.2-3]", "[MQTT-3.2.2-5]")}go out again without DUP to a broker that has lost everything, and so does SUBSCRIBE`, async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { module: "commands", seed: SEED });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    await holdAcknowledgements(proxy, 3);
    await broker.kill();
    const unsettled = proxy
      .published(TEMPERATURE, 0)
      .filter(({ messageId }) => unacknowledged(proxy, 0).includes(messageId))
      .map(({ payload }) => sequence(payload));
    proxy.faults.lose = () => false;
    const from = proxy.packets.end;
    await broker.start();

    const { packet } = await proxy.sees("broker", "connack", { from });
    expect(packet).toMatchObject({ sessionPresent: false });
    await proxy.packets.all(2, "SUBACKs", (entry) => entry.packet.cmd === "suback", { from });
    await proxy.packets.all(6, "PUBACKs", (entry) => entry.packet.cmd === "puback", { from });
    const published = proxy.published(TEMPERATURE, lastAccepted(proxy));
    expect(published.slice(0, unsettled.length).map(({ payload }) => sequence(payload))).toEqual(unsettled);
    expect(published.some(({ dup }) => dup)).toBe(false);
    const sequences = published.map(({ payload }) => sequence(payload));
    expect(sequences).toEqual(upTo(sequences.length).map((index) => index + (unsettled[0] ?? 0)));
  });

  test("survive a link that breaks in the middle of a PUBLISH, and of a PUBACK", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { persistent: true });
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { module: "commands", seed: SEED });
    await observer.messages.all(2, "readings", ({ topic }) => topic === TEMPERATURE);
    // Torn in the topic: the broker never has it, so it is no duplicate there.
    proxy.faults.tear = ({ cmd }, from) => (cmd === "publish" && from === "node" ? 12 : undefined);
    await proxy.current.gone();
    proxy.faults.tear = () => undefined;
    await proxy.connack(1);
    await proxy.packets.first("PUBACK", (entry) => entry.connection === 1 && entry.packet.cmd === "puback");
    proxy.faults.tear = ({ cmd }) => (cmd === "puback" ? 3 : undefined);
    await proxy.current.gone();
    proxy.faults.tear = () => undefined;
    await proxy.connack(2);

    const readings = await readingsUntil(observer, Date.now() + 500);
    const seen = arrivals(readings);
    expect(seen).toEqual(upTo(seen.length));
    for (const connection of [1, 2]) {
      const unsettled = unacknowledged(proxy, connection - 1);
      expect(unsettled.length).toBeGreaterThan(0);
      expectResent(proxy, connection, unsettled, onTheirWay(target));
    }
    // What the proxy had passed on whole, the broker delivered: once for each time that it got it.
    const passedOn = proxy.packets.entries.filter(({ topic, lost }) => topic === TEMPERATURE && !lost);
    const came = readings.map(({ seq }) => seq);
    const sent = passedOn.map(({ packet }) => sequence((packet as IPublishPacket).payload));
    expect(came).toEqual(sent.slice(0, came.length));
    expect(readings.length, "the reading whose PUBACK was torn came twice").toBeGreaterThan(seen.length);
  });

  test("drop the oldest when the queue overflows, and the log counts them", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { persistent: true });
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands", intervalMs: 100, seed: SEED });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    await holdAcknowledgements(proxy, 3);
    await broker.stop();
    proxy.faults.lose = () => false;
    await dropped(node, 5);
    await broker.start();
    await node.log.all(2, "connections", ({ text }) => text === "online");
    const readings = await readingsUntil(observer, Date.now() + 300);
    const seen = arrivals(readings);
    const missing = upTo(seen.length + droppedBy(node)).filter((seq) => !seen.includes(seq));
    expect(seen).toEqual(upTo(seen.length + missing.length).filter((seq) => !missing.includes(seq)));
    expect(missing).toHaveLength(droppedBy(node));
    // All that ever went out before the outage arrives, for the broker may count on what it may have seen; then comes a gap. Where
    // the node comes back just as a reading is due, it drops another one behind those that have just left.
    const gap = proxy.published(TEMPERATURE, 0).length;
    const whileAway = droppedBy(
      node,
      node.log.entries.findLastIndex(({ text }) => text === "online"),
    );
    expect(missing.slice(0, whileAway)).toEqual(upTo(whileAway).map((index) => gap + index));
  });

  test("drop the newest instead, if that was chosen at compile time", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { persistent: true });
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: dropsNewest, intervalMs: 100, seed: SEED });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    await holdAcknowledgements(proxy, 3);
    await broker.stop();
    proxy.faults.lose = () => false;
    await dropped(node, 5);
    await broker.start();
    await node.log.all(2, "connections", ({ text }) => text === "online");
    const readings = await readingsUntil(observer, Date.now() + 300);
    const seen = arrivals(readings);
    const gap = proxy.published(TEMPERATURE, 0).length - unacknowledged(proxy, 0).length + CAPACITY;
    const lost = droppedBy(node);
    expect(seen).toEqual([...upTo(gap), ...upTo(seen.length - gap).map((index) => gap + lost + index)]);
  });

  test("wait for a broker that is not there yet", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { persistent: true });
    await broker.stop();
    const node = await lab.node(broker, { module: "commands", seed: SEED });
    await node.log.all(3, "refused links", ({ text }) => text === "link closed: -9");
    await broker.start();
    const startedAt = Date.now();
    const readings = await readingsUntil(observer, startedAt + 300);
    const seen = arrivals(readings);
    expect(seen).toEqual(upTo(seen.length));
    expect(readings.filter(({ time }) => time < startedAt).length).toBeGreaterThan(3);
  });
});
