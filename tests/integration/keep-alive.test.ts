import { beforeAll, expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { compileVariant, proves } from "./nodes.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;

const KEEP_ALIVE_MS = 5_000;
/** PINGREQ goes out after three quarters of the Keep Alive (assembly/node/online.ts). */
const PING_MS = 3_750;
/** The node looks so often whether the broker still answers, and gives it up at the second look that finds it silent. */
const RESPONSE_MS = 10_000;
/** Readings are as good as PINGREQ, though only each look tells that they went out: this leaves time for two. */
const LONG_KEEP_ALIVE_S = 27;
const LONG_PING_MS = 20_250;
/** What a busy machine may add. */
const SLACK_MS = 700;

describeCases("the keep alive of a node", ({ target, version }) => {
  const test = labTest(target, version);
  let module: string;
  let patient: string;
  beforeAll(async () => {
    module = await compileVariant("commands", `NODE_KEEP_ALIVE_S=${KEEP_ALIVE_MS / 1_000}`, ...version.use);
    patient = await compileVariant("temperature", `NODE_KEEP_ALIVE_S=${LONG_KEEP_ALIVE_S}`, ...version.use);
  });

  test(`${proves(version, "[MQTT-3.1.2-23] [MQTT-3.1.2-24]", "[MQTT-3.1.2-20] [MQTT-3.1.2-22]")}is a PINGREQ on schedule while the node has nothing to say`, async (lab) => {
    const broker = await lab.mosquitto();
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { module, intervalMs: 3_600_000 });
    await proxy.packets.all(3, "PINGRESPs", ({ packet }) => packet.cmd === "pingresp", { withinMs: 15_000 });
    const connect = proxy.packets.entries[0]?.packet;
    expect(connect).toMatchObject({ keepalive: KEEP_ALIVE_MS / 1_000 });
    const sent = proxy.packets.entries.filter(({ from }) => from === "node");
    for (const [index, { packet, atMs }] of sent.entries()) {
      if (packet.cmd !== "pingreq") continue;
      const silenceMs = atMs - (sent[index - 1]?.atMs ?? 0);
      expect(silenceMs).toBeGreaterThan(PING_MS / 2);
      expect(silenceMs).toBeLessThan(KEEP_ALIVE_MS);
    }
    expect(proxy.connections).toHaveLength(1);
  });

  test("needs no PINGREQ while readings go out often enough", async (lab) => {
    const broker = await lab.mosquitto();
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { module: patient, intervalMs: 1_000 });
    const seconds = Math.ceil(LONG_PING_MS / 1_000) + 1;
    const withinMs = (seconds + 3) * 1_000;
    await proxy.packets.all(seconds, "PUBACKs", ({ packet }) => packet.cmd === "puback", { withinMs });
    expect(proxy.packets.count(({ packet }) => packet.cmd === "pingreq")).toBe(0);
  });

  test("notices a broker that falls silent while readings are in flight, and connects again", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module, intervalMs: 1_000 });
    await observer.on(TEMPERATURE);
    const silentAt = performance.now();
    const from = observer.messages.end;
    proxy.current.fallSilent();
    await node.says("link closed: -12", 0, 25_000);
    const noticedMs = performance.now() - silentAt;
    expect(noticedMs).toBeGreaterThan(RESPONSE_MS - SLACK_MS);
    expect(noticedMs).toBeLessThan(2 * RESPONSE_MS + SLACK_MS);
    // The window is 8; the rest waits in the queue. None of them is lost.
    const readings = await observer.messages.all(20, "readings", ({ topic }) => topic === TEMPERATURE, { from });
    const sequences = readings.map(({ payload }) => JSON.parse(payload).seq as number);
    expect(new Set(sequences).size).toBe(20);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
    expect(await proxy.connack(1)).toMatchObject({ sessionPresent: true });
  });

  test("[MQTT-3.12.4-1] notices a broker that falls silent while nothing is in flight, and connects again", async (lab) => {
    const broker = await lab.mosquitto();
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module, intervalMs: 3_600_000 });
    await proxy.packets.first("PUBACK", ({ packet }) => packet.cmd === "puback");
    const silentAt = performance.now();
    proxy.current.fallSilent();
    await node.says("link closed: -12", 0, 27_000);
    const noticedMs = performance.now() - silentAt;
    expect(noticedMs).toBeGreaterThan(PING_MS + RESPONSE_MS - SLACK_MS);
    expect(noticedMs).toBeLessThan(PING_MS + 2 * RESPONSE_MS + SLACK_MS);
    expect(proxy.packets.count(({ connection, packet }) => connection === 0 && packet.cmd === "pingreq")).toBe(1);
    expect(await proxy.connack(1)).toMatchObject({ sessionPresent: true });
  });

  test("gives up on a server that takes the connection and says nothing", async (lab) => {
    const server = await lab.fakeBroker(({ connection, packet }, link) => {
      if (connection > 0) link.behave(packet);
    });
    const node = await lab.node(server);
    await server.received.first("CONNECT", ({ packet }) => packet.cmd === "connect");
    const silentAt = performance.now();
    await node.says("link closed: -12", 0, 15_000);
    expect(performance.now() - silentAt).toBeGreaterThan(RESPONSE_MS - SLACK_MS);
    expect(performance.now() - silentAt).toBeLessThan(RESPONSE_MS + SLACK_MS);
    await server.received.first("second connection", ({ connection, packet }) => {
      return connection === 1 && packet.cmd === "publish";
    });
  });
});
