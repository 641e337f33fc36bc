import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { Authority } from "./certificates.ts";
import { ID, labTest } from "./lab.ts";
import type { Mosquitto } from "./mosquitto.ts";
import { TARGETS } from "./nodes.ts";
import type { Observer, Reading } from "./observer.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const STATUS = `sensor/${ID}/status`;
/** What Mosquitto says of a client whose CONNECT it took. */
const ACCEPTED = new RegExp(`^New client connected from \\S+ as ${ID} `);
/** Of the node's random delays: its first attempts follow each other quickly. */
const SEED = 1523;
const PASSWORD = "open-sesame";

const authority = new Authority();
const server = authority.issue("localhost", { subjectAltName: "DNS:localhost,IP:127.0.0.1" });
const client = authority.issue("attic");
const ca = authority.ca;

function accepted(broker: Mosquitto): string[] {
  return broker.log.entries.filter((line) => ACCEPTED.test(line));
}

/** Sequence numbers in the order in which they first arrived. */
function arrivals(readings: readonly Reading[]): number[] {
  return [...new Set(readings.map(({ seq }) => seq))];
}

/** Waits for a reading that was taken after `unixMs`, and for everything before it. */
async function readingsUntil(observer: Observer, unixMs: number): Promise<Reading[]> {
  await observer.messages.first("reading of later", ({ topic, payload }) => {
    return topic === TEMPERATURE && (JSON.parse(payload) as Reading).time > unixMs;
  });
  return observer.readings(TEMPERATURE);
}

