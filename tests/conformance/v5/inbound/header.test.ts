import { beforeAll, describe, expect, test } from "vitest";
import { packet, str } from "../../../unit/harness/bytes.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { CARRIERS, carry, loadModules, type Modules, READING } from "./carriers.ts";
import { misjudged, online, verdict, verdictAndReturn } from "./nodes.ts";
import {
  ACCEPTED,
  connack,
  MALFORMED,
  PACKET_TOO_LARGE,
  PROTOCOL_ERROR,
  publish,
  RESUMED,
  reasonString,
  u8,
  userProperty,
} from "./packets.ts";

let modules: Modules;
beforeAll(async () => {
  modules = await loadModules();
}, 300_000);

const PINGRESP = "d000";
/** Largest packet that these nodes announced. */
const MAXIMUM_PACKET_SIZE = 256;

/** Table 2-2: the flags of each type from 1 to 15; those of PUBLISH (3) are its own. */
const FLAGS: readonly (number | "own")[] = [0, 0, "own", 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];
/** Types that a server never sends. */
const CLIENTS = [1, 8, 10, 12];

describe("MQTT 5.0: the first byte of a packet", () => {
  const packets = [
    ...CARRIERS,
    {
      name: "PINGRESP",
      prepare: ({ mirror }: Modules) => {
        const node = online(mirror).run(45_000);
        expect(node.sent()).toBe("c000");
        return node;
      },
    },
  ].filter(({ name }) => name !== "PUBLISH");

  test.each(packets.map((each) => [each.name, each] as const))(
    "[MQTT-2.1.3-1] has its reserved flags as tabled: those of %s",
    (name, carrier) => {
      const whole = "bytes" in carrier ? carry(carrier) : PINGRESP;
      const flags = Array.from({ length: 16 }, (_, n) => n);
      const good = Number.parseInt(whole.slice(0, 2), 16);
      expect(FLAGS[(good >> 4) - 1], name).toBe(good & 15);
      expect(
        misjudged(
          carrier.prepare(modules),
          flags,
          (each) => u8((good & 0xf0) | each) + whole.slice(2),
          (each) => {
            if (each !== (good & 15)) return MALFORMED;
            return "verdict" in carrier ? carrier.verdict : "accepted";
          },
        ),
      ).toEqual([]);
    },
  );

  test.each([
    ["[MQTT-3.14.1-1] DISCONNECT", "e10180"],
    ["[MQTT-3.15.1-1] AUTH", "f1021800"],
    ["[MQTT-3.6.1-1] PUBREL", "60020001"],
    ["[MQTT-3.6.1-1] PUBREL", "63020001"],
    ["PINGRESP", "d200"],
  ])("%s with other flags ends the connection as malformed", (_, bytes) => {
    expect(verdictAndReturn(online(modules.mirror), bytes)).toBe(MALFORMED);
  });

  test("[MQTT-2.1.3-1] is one of 256: each is in place, out of place or malformed, in every phase", () => {
    const bytes = Array.from({ length: 256 }, (_, first) => first);
    const situations: [phase: string, node: TestNode, welcome: readonly number[]][] = [
      ["before CONNACK", new TestNode(modules.mirror).dial(), [2]],
      ["online", online(modules.mirror), [14]],
    ];
    for (const [phase, node, welcome] of situations) {
      const wrong = misjudged(
        node,
        bytes.filter((first) => first >> 4 !== 3),
        // Enough for a CONNACK or a DISCONNECT.
        (first) => (first >> 4 === 14 ? `${u8(first)}0100` : `${u8(first)}03000000`),
        (first) => {
          const type = first >> 4;
          if (type === 0 || FLAGS[type - 1] !== (first & 15)) return MALFORMED;
          if (!welcome.includes(type)) return type === 13 && phase === "online" ? MALFORMED : PROTOCOL_ERROR;
          return type === 14 ? "closed" : "accepted";
        },
      );
      expect(wrong, phase).toEqual([]);
    }
  });

  test("of a packet that only a client sends ends the connection", () => {
    for (const type of CLIENTS) {
      const first = (type << 4) | Number(FLAGS[type - 1]);
      expect(verdictAndReturn(online(modules.mirror), u8(first), type === 12 ? "00" : "0400010000")).toBe(
        PROTOCOL_ERROR,
      );
    }
  });

  test("[MQTT-3.3.1-4] of a PUBLISH has no QoS of 3, and no DUP under QoS 0", () => {
    const wrong = misjudged(
      online(modules.mirror),
      Array.from({ length: 16 }, (_, flags) => flags),
      (flags) => packet(0x30 | flags, str("t"), flags & 6 ? "0001" : "", "00"),
      (flags) => ((flags & 6) === 6 || (flags & 0xe) === 8 ? MALFORMED : "accepted"),
    );
    expect(wrong).toEqual([]);
  });
});

