import { describe, expect } from "vitest";
import { Authority } from "../integration/certificates.ts";
import { ID, labTest } from "../integration/lab.ts";
import { ENGINES } from "./targets.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;

const authority = new Authority();
const server = authority.issue("localhost", { subjectAltName: "DNS:localhost" });
const attic = authority.issue("attic");
const ca = authority.ca;

describe.each(ENGINES)("examples/tls under $name", (target) => {
  const test = labTest(target);

  for (const mqtt of ["3.1.1", "5"]) {
    test(`publishes over TLS, and is known by its certificate, in MQTT ${mqtt}`, async (lab) => {
      const broker = await lab.mosquitto({
        mutualTls: { ...server, ca },
        users: { observer: "watching" },
        acl: ["user observer", "topic read #", "user attic", "topic write sensor/#"],
      });
      const observer = await lab.observer(broker, { username: "observer", password: "watching" });
      await lab.node(broker, {
        module: "tls",
        brokers: [`mqtts://localhost:${broker.mutualTlsPort}`],
        tls: { ca, ...attic },
        config: { mqtt },
      });
      // Nobody but the user `attic` may publish this.
      expect((await observer.on(TEMPERATURE)).payload).toBe('{"msg":"17.2"}');
    });
  }

  test("sends nothing to a server that it can't trust, and says why", async (lab) => {
    const broker = await lab.mosquitto({ tls: server });
    const node = await lab.node(broker, {
      module: "tls",
      brokers: [`mqtts://localhost:${broker.tlsPort}`],
      tls: { ca: new Authority("another").ca },
    });
    expect(await node.says("self-signed certificate in certificate chain")).toMatchObject({ level: "warn" });
    await node.says("link closed: -15");
    expect(broker.log.count((line) => line.startsWith("New client connected"))).toBe(0);
  });
});