describe.each(TARGETS)("over TLS, a node under $name", (target) => {
  const test = labTest(target);

  test("publishes to Mosquitto, whose certificate is of the authority that it trusts", async (lab) => {
    const broker = await lab.mosquitto({ tls: server });
    const observer = await lab.observer(broker);
    // A machine that stalls for an interval makes the node miss a reading, and rightly warn of it: an interval of a second.
    const settings = { brokers: [`mqtts://localhost:${broker.tlsPort}`], tls: { ca }, intervalMs: 1_000 };
    const node = await lab.node(broker, settings);
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    expect(observer.payloads(TEMPERATURE)[0]).toBe('{"msg":"17.2"}');
    await node.stop();
    await observer.catchUp();
    expect(observer.payloads(STATUS)).toEqual(["online", "offline"]);
    expect(node.log.entries.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });

  test("reaches it at an address that is in its certificate", async (lab) => {
    const broker = await lab.mosquitto({ tls: server });
    const observer = await lab.observer(broker);
    await lab.node(broker, { brokers: [`mqtts://127.0.0.1:${broker.tlsPort}`], tls: { ca } });
    expect((await observer.on(TEMPERATURE)).payload).toBe('{"msg":"17.2"}');
  });

  test("obeys commands, and takes packets of every size", async (lab) => {
    const broker = await lab.mosquitto({ tls: server });
    const observer = await lab.observer(broker);
    await lab.node(broker, { module: "commands", brokers: [`mqtts://localhost:${broker.tlsPort}`], tls: { ca } });
    await observer.messages.all(2, "readings", ({ topic }) => topic === TEMPERATURE);
    // More than a record of TLS and than the node's memory; it is passed over.
    await observer.publish(`sensor/${ID}/cmd/led`, "x".repeat(100_000));
    await observer.publish(`sensor/${ID}/cmd/led`, "1");
    await observer.messages.first("result", ({ topic, payload }) => {
      return topic === `sensor/${ID}/cmd/led/result` && payload === '{"result":0}';
    });
    expect(accepted(broker)).toHaveLength(1);
  });

  test("is known by its certificate where the broker requires one", async (lab) => {
    const broker = await lab.mosquitto({
      mutualTls: { ...server, ca },
      users: { observer: "watching" },
      acl: ["user observer", "topic readwrite #", "user attic", "topic write sensor/#"],
    });
    const observer = await lab.observer(broker, { username: "observer", password: "watching" });
    await lab.node(broker, { brokers: [`mqtts://localhost:${broker.mutualTlsPort}`], tls: { ca, ...client } });
    // Only that user may publish this.
    expect((await observer.on(TEMPERATURE)).payload).toBe('{"msg":"17.2"}');
    expect(accepted(broker)[0]).toContain("u'attic'");
  });

  test("is refused without a certificate where the broker requires one", async (lab) => {
    const broker = await lab.mosquitto({ mutualTls: { ...server, ca } });
    const node = await lab.node(broker, {
      brokers: [`mqtts://localhost:${broker.mutualTlsPort}`],
      tls: { ca },
      seed: SEED,
    });
    await node.log.all(2, "refused links", ({ text }) => text.startsWith("link closed: "));
    expect(accepted(broker)).toEqual([]);
    expect(node.said("online")).toBe(0);
  });

  test("is refused with a certificate of another authority", async (lab) => {
    const broker = await lab.mosquitto({ mutualTls: { ...server, ca } });
    const node = await lab.node(broker, {
      brokers: [`mqtts://localhost:${broker.mutualTlsPort}`],
      tls: { ca, ...new Authority("another").issue("attic") },
      seed: SEED,
    });
    await node.log.all(2, "refused links", ({ text }) => text.startsWith("link closed: "));
    expect(accepted(broker)).toEqual([]);
    expect(node.said("online")).toBe(0);
  });

  test("loses no reading across a restart of the broker", async (lab) => {
    const broker = await lab.mosquitto({ tls: server });
    const observer = await lab.observer(broker, { persistent: true });
    const node = await lab.node(broker, {
      module: "commands",
      brokers: [`mqtts://localhost:${broker.tlsPort}`],
      tls: { ca },
      seed: SEED,
    });
    await observer.messages.all(3, "readings", ({ topic }) => topic === TEMPERATURE);
    await broker.stop();
    const awayFrom = Date.now();
    // The lost link, and two attempts in vain.
    await node.log.all(3, "lost links", ({ text }) => text.startsWith("link closed"));
    await broker.start();
    const backAt = Date.now();
    const readings = await readingsUntil(observer, backAt + 500);
    const seen = arrivals(readings);
    expect(seen).toEqual(seen.map((_, index) => index));
    expect(readings.filter(({ time }) => time > awayFrom && time < backAt).length).toBeGreaterThan(3);
    expect(node.said("readings dropped")).toBe(0);
    expect(accepted(broker)).toHaveLength(2);
  });

  for (const [what, tls, why] of [
    ["of another authority", { ca: new Authority("another").ca }, /self-signed certificate in certificate chain/],
    ["for another name", { ca, servername: "elsewhere.example" }, /hostname mismatch/],
  ] as const) {
    test(`says clearly that a certificate is ${what}, and sends no CONNECT`, async (lab) => {
      const broker = await lab.mosquitto({ tls: server });
      const node = await lab.node(broker, {
        brokers: [`mqtts://localhost:${broker.tlsPort}`],
        username: "node",
        password: PASSWORD,
        tls,
        seed: SEED,
      });
      const lines = await node.log.all(2, "warnings that say why", ({ text }) => why.test(text));
      for (const { level, text } of lines) {
        expect(level).toBe("warn");
        expect(text).toMatch(new RegExp(`^no connection to mqtts://localhost:${broker.tlsPort}: `));
      }
      await node.log.all(2, "closed links", ({ text }) => text === "link closed: -15");
      expect(accepted(broker)).toEqual([]);
      expect(`${node.log}`).not.toContain(PASSWORD);
    });
  }

  test("says clearly that a certificate has expired", async (lab) => {
    const expired = authority.issue("localhost", { subjectAltName: "DNS:localhost", expired: true });
    const broker = await lab.mosquitto({ tls: expired });
    const node = await lab.node(broker, { brokers: [`mqtts://localhost:${broker.tlsPort}`], tls: { ca } });
    expect(await node.says("certificate has expired")).toMatchObject({ level: "warn" });
    await node.says("link closed: -15");
    expect(accepted(broker)).toEqual([]);
  });

  test("warns loudly of --insecure with each link", async (lab) => {
    const broker = await lab.mosquitto({ tls: new Authority("another").issue("elsewhere") });
    const observer = await lab.observer(broker);
    const node = await lab.node(broker, {
      brokers: [`mqtts://localhost:${broker.tlsPort}`],
      tls: { insecure: true },
      seed: SEED,
    });
    await observer.on(TEMPERATURE);
    await broker.kill();
    await node.says("link closed");
    await broker.start();
    await node.log.all(2, "connections", ({ text }) => text === "online");
    const warnings = node.log.entries.filter(({ text }) => /insecure/i.test(text));
    expect(warnings.map(({ level }) => level)).toEqual(["warn", "warn"]);
  });

  test("logs in with its password, and does not insist on a wrong one", async (lab) => {
    const broker = await lab.mosquitto({ tls: server, users: { node: PASSWORD, observer: "watching" } });
    const observer = await lab.observer(broker, { username: "observer", password: "watching" });
    const options = { brokers: [`mqtts://localhost:${broker.tlsPort}`], tls: { ca }, username: "node" };
    const wrong = await lab.node(broker, { ...options, id: "8", password: "0pen-sesam3" });
    const right = await lab.node(broker, { ...options, password: PASSWORD });
    expect((await observer.on(TEMPERATURE)).payload).toBe('{"msg":"17.2"}');
    expect(await wrong.says("broker refuses: 5")).toMatchObject({ level: "error" });
    await sleep(2_000);
    expect(wrong.said("broker refuses")).toBe(1);
    expect(`${right.log}${wrong.log}`).not.toMatch(/open-sesame|0pen-sesam3/);
  });
});
