import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { packet, str, u16 } from "../../../unit/harness/bytes.ts";
import { loadTemperature } from "../../../unit/harness/modules.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { loadMirror, misjudged, online, verdict, verdictAndReturn } from "./nodes.ts";
import { ACCEPTED, connack, MALFORMED, PROTOCOL_ERROR, publish, RESUMED, reasonString, u8, u32 } from "./packets.ts";

let mirror: LoadedModule;
let persistent: LoadedModule;
let unnamed: LoadedModule;
let temperature: LoadedModule;
beforeAll(async () => {
  mirror = await loadMirror();
  persistent = await loadMirror("NODE_PERSISTENT=1");
  unnamed = await loadMirror("NODE_PERSISTENT=1", "NODE_ASSIGNED_ID=1");
  temperature = await loadTemperature("NODE_MQTT=5", "NODE_STATUS=0", "NODE_PERSISTENT=1", "NODE_WINDOW=4");
}, 300_000);

/** The CONNECT of a node's next connection. */
function redial(node: TestNode): string {
  for (let waits = 0; !node.linked; waits++) {
    if (waits > 1_000) throw new Error("the node does not come back");
    node.step(node.waitMs);
  }
  return node.open().packets().at(0) ?? "";
}

/** Behind the type, the Remaining Length (one byte here), the protocol's name and version. */
const FLAGS_AT = 2 * (2 + 7);
const isCleanStart = (hello: string): boolean => (Number.parseInt(hello.slice(FLAGS_AT, FLAGS_AT + 2), 16) & 2) !== 0;

describe("MQTT 5.0: Session Present", () => {
  test("[MQTT-3.2.2-1] is the only flag of CONNACK", () => {
    const wrong = misjudged(
      online(persistent).close(-10).dial(),
      Array.from({ length: 256 }, (_, flags) => flags),
      (flags) => packet(0x20, u8(flags), "00", "00"),
      (flags) => (flags > 1 ? MALFORMED : "accepted"),
    );
    expect(wrong).toEqual([]);
  });

  test("[MQTT-3.2.2-2] [MQTT-3.2.2-4] is 0 for a new session: a server that has one all the same is left", () => {
    for (const module of [mirror, persistent]) {
      const node = new TestNode(module).step();
      expect(isCleanStart(node.open().sent())).toBe(true);
      expect(verdictAndReturn(node, RESUMED)).toBe(PROTOCOL_ERROR);
      expect(verdict(node, ACCEPTED), "the node has got over it").toBe("accepted");
    }
  });

  test("[MQTT-3.2.2-3] is either for a session that is to go on", () => {
    for (const answer of [RESUMED, ACCEPTED]) {
      const node = online(persistent);
      node.close(-10);
      expect(isCleanStart(redial(node))).toBe(false);
      expect(verdict(node, answer)).toBe("accepted");
    }
  });

  test("[MQTT-3.2.2-5] 0 ends the session on this side too: a message under QoS 2 is no duplicate, a reading is new", () => {
    const message = publish("t", "x", { qos: 2, dup: true });
    const node = online(persistent).receive(message);
    expect(node.actuations()).toEqual([2]);
    node.close(-10).dial().receive(RESUMED, message);
    expect(node.actuations(), "a duplicate").toEqual([]);
    node.close(-10).dial().receive(ACCEPTED, message);
    expect(node.actuations(), "a new one").toEqual([2]);

    const reporter = new TestNode(temperature).dial().receive(ACCEPTED);
    const [reading = ""] = reporter.packets();
    const [again = ""] = reporter.close(-10).dial().receive(RESUMED).packets();
    expect([reading.slice(0, 2), again.slice(0, 2)]).toEqual(["32", "3a"]);
    const [anew = ""] = reporter.close(-10).dial().receive(ACCEPTED).packets();
    expect(anew).toBe(reading);
  });

  test("[MQTT-3.2.2-6] is 0 in a CONNACK that refuses", () => {
    const wrong = misjudged(
      online(persistent).close(-10).dial(),
      [0x80, 0x84, 0x87, 0x9f],
      (reason) => connack({ sessionPresent: true, reason }),
      () => PROTOCOL_ERROR,
    );
    expect(wrong).toEqual([]);
  });
});

describe("MQTT 5.0: a CONNACK that refuses", () => {
  test("[MQTT-3.2.2-7] [MQTT-4.13.2-1] ends the connection, though the server keeps it open", () => {
    const node = online(mirror);
    for (const reason of [0x80, 0x81, 0x85, 0x88, 0x8c, 0x97]) {
      node.close(-10).dial().logs();
      node.receive(connack({ reason, properties: [reasonString("go"), `1c${str("other.example")}`] }));
      expect({ linked: node.linked, sent: node.sent(), logs: node.logs() }).toEqual({
        linked: false,
        sent: "",
        logs: [`3 broker refuses: ${reason}`, "3 go", "3 other.example"],
      });
    }
  });

  test("in the words of MQTT 3.1.1, of a server that knows no other version, is understood", () => {
    const node = new TestNode(mirror).dial().receive("20020001");
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["3 broker refuses: 132"] });
    for (const code of ["00", "02", "03", "04", "05"]) {
      expect(verdict(new TestNode(mirror).dial(), `200200${code}`)).toBe(MALFORMED);
    }
  });
});

