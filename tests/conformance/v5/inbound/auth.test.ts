import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { packet, raw } from "../../../unit/harness/bytes.ts";
import { loadApp } from "../../../unit/harness/modules.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { loadMirror, verdict, verdictAndReturn } from "./nodes.ts";
import {
  ACCEPTED,
  auth,
  authentication,
  CONTINUE,
  connack,
  MALFORMED,
  PROTOCOL_ERROR,
  properties,
  publish,
  userProperty,
} from "./packets.ts";

const SUCCESS = 0x00;
const REAUTHENTICATE = 0x19;
const METHOD = "MIRROR";

const question = (data?: string, method = METHOD): string => auth(CONTINUE, authentication(method, data));
const reply = question;
/** CONNACK with the method, as it must be. */
const WELCOME = connack({ properties: [authentication(METHOD)] });

let mirror: LoadedModule;
let plain: LoadedModule;
let idle: LoadedModule;
let early: LoadedModule;
let readings: LoadedModule;
beforeAll(async () => {
  mirror = await loadMirror("NODE_AUTH=1");
  early = await loadMirror("NODE_AUTH=1", "NODE_EARLY=1");
  plain = await loadMirror();
  readings = await loadApp("tests/conformance/modules/auth-readings.ts", ["NODE_MQTT=5", "NODE_AUTH=1"]);
  // It is able to, and chooses no method.
  idle = await loadApp("examples/full/index.ts", ["NODE_MQTT=5", "NODE_COMMANDS=1", "NODE_OUTBOX=512", "NODE_AUTH=1"]);
}, 300_000);

/** Behind CONNECT. */
const connecting = (module: LoadedModule = mirror): TestNode => new TestNode(module).dial();
/** Behind CONNACK. */
const online = (module = mirror): TestNode => new TestNode(module).online(WELCOME);
/** A node that has begun to authenticate again. */
function renewing(module = mirror): TestNode {
  const node = online(module).receive(publish("t", "aagain"));
  expect(node.packets()).toEqual([auth(REAUTHENTICATE, authentication(METHOD, "again"))]);
  node.logs();
  return node;
}

describe("MQTT 5.0: an enhanced authentication", () => {
  test("[MQTT-4.12.0-2] [MQTT-4.12.0-3] answers each AUTH with AUTH, until CONNACK ends it", () => {
    const node = connecting();
    for (const data of ["one", "two", "d".repeat(100)]) {
      expect(node.receive(question(data)).packets()).toEqual([reply(data)]);
    }
    expect(node.receive(question()).packets(), "without data").toEqual([reply("-")]);
    expect(verdict(node, WELCOME)).toBe("accepted");
    expect(node.logs()).toEqual(["1 online"]);
  });

  test("[MQTT-3.1.2-30] lets nothing but AUTH go out before CONNACK, whatever is due meanwhile", () => {
    const node = connecting(readings).run(4_000);
    expect(node.receive(question("one")).run(4_000).packets()).toEqual([reply("one")]);
    expect(node.receive(WELCOME).packets().length, "readings that were due").toBeGreaterThan(4);
  });

  test("may be over with CONNACK at once", () => {
    expect(verdict(connecting(), connack({ properties: [authentication(METHOD, "proof")] }))).toBe("accepted");
  });

  test("[MQTT-4.12.0-2] asks with Reason Code 0x18 and no other before CONNACK", () => {
    for (const code of [SUCCESS, REAUTHENTICATE, 0x87]) {
      expect(verdictAndReturn(connecting(), auth(code, authentication(METHOD, "x")))).toBe(PROTOCOL_ERROR);
    }
    expect(verdictAndReturn(connecting(), "f000"), "AUTH without anything").toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(connecting(), "f00118"), "AUTH without properties").toBe(MALFORMED);
  });

  test("[MQTT-4.12.0-5] has the method of CONNECT in each AUTH, and in a CONNACK that accepts", () => {
    for (const method of ["MIRRO", "MIRRORS", "mirror", "", "OTHER"]) {
      expect(verdictAndReturn(connecting(), question("x", method)), method).toBe(PROTOCOL_ERROR);
      const welcome = connack({ properties: [authentication(method)] });
      expect(verdictAndReturn(connecting(), welcome), method).toBe(PROTOCOL_ERROR);
    }
    expect(verdictAndReturn(connecting(), auth(CONTINUE))).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(connecting(), auth(CONTINUE, "16000178"))).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(connecting(), ACCEPTED)).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(connecting(), connack({ properties: ["16000178"] }))).toBe(PROTOCOL_ERROR);
    expect(verdict(connecting(), connack({ reason: 0x87 })), "a refusal need not have it").toBe("closed");
  });

  test("[MQTT-4.12.0-6] that CONNECT does not begin ends the connection: by AUTH, or by a method or data in CONNACK", () => {
    for (const module of [plain, idle]) {
      expect(new TestNode(module).step().open().sent()).not.toContain(raw(METHOD));
      for (const bytes of [question("x"), auth(CONTINUE), "f000", connack({ properties: [authentication(METHOD)] })]) {
        expect(verdictAndReturn(connecting(module), bytes)).toBe(PROTOCOL_ERROR);
      }
      expect(verdictAndReturn(connecting(module), connack({ properties: ["16000178"] }))).toBe(PROTOCOL_ERROR);
      expect(verdictAndReturn(new TestNode(module).online(ACCEPTED), question("x"))).toBe(PROTOCOL_ERROR);
    }
  });

  test("that the application leaves unanswered ends the connection, which it says", () => {
    const node = connecting().receive(question("!"));
    expect({ linked: node.linked, waitMs: node.waitMs }, "it has a step more").toEqual({ linked: true, waitMs: 0 });
    node.run(0);
    expect({ linked: node.linked, sent: node.sent(), logs: node.logs() }).toEqual({
      linked: false,
      sent: "e00187",
      logs: ["3 authentication unanswered"],
    });
  });

  test("that the server leaves off in the middle ends after a while", () => {
    const node = connecting().receive(question("one"));
    node.run(20_000);
    expect(node.logs()).toContain("2 link closed: -12");
    expect(verdict(connecting().receive(question("one")), WELCOME)).toBe("accepted");
  });

  test("may come with words for a person, and in any pieces", () => {
    const bytes = auth(CONTINUE, authentication(METHOD, "q"), userProperty("k", "v"));
    const node = connecting();
    for (const byte of bytes.match(/../g) ?? []) node.receive(byte);
    expect(node.packets()).toEqual([reply("q")]);
  });

  test("begins anew with each connection", () => {
    const node = connecting().receive(question("one"));
    node.close(-10).dial();
    expect(node.receive(question("uno")).packets()).toEqual([reply("uno")]);
    expect(verdict(node, WELCOME)).toBe("accepted");
  });
});