describe("MQTT 5.0: the Remaining Length", () => {
  test("[MQTT-1.5.5-1] takes as few bytes as it can: a longer one is malformed as soon as it has ended", () => {
    for (const bytes of [
      "d08000",
      "d0808000",
      "d080808000",
      "e08100",
      "e0810082",
      "e081008282",
      "e082808000",
      "30858000",
    ]) {
      expect(verdictAndReturn(online(modules.mirror), bytes), bytes).toBe(MALFORMED);
    }
  });

  test("[MQTT-1.5.5-1] takes four bytes at most", () => {
    for (const bytes of ["d0ffffffff", "d08080808001", "30ffffffff7f", "e0ffffffff"]) {
      expect(verdictAndReturn(online(modules.mirror), bytes), bytes).toBe(MALFORMED);
    }
  });

  test("is awaited byte by byte, as is what it measures", () => {
    const node = online(modules.mirror);
    const message = publish("t", "x".repeat(200));
    for (const byte of message.match(/../g) ?? []) node.receive(byte);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: ["1 t", `1 ${"x".repeat(200)}`] });
  });

  test.each(CARRIERS.map((carrier) => [carrier.name, carrier] as const))(
    "may be one too short or too long for %s, which is malformed at once or takes what follows along",
    (name, carrier) => {
      const whole = carry(carrier);
      const length = Number.parseInt(whole.slice(2, 4), 16);
      const short = whole.slice(0, 2) + u8(length - 1) + whole.slice(4);
      // The last byte is then the first of another packet, of a type that there is not.
      const said = verdict(carrier.prepare(modules), short, "00");
      if (/PUBACK|PUBREC|PUBREL|PUBCOMP/.test(name)) expect(said, "what is left is packet type 0").toBe(MALFORMED);
      else if (name === "DISCONNECT") expect(said, "its properties were left out").toBe("closed");
      else expect(said).toBe(name.endsWith("SUBACK") ? PROTOCOL_ERROR : MALFORMED);
      const long = `${whole.slice(0, 2)}${u8(length + 1)}${whole.slice(4)}00`;
      const expected: Record<string, string> = {
        SUBACK: PROTOCOL_ERROR,
        UNSUBACK: PROTOCOL_ERROR,
        PUBLISH: "accepted",
      };
      expect(verdict(carrier.prepare(modules), long)).toBe(expected[name] ?? MALFORMED);
    },
  );

  test("of PINGRESP is 0", () => {
    expect(verdictAndReturn(online(modules.mirror).run(45_000), "d00100")).toBe(MALFORMED);
  });
});

describe("MQTT 5.0: a server that sends more than this client's Maximum Packet Size", () => {
  /** A payload with which a PUBLISH of topic `t` is so large. */
  const payload = (size: number): string => "x".repeat(size - 3 - 3 - 1);

  test("[MQTT-3.1.2-24] in a PUBLISH is told so, and one that sends as much is heard", () => {
    const node = online(modules.mirror);
    const fits = publish("t", payload(MAXIMUM_PACKET_SIZE));
    expect(fits.length / 2).toBe(MAXIMUM_PACKET_SIZE);
    expect(verdict(node, fits)).toBe("accepted");
    expect(verdictAndReturn(node, publish("t", payload(MAXIMUM_PACKET_SIZE + 1)))).toBe(PACKET_TOO_LARGE);
    for (const size of [300, 5_000, 70_000]) {
      for (const qos of [0, 1, 2] as const) {
        expect(verdictAndReturn(online(modules.mirror), publish("t", payload(size), { qos }))).toBe(PACKET_TOO_LARGE);
      }
    }
  });

  test("[MQTT-3.1.2-24] is told so as soon as it has said how much, for a topic or a payload as long as can be", () => {
    expect(verdict(online(modules.mirror), "30ffffff7f0001")).toBe(PACKET_TOO_LARGE);
    expect(verdict(online(modules.mirror), "30ffffff7fffff")).toBe(PACKET_TOO_LARGE);
    expect(verdict(online(modules.mirror), "e0ffffff7f")).toBe(PACKET_TOO_LARGE);
  });

  const STATEMENTS: Record<string, string> = {
    CONNACK: "[MQTT-3.2.2-19] [MQTT-3.2.2-20]",
    PUBACK: "[MQTT-3.4.2-2] [MQTT-3.4.2-3]",
    PUBREC: "[MQTT-3.5.2-2] [MQTT-3.5.2-3]",
    PUBREL: "[MQTT-3.6.2-2] [MQTT-3.6.2-3]",
    PUBCOMP: "[MQTT-3.7.2-2] [MQTT-3.7.2-3]",
    SUBACK: "[MQTT-3.9.2-1] [MQTT-3.9.2-2]",
    UNSUBACK: "[MQTT-3.11.2-1] [MQTT-3.11.2-2]",
    DISCONNECT: "[MQTT-3.14.2-3] [MQTT-3.14.2-4]",
    AUTH: "[MQTT-3.15.2-2] [MQTT-3.15.2-3]",
  };
  test.each(
    CARRIERS.filter(({ name }) => name !== "PUBLISH").map((each) => [STATEMENTS[each.name], each.name, each] as const),
  )("%s by a Reason String or a User Property in %s is told so", (_, _name, carrier) => {
    const properties = [
      (length: number) => reasonString("r".repeat(length)),
      (length: number) => userProperty("k", "v".repeat(length)),
      (length: number) => userProperty("k".repeat(length), ""),
    ];
    for (const property of properties) {
      const room = MAXIMUM_PACKET_SIZE - carry(carrier, property(200)).length / 2 + 200;
      expect(carry(carrier, property(room)).length / 2).toBe(MAXIMUM_PACKET_SIZE);
      expect(verdict(carrier.prepare(modules), carry(carrier, property(room)))).toBe(carrier.verdict);
      expect(verdictAndReturn(carrier.prepare(modules), carry(carrier, property(room + 1)))).toBe(PACKET_TOO_LARGE);
    }
  });
});