describe("MQTT 5.0: what nobody asked for", () => {
  test("[MQTT-3.1.2-28] as Response Information ends the connection, also where it is empty", () => {
    for (const text of ["", "responses/7"]) {
      const bytes = connack({ properties: [`1a${str(text)}`] });
      expect(verdictAndReturn(new TestNode(mirror).dial(), bytes)).toBe(PROTOCOL_ERROR);
    }
  });

  test("[MQTT-3.14.2-2] as a Session Expiry Interval in DISCONNECT is told to be wrong", () => {
    for (const seconds of [0, 1, 0xffff_ffff]) {
      expect(verdictAndReturn(online(mirror), packet(0xe0, "00", "05", "11", u32(seconds)))).toBe(PROTOCOL_ERROR);
    }
  });
});

describe("MQTT 5.0: a client identifier that is left to the server", () => {
  const assigned = (id: string): string => connack({ properties: [`12${str(id)}`] });
  /** Client identifier of a CONNECT of this node: behind the flags, the Keep Alive and the properties. */
  const idOf = (hello: string): string => {
    const bytes = Buffer.from(hello, "hex");
    const at = FLAGS_AT / 2 + 3;
    const start = at + 1 + bytes.readUInt8(at);
    return bytes.subarray(start + 2, start + 2 + bytes.readUInt16BE(start)).toString();
  };

  test("[MQTT-3.2.2-16] comes with CONNACK: without it the server is left", () => {
    const node = new TestNode(unnamed).step();
    expect(idOf(node.open().sent())).toBe("");
    expect(verdictAndReturn(node, ACCEPTED)).toBe(PROTOCOL_ERROR);
  });

  test("[MQTT-3.1.3-7] is the node's own from then on, with the session that goes with it", () => {
    const id = "auto-1B4E28BA-2FA1-11D2-883F-0016D3CCA427";
    const node = new TestNode(unnamed).step();
    const first = node.open().sent();
    expect({ id: idOf(first), clean: isCleanStart(first) }).toEqual({ id: "", clean: true });
    node.receive(assigned(id));
    for (const answer of [RESUMED, ACCEPTED, RESUMED]) {
      node.close(-10);
      const hello = redial(node);
      expect({ id: idOf(hello), clean: isCleanStart(hello) }).toEqual({ id, clean: false });
      expect(verdict(node, answer)).toBe("accepted");
    }
  });

  test("[MQTT-3.1.3-7] that this node can't keep is asked for anew, with a new session", () => {
    const node = new TestNode(unnamed).dial().receive(assigned("a".repeat(100)));
    expect(node.linked).toBe(true);
    node.close(-10);
    const hello = redial(node);
    expect({ id: idOf(hello), clean: isCleanStart(hello) }).toEqual({ id: "", clean: true });
    expect(verdict(node, assigned("b"))).toBe("accepted");
  });
});

describe("MQTT 5.0: the limits of one connection are not those of the next", () => {
  const READING_MS = 1_000;

  /** Four readings on a connection with that CONNACK, and what a later one without limits sees. */
  function later(...properties: readonly string[]): { first: string[]; later: string[] } {
    const node = new TestNode(temperature).dial();
    node.receive(connack({ properties }));
    const first = node.run(4 * READING_MS).packets();
    node.close(-10).dial().receive(ACCEPTED);
    return { first, later: node.run(READING_MS).packets() };
  }

  test("a Receive Maximum", () => {
    const seen = later(`21${u16(1)}`);
    expect(seen.first).toHaveLength(1);
    expect(seen.later.length).toBeGreaterThan(3);
  });

  test("a Maximum QoS", () => {
    const seen = later("2400");
    expect(seen.first.every((each) => each.startsWith("30"))).toBe(true);
    expect(seen.later.every((each) => each.startsWith("32"))).toBe(true);
  });

  test("a Maximum Packet Size", () => {
    const seen = later(`27${u32(20)}`);
    expect(seen.first).toEqual([]);
    expect(seen.later.length).toBeGreaterThan(0);
  });

  test("a Topic Alias Maximum, and the alias", () => {
    const seen = later(`22${u16(1)}`);
    const topic = str("sensor/7/temperature");
    expect(seen.first.map((each) => each.includes(topic))).toEqual([true, false, false, false]);
    expect(seen.first.every((each) => each.includes("230001"))).toBe(true);
    expect(seen.later.every((each) => each.includes(topic) && !each.includes("230001"))).toBe(true);
  });

  test("a Server Keep Alive", () => {
    const node = online(mirror, connack({ properties: [`13${u16(10)}`] }));
    expect(node.run(8_000).sent()).toBe("c000");
    node.close(-10).dial().receive(ACCEPTED);
    expect(node.run(44_000).sent()).toBe("");
    expect(node.run(2_000).sent()).toBe("c000");
  });

  test("whether retained messages, wildcards and shared subscriptions are available", () => {
    const subscribe = (node: TestNode, filter: string): boolean =>
      node.receive(publish("t", `+${filter}`)).sent() !== "";
    const node = online(mirror, connack({ properties: ["2800", "2a00"] }));
    expect(["a/b", "a/+", "#", "$share/s/a"].map((filter) => subscribe(node, filter))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    node.close(-10).dial().receive(ACCEPTED);
    expect(["a/b", "a/+", "#", "$share/s/a"].map((filter) => subscribe(node, filter))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
