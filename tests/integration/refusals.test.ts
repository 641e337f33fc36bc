import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { ID, labTest } from "./lab.ts";
import { TARGETS } from "./nodes.ts";

const STATUS = `sensor/${ID}/status`;
const TEMPERATURE = `sensor/${ID}/temperature`;

const OBSERVER = { username: "observer", password: "watching" } as const;
const USERS = { observer: OBSERVER.password, node: "open-sesame" } as const;
const WRONG = "0pen-sesam3";

/** Long enough for several attempts of a node that takes a refusal for an outage: they begin within 1, 2 and 4 seconds. */
const PATIENCE_MS = 5_000;

describe.each(TARGETS)("MQTT 3.1.1: a node under $name", (target) => {
  const test = labTest(target);

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
    expect(packet).toMatchObject({ returnCode: 5, sessionPresent: false });
    expect(await node.says("broker refuses: 5")).toMatchObject({ level: "error" });
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
    expect(packet).toMatchObject({ returnCode: 5 });
    await node.says("broker refuses: 5");
    await sleep(PATIENCE_MS);
    expect(proxy.connections).toHaveLength(1);
  });

  test("tries again soon only after a refusal that mends itself", async (lab) => {
    const broker = await lab.fakeBroker(({ client, packet }, link) => {
      if (packet.cmd !== "connect") return;
      link.send({ cmd: "connack", returnCode: Number(client), sessionPresent: false });
      link.end();
    });
    const codes = [1, 2, 3, 4, 5];
    const nodes = await Promise.all(codes.map((code) => lab.node(broker, { id: String(code), seed: code })));
    for (const node of nodes) await node.says(`broker refuses: ${node.id}`);
    await sleep(PATIENCE_MS);
    for (const code of [1, 2, 4, 5]) expect(broker.attempts(String(code)), `return code ${code}`).toHaveLength(1);
    expect(broker.attempts("3").length).toBeGreaterThan(1);
    expect(broker.attempts("3").length).toBeLessThan(8);
  });

  test("[MQTT-3.3.5-2] goes on when the broker keeps its readings from everybody", async (lab) => {
    const broker = await lab.mosquitto({
      users: USERS,
      acl: ["user observer", "topic readwrite #", "user node", `topic write ${STATUS}`],
    });
    const observer = await lab.observer(broker, OBSERVER);
    const proxy = await lab.proxy(broker);
    await lab.node(proxy, { intervalMs: 100, username: "node", password: USERS.node });
    // MQTT 3.1.1 has no way to say so: they are acknowledged all the same.
    await proxy.packets.all(10, "PUBACKs", ({ packet }) => packet.cmd === "puback");
    await observer.catchUp();
    expect(observer.payloads(TEMPERATURE)).toEqual([]);
    expect(observer.payloads(STATUS)).toEqual(["online"]);
    expect(proxy.connections).toHaveLength(1);
    expect(proxy.published(TEMPERATURE).some(({ dup }) => dup)).toBe(false);
  });

  test("[MQTT-3.8.4-5] logs a subscription that the broker refuses, and goes on", async (lab) => {
    const broker = await lab.mosquitto({ refusedFilters: [`sensor/${ID}/cmd/+`] });
    const observer = await lab.observer(broker);
    const proxy = await lab.proxy(broker);
    const node = await lab.node(proxy, { module: "commands" });
    expect(await node.says("subscription refused")).toMatchObject({ level: "error" });
    const subacks = await proxy.packets.all(2, "SUBACKs", ({ packet }) => packet.cmd === "suback");
    expect(subacks.map(({ packet }) => packet)).toMatchObject([{ granted: [0x80] }, { granted: [1] }]);
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    expect(node.said("subscription refused")).toBe(1);
    expect(proxy.connections).toHaveLength(1);
    // The other subscription holds.
    await observer.publish("house/attic/alarm", "on");
    await node.says("actuator 0 = 1");
  });
});
