import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { describeCases, ID, labTest } from "./lab.ts";
import { proves } from "./nodes.ts";

const STATUS = `sensor/${ID}/status`;
const TEMPERATURE = `sensor/${ID}/temperature`;

const OBSERVER = { username: "observer", password: "watching" } as const;
const USERS = { observer: OBSERVER.password, node: "open-sesame" } as const;
/** The Reason Code of 5.0. */
const NOT_AUTHORIZED = 0x87;
const WRONG = "0pen-sesam3";

/** Long enough for several attempts of a node that takes a refusal for an outage: they begin within 1, 2 and 4 seconds. */
const PATIENCE_MS = 5_000;

describeCases("a node", ({ target, version }) => {
  const test = labTest(target, version);
  const isFive = version.level === 5;
  /** CONNACK says that the node is not authorised. */
  const refusal = isFive ? NOT_AUTHORIZED : 5;

  test("logs in with its user name and password, which its log does not show", async (lab) => {
    const broker = await lab.mosquitto({ users: USERS });
    const observer = await lab.observer(broker, OBSERVER);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { username: "node", password: USERS.node });
    expect((await observer.on(TEMPERATURE)).payload).toBe('{"msg":"17.2"}');
    const { packet } = await proxy.sees("node", "connect");
    expect(packet).toMatchObject({ username: "node", password: Buffer.from(USERS.node) });
    expect(`${node.log}`).not.toContain(USERS.node);
    // What the log hid was not said in the first place.
    expect(`${node.log}`).not.toContain("***");
  });

  test("does not insist on a wrong password", async (lab) => {
    const broker = await lab.mosquitto({ users: USERS });
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { username: "node", password: WRONG });
    const { packet } = await proxy.sees("broker", "connack");
    expect(packet).toMatchObject({ [isFive ? "reasonCode" : "returnCode"]: refusal, sessionPresent: false });
    expect(await node.says(`broker refuses: ${refusal}`)).toMatchObject({ level: "error" });
    await sleep(PATIENCE_MS);
    expect(proxy.connections).toHaveLength(1);
    expect(node.said("broker refuses")).toBe(1);
    expect(`${node.log}`).not.toContain(WRONG);
    expect(`${node.log}`).not.toContain("***");
    expect(proxy.published(STATUS), "it is not online").toEqual([]);
  });

  test("does not insist where it is not authorised", async (lab) => {
    const broker = await lab.mosquitto({ users: USERS });
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy);
    const { packet } = await proxy.sees("broker", "connack");
    expect(packet).toMatchObject({ [isFive ? "reasonCode" : "returnCode"]: refusal });
    await node.says(`broker refuses: ${refusal}`);
    await sleep(PATIENCE_MS);
    expect(proxy.connections).toHaveLength(1);
  });

  // Server unavailable; under 5.0 also an unspecified error, and a server that is busy.
  const mending = isFive ? [0x80, 0x88, 0x89] : [3];
  const codes = isFive ? [...mending, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x97, 0x9f] : [1, 2, 3, 4, 5];

  test("tries again soon only after a refusal that mends itself", async (lab) => {
    const broker = await lab.fakeBroker(({ client, packet }, link) => {
      if (packet.cmd !== "connect") return;
      link.refuse(Number(client));
      link.end();
    });
    const nodes = await Promise.all(codes.map((code) => lab.node(broker, { id: String(code), seed: code })));
    for (const node of nodes) await node.says(`broker refuses: ${node.id}`);
    await sleep(PATIENCE_MS);
    for (const code of codes) {
      const attempts = broker.attempts(String(code)).length;
      if (!mending.includes(code)) expect(attempts, `code ${code}`).toBe(1);
      else expect(attempts, `code ${code}`).toBeGreaterThan(1);
      expect(attempts).toBeLessThan(8);
    }
  });

  test(`${proves(version, "[MQTT-3.3.5-2]", "[MQTT-4.4.0-2]")}goes on when the broker keeps its readings from everybody`, async (lab) => {
    const broker = await lab.mosquitto({
      users: USERS,
      acl: ["user observer", "topic readwrite #", "user node", `topic write ${STATUS}`],
    });
    const observer = await lab.observer(broker, OBSERVER);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { intervalMs: 100, username: "node", password: USERS.node });
    const pubacks = await proxy.packets.all(10, "PUBACKs", ({ packet }) => packet.cmd === "puback");
    // MQTT 3.1.1 has no way to say so: they are acknowledged all the same. Under 5.0 the node hears and says it.
    const isRefused = pubacks.map(({ packet }) => "reasonCode" in packet && packet.reasonCode === NOT_AUTHORIZED);
    expect(new Set(isRefused)).toEqual(new Set([isFive]));
    if (isFive) await node.log.all(10, "refusals", ({ text }) => text === `refused: ${NOT_AUTHORIZED}`);
    else expect(node.said("refused")).toBe(0);
    await observer.catchUp();
    expect(observer.payloads(TEMPERATURE)).toEqual([]);
    expect(observer.payloads(STATUS)).toEqual(["online"]);
    expect(proxy.connections).toHaveLength(1);
    expect(proxy.published(TEMPERATURE).some(({ dup }) => dup)).toBe(false);
  });

  test(`${proves(version, "[MQTT-3.8.4-5]", "[MQTT-3.8.4-7]")}logs a subscription that the broker refuses, and goes on`, async (lab) => {
    const broker = await lab.mosquitto({ refusedFilters: [`sensor/${ID}/cmd/+`] });
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands" });
    expect(await node.says("subscription refused")).toMatchObject({ level: "error" });
    const subacks = await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
    expect(subacks.map(({ packet }) => packet)).toMatchObject([
      { granted: [isFive ? NOT_AUTHORIZED : 0x80] },
      { granted: [1] },
    ]);
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    expect(node.said("subscription refused")).toBe(1);
    expect(proxy.connections).toHaveLength(1);
    // The other subscription holds.
    await observer.publish("house/attic/alarm", "on");
    await node.says("actuator 0 = 1");
  });
});