describe("MQTT 5.0: a node that authenticates again", () => {
  test("[MQTT-4.12.1-1] does so by the method of CONNECT, and goes on with what it was doing", () => {
    const node = renewing();
    node.receive(publish("t", "x", { qos: 1 }), question("again?"));
    expect(node.packets()).toEqual(["40020001", reply("again?")]);
    expect(verdict(node, auth(SUCCESS, authentication(METHOD)))).toBe("accepted");
    node.receive(publish("t", "aonce more"));
    expect(node.packets()).toEqual([auth(REAUTHENTICATE, authentication(METHOD, "once more"))]);
  });

  test("hears what comes behind a question in the same bytes, without waiting for the next reading", () => {
    const node = renewing().receive(question("q"), publish("behind", "x", { qos: 1 }));
    expect(node.waitMs).toBe(0);
    node.run(0);
    expect(node.packets()).toEqual([reply("q"), "40020001"]);
    expect(node.logs()).toContain("1 behind");
  });

  test("may be asked behind a message in the same bytes, also where the application looks for questions first", () => {
    for (const module of [mirror, early]) {
      const node = renewing(module).receive(publish("t", "x", { qos: 1 }), question("q"));
      node.run(0);
      expect({ linked: node.linked, sent: node.packets() }).toEqual({ linked: true, sent: ["40020001", reply("q")] });
    }
  });

  test("is asked nothing that it did not begin, and told nothing", () => {
    for (const code of [SUCCESS, CONTINUE, REAUTHENTICATE]) {
      expect(verdictAndReturn(online(), auth(code, authentication(METHOD, "x")))).toBe(PROTOCOL_ERROR);
    }
    const done = renewing().receive(auth(SUCCESS, authentication(METHOD)));
    expect(verdictAndReturn(done, question("x"))).toBe(PROTOCOL_ERROR);
  });

  test("[MQTT-4.12.0-5] has the method repeated in each AUTH", () => {
    for (const bytes of [question("x", "OTHER"), auth(SUCCESS), auth(SUCCESS, authentication("OTHER")), "f000"]) {
      expect(verdictAndReturn(renewing(), bytes)).toBe(PROTOCOL_ERROR);
    }
  });

  test("[MQTT-3.15.2-1] is not told to begin", () => {
    expect(verdictAndReturn(renewing(), auth(REAUTHENTICATE, authentication(METHOD)))).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(renewing(), packet(0xf0, "87", properties(authentication(METHOD))))).toBe(PROTOCOL_ERROR);
  });

  test("[MQTT-4.12.1-2] [MQTT-4.13.2-1] in vain is disconnected, and closes its side", () => {
    const node = renewing().receive("e00187");
    expect({ linked: node.linked, sent: node.sent(), logs: node.logs() }).toEqual({
      linked: false,
      sent: "",
      logs: ["3 disconnected: 135"],
    });
  });

  test("when its connection ends is not expected to go on with that on the next", () => {
    const node = renewing();
    node.close(-10).dial().receive(WELCOME);
    expect(verdictAndReturn(node, question("x"))).toBe(PROTOCOL_ERROR);
    const other = renewing();
    other.close(-10).dial().receive(WELCOME);
    other.sent();
    other.receive(publish("t", "aanew"));
    expect(other.packets()).toEqual([auth(REAUTHENTICATE, authentication(METHOD, "anew"))]);
  });
});

describe("MQTT 5.0: a node that is able to authenticate, and chose no method", () => {
  test("[MQTT-4.12.0-7] never sends AUTH, whether the broker asks or not", () => {
    const node = new TestNode(idle).online(ACCEPTED).run(30_000);
    const sent = node.acknowledge();
    expect(sent.length).toBeGreaterThan(0);
    node.receive(question("who are you?", METHOD));
    expect(node.packets().filter((each) => each.startsWith("f0"))).toEqual([]);
  });
});