describe("MQTT 5.0: the order of packets", () => {
  test("[MQTT-3.2.0-1] has CONNACK in front: anything else that comes first ends the connection", () => {
    const first = {
      PUBLISH: publish("t", "x"),
      "PUBLISH under QoS 1": publish("t", "x", { qos: 1 }),
      PUBACK: `4002${READING}`,
      PUBREC: `5002${READING}`,
      PUBREL: "62020001",
      PUBCOMP: `7002${READING}`,
      SUBACK: "900401000000",
      UNSUBACK: "b00421000000",
      PINGRESP,
      AUTH: "f0021800",
    };
    for (const [name, bytes] of Object.entries(first)) {
      expect(verdictAndReturn(new TestNode(modules.mirror).dial(), bytes), name).toBe(PROTOCOL_ERROR);
    }
  });

  test("[MQTT-3.14.0-1] has no DISCONNECT of the server before a CONNACK that accepts", () => {
    expect(verdictAndReturn(new TestNode(modules.mirror).dial(), "e000")).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(new TestNode(modules.authenticating).dial(), "e00187")).toBe(PROTOCOL_ERROR);
  });

  test("[MQTT-3.2.0-2] has one CONNACK", () => {
    for (const second of [ACCEPTED, RESUMED, connack({ reason: 0x87 })]) {
      expect(verdictAndReturn(online(modules.mirror), second)).toBe(PROTOCOL_ERROR);
    }
    expect(verdict(new TestNode(modules.mirror).dial(), ACCEPTED, ACCEPTED)).toBe(PROTOCOL_ERROR);
  });

  test("has no CONNACK before CONNECT has left", () => {
    const node = new TestNode(modules.mirror).step();
    node.board.sendCap = 5;
    expect(node.open().receive(ACCEPTED).linked).toBe(false);
  });

  test("has a PINGRESP for each PINGREQ, and no other", () => {
    expect(verdictAndReturn(online(modules.mirror), PINGRESP)).toBe(PROTOCOL_ERROR);
    expect(verdictAndReturn(online(modules.mirror).run(45_000), PINGRESP, PINGRESP)).toBe(PROTOCOL_ERROR);
  });

  test("has nothing behind a DISCONNECT: the node reads no further, and sends nothing more", () => {
    const node = online(modules.mirror).receive("e0018b", publish("t", "x", { qos: 1 }));
    expect({ sent: node.sent(), actuations: node.actuations(), linked: node.linked }).toEqual({
      sent: "",
      actuations: [],
      linked: false,
    });
  });

  test("[MQTT-3.14.4-1] [MQTT-3.14.4-2] is what counts: what came before a bad packet is heard, what comes behind it is not", () => {
    const node = online(modules.mirror).receive(publish("a", "1", { qos: 1 }), PINGRESP, publish("b", "2", { qos: 1 }));
    expect(node.logs().slice(0, 2)).toEqual(["1 a", "1 1"]);
    expect({ sent: node.packets(), linked: node.linked }).toEqual({
      sent: ["40020001", PROTOCOL_ERROR],
      linked: false,
    });
  });
});
