import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { hex, packet, publish, raw, str, u16 } from "../../../unit/harness/bytes.ts";
import { ENDED, TestNode, type TestNodeOptions } from "../../../unit/harness/node.ts";
import {
  atSetup,
  connack,
  connack5,
  Do,
  Limit,
  loadLab,
  order,
  read,
  reconnect,
  u32,
  VERSIONS,
  type Version,
  varint,
} from "../../outbound.ts";

let plain: LoadedModule;
let everything: LoadedModule;
let silent: LoadedModule;
let willing: LoadedModule;
let assigned: LoadedModule;
beforeAll(async () => {
  plain = await loadLab("NODE_MQTT=45");
  everything = await loadLab(
    "NODE_MQTT=45",
    "NODE_PERSISTENT=1",
    "NODE_SESSION_EXPIRY_S=86400",
    "NODE_COMMANDS=1",
    "NODE_INBOUND_QOS=2",
    "NODE_RECEIVE_MAXIMUM=5",
    "NODE_RECEIVE=300",
    "NODE_ALIASES=4",
    "NODE_PROBLEM_INFORMATION=0",
    "NODE_KEEP_ALIVE_S=300",
    "NODE_WILL_DELAY_S=30",
  );
  silent = await loadLab("NODE_MQTT=45", "NODE_STATUS=0");
  willing = await loadLab("NODE_MQTT=45", "NODE_STATUS=0", "NODE_WILL=200", "NODE_WILL_DELAY_S=65536");
  assigned = await loadLab("NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_ASSIGNED_ID=1");
});

type Config = NonNullable<TestNodeOptions["config"]>;

/** The first thing that a node sends on its first link. */
function connectOf(module: LoadedModule, version: Version, config: Config = {}): string {
  const [connect = "", ...more] = nodeOf(module, version, config).step().open().packets();
  expect(more).toEqual([]);
  return connect;
}

function nodeOf(module: LoadedModule, version: Version, config: Config = {}): TestNode {
  return new TestNode(module, { config: { mqtt: version === 5 ? "5" : "3.1.1", ...config } });
}

/** Mosquitto 2.0 does not count a packet's first byte: the 256 that the node takes are announced as one less. */
const MAXIMUM_PACKET_SIZE = 255;
const PLAIN_PROPERTIES = `27${u32(MAXIMUM_PACKET_SIZE)}`;

function connect5(flags: string, keepAliveS: number, properties: string, ...payload: string[]): string {
  return packet(
    0x10,
    str("MQTT"),
    "05",
    flags,
    u16(keepAliveS),
    varint(hex(properties).length / 2),
    properties,
    ...payload,
  );
}

describe("MQTT 5.0: CONNECT", () => {
  test("[MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT-3.1.2-9] [MQTT-3.1.3-1] [MQTT-3.1.3-3] of a plain node is these very bytes", () => {
    expect(connectOf(plain, 5)).toBe(
      connect5("2e", 60, PLAIN_PROPERTIES, str("7"), "00", str("sensor/7/status"), str("offline")),
    );
  });

  test("[MQTT-3.1.3-1] of a node with every option has its properties, and then client identifier, will properties, will topic, will payload, user name and password", () => {
    expect(connectOf(everything, 5, { username: "jörg", password: "日本" })).toBe(
      connect5(
        "ee",
        300,
        // Session Expiry Interval, Receive Maximum, Maximum Packet Size, Topic Alias Maximum, Request Problem Information
        hex(`11${u32(86_400)}`, `21${u16(5)}`, `27${u32(300 - 1)}`, `22${u16(4)}`, "1700"),
        str("7"),
        hex("05", `18${u32(30)}`),
        str("sensor/7/status"),
        str("offline"),
        str("jörg"),
        str("日本"),
      ),
    );
  });

  test("asks for a session that never expires unless it is told otherwise", async () => {
    const forever = await loadLab("NODE_MQTT=45", "NODE_PERSISTENT=1");
    expect(read(connectOf(forever, 5), 5)).toMatchObject({ properties: { sessionExpiryInterval: 0xffff_ffff } });
  });

  test.each<[string, Config, { userName: boolean; password: boolean }, string[]]>([
    ["neither", {}, { userName: false, password: false }, []],
    ["a user name", { username: "jörg" }, { userName: true, password: false }, ["jörg"]],
    ["both", { username: "jörg", password: "p" }, { userName: true, password: true }, ["jörg", "p"]],
    ["a password and no user name", { password: "s3cret" }, { userName: false, password: true }, ["s3cret"]],
    ["an empty user name", { username: "" }, { userName: true, password: false }, [""]],
    ["an empty password", { password: "" }, { userName: false, password: true }, [""]],
    [
      "the longest of both",
      { username: "u".repeat(64), password: "p".repeat(64) },
      { userName: true, password: true },
      ["u".repeat(64), "p".repeat(64)],
    ],
  ])(
    "[MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.3-12] has as many credentials as its flags say: %s",
    (_, config, flags, fields) => {
      const flag = 0x2e | (flags.userName ? 0x80 : 0) | (flags.password ? 0x40 : 0);
      expect(connectOf(plain, 5, config)).toBe(
        connect5(
          flag.toString(16),
          60,
          PLAIN_PROPERTIES,
          str("7"),
          "00",
          str("sensor/7/status"),
          str("offline"),
          ...fields.map(str),
        ),
      );
    },
  );

  test("[MQTT-3.1.2-3] [MQTT-3.1.2-12] leaves the reserved flag 0, and asks for no will QoS of 3", () => {
    for (const module of [plain, everything, silent, willing, assigned]) {
      const flags = Number.parseInt(connectOf(module, 5).slice(18, 20), 16);
      expect(flags & 1).toBe(0);
      expect((flags >> 3) & 3).toBeLessThan(3);
    }
  });

  test("[MQTT-3.1.3-4] [MQTT-3.1.3-5] [MQTT-3.1.3-11] names the client in at most 23 bytes, and that names the will's topic in UTF-8", () => {
    for (const id of ["0123456789abcdefghijklm", "nopqrstuvwxyzABCDEFGHIJ", "KLMNOPQRSTUVWXYZ", "a"]) {
      expect(connectOf(plain, 5, { id })).toBe(
        connect5("2e", 60, PLAIN_PROPERTIES, str(id), "00", str(`sensor/${id}/status`), str("offline")),
      );
    }
    for (const id of ["", "é", "a".repeat(24), "a/b", "a+"]) {
      const node = nodeOf(plain, 5, { id }).step();
      expect({ waitMs: node.waitMs, links: node.links }).toEqual({ waitMs: ENDED, links: 0 });
    }
  });

  test("[MQTT-3.1.0-1] [MQTT-3.1.0-2] is the first packet on every link and the only one of its kind, whatever happens there", () => {
    const node = nodeOf(everything, 5).step();
    let connects = 0;
    for (const end of [
      () => node.close(-10),
      () => node.receive(connack5(), publish("x", "")).close(-10),
      () => node.receive(connack5(), "20030000 00"),
      () => node.receive("2003008700"),
      () => node.run(30_000),
    ]) {
      while (!node.linked) node.step(node.waitMs);
      node.open();
      end();
      const packets = node.packets();
      expect(packets[0]?.slice(0, 2)).toBe("10");
      expect(packets.slice(1).filter((each) => each.startsWith("10"))).toEqual([]);
      connects++;
    }
    expect(connects).toBe(5);
  });

  test("[MQTT-3.1.3-2] has the same client identifier on every connection", () => {
    const node = nodeOf(everything, 5).step();
    for (let n = 0; n < 4; n++) {
      while (!node.linked) node.step(node.waitMs);
      expect(read(node.open().sent(), 5)).toMatchObject({ clientId: "7" });
      node.receive(connack5("", n > 0)).close(-10);
      node.sent();
    }
  });
});

describe.each(VERSIONS)("%s: a node without a will", (_, version) => {
  test("[MQTT-3.1.2-11] [MQTT-3.1.2-13] has a Will Flag, will QoS and will RETAIN of 0, and no field of a will", () => {
    const flags = parseFlags(connectOf(silent, version, { username: "u" }));
    expect(flags).toBe("82");
    expect(connectOf(silent, version, { username: "u" })).toBe(
      version === 5
        ? connect5("82", 60, PLAIN_PROPERTIES, str("7"), str("u"))
        : packet(0x10, str("MQTT"), "0482", u16(60), str("7"), str("u")),
    );
  });

  test("says neither `online` nor `offline`", () => {
    const node = nodeOf(silent, version, { interval: "86400000" }).online(connack(version));
    node.run(1000).stop().run(3000);
    expect({ sent: node.packets(), linked: node.linked }).toEqual({ sent: ["e000"], linked: false });
  });
});

describe("MQTT 3.1.1: a node without a will", () => {
  test("[MQTT-3.1.2-15] has a will RETAIN of 0", () => {
    expect(Number.parseInt(parseFlags(connectOf(silent, 4)), 16) & 0x20).toBe(0);
  });
});

/** The flags of a CONNECT of at most 127 bytes. */
function parseFlags(connect: string): string {
  return connect.slice(18, 20);
}

describe.each(VERSIONS)("%s: a will of the application's own", (_, version) => {
  const PROPERTIES = hex(
    "01",
    "01",
    "03",
    str("text/plain"),
    "08",
    str("why"),
    "09",
    str("id"),
    "26",
    str("a"),
    str("b"),
  );
  const full = (qos: number, retain: boolean): string[] => [
    Do.will("gone/7", qos, retain),
    Do.isText,
    Do.expiresAfter(3600),
    Do.contentType("text/plain"),
    Do.responseTopic("why"),
    Do.correlation(raw("id")),
    Do.userProperty("a", "b"),
    Do.text("farewell"),
    Do.setWill,
  ];

  test.each([0, 1, 2])("goes out as it was set, under QoS %d, with RETAIN and without", (qos) => {
    for (const retain of [false, true]) {
      const flags = (0x06 | (qos << 3) | (retain ? 0x20 : 0)).toString(16).padStart(2, "0");
      const connect = connectOf(willing, version, atSetup(...full(qos, retain)));
      const properties = hex(`18${u32(65_536)}`, `02${u32(3600)}`, PROPERTIES);
      expect(connect).toBe(
        version === 5
          ? connect5(
              flags,
              60,
              PLAIN_PROPERTIES,
              str("7"),
              varint(properties.length / 2),
              properties,
              str("gone/7"),
              str("farewell"),
            )
          : packet(0x10, str("MQTT"), `04${flags}`, u16(60), str("7"), str("gone/7"), str("farewell")),
      );
    }
  });

  test(
    version === 5
      ? "[MQTT-3.1.2-12] [MQTT-3.1.3-11] that can't be one is refused, and there is none"
      : "[MQTT-3.1.2-14] [MQTT-3.1.3-10] that can't be one is refused, and there is none",
    () => {
      for (const begin of [Do.will("a", 3), Do.will("a", 4), Do.will("", 0), Do.will("a/+", 0), Do.will("a\0", 0)]) {
        const node = nodeOf(willing, version, atSetup(begin, Do.text("x"), Do.setWill));
        expect(node.actuations()).toEqual([0, 0]);
        expect(parseFlags(node.step().open().sent())).toBe("02");
      }
    },
  );

  test("that does not fit is none, and the largest that fits leaves whole", () => {
    let largest = 0;
    for (let length = 100; length < 220; length++) {
      const node = nodeOf(willing, version, atSetup(Do.will("a", 1), Do.text("x".repeat(length)), Do.setWill));
      const [, set] = node.actuations();
      const connect = read(node.step().open().sent(), version);
      if (set === 1) {
        largest = length;
        expect(connect).toMatchObject({ will: { topic: "a", qos: 1, payload: Buffer.from("x".repeat(length)) } });
      } else {
        expect(connect).not.toHaveProperty("will");
      }
    }
    expect(largest).toBeGreaterThan(150);
    expect(largest).toBeLessThan(200);
  });

  test("goes along with every connection", () => {
    const node = nodeOf(willing, version, atSetup(...full(1, true))).step();
    const first = node.open().sent();
    node.receive(connack(version)).close(-10);
    node.sent();
    while (!node.linked) node.step(node.waitMs);
    expect(node.open().sent()).toBe(first);
  });
});

describe("MQTT 5.0: the session that CONNECT asks for", () => {
  const cleanStart = (connect: string): boolean => (Number.parseInt(parseFlags(connect), 16) & 2) !== 0;

  test("[MQTT-3.1.2-4] is a new one until a broker has accepted, and the same from then on", () => {
    const node = nodeOf(everything, 5).step();
    const asked: boolean[] = [];
    const attempt = (answer: string): void => {
      while (!node.linked) node.step(node.waitMs);
      asked.push(cleanStart(node.open().sent()));
      if (answer !== "") node.receive(answer);
      if (node.linked) node.close(-10);
      node.sent();
    };
    // No answer, a refusal, a new session; then the session, and one that the broker had lost.
    for (const answer of ["", "2003008800", connack5(), connack5("", true), connack5(), connack5("", true)])
      attempt(answer);
    expect(asked).toEqual([true, true, true, false, false, false]);
  });

  test("[MQTT-3.2.2-4] is present though this node has none: DISCONNECT 0x82, and the link is closed", () => {
    for (const module of [plain, everything]) {
      const node = nodeOf(module, 5).dial().receive(connack5("", true));
      expect({ sent: node.packets(), linked: node.linked }).toEqual({ sent: ["e00182"], linked: false });
    }
  });

  test("of a node without a session that lasts is always a new one, and has no Session Expiry Interval", () => {
    const node = nodeOf(plain, 5).step();
    for (let n = 0; n < 3; n++) {
      while (!node.linked) node.step(node.waitMs);
      const connect = node.open().sent();
      expect(cleanStart(connect)).toBe(true);
      expect(read(connect, 5)).toMatchObject({ properties: { maximumPacketSize: MAXIMUM_PACKET_SIZE } });
      node.receive(connack5()).close(-10);
      node.sent();
    }
  });
});

describe("MQTT 5.0: a client identifier that is left to the broker", () => {
  const asks = (node: TestNode): string => {
    while (!node.linked) node.step(node.waitMs);
    return node.open().packets()[0] ?? "";
  };

  test("[MQTT-3.1.3-7] is empty at first, and what the broker assigned from then on, with the session", () => {
    const node = nodeOf(assigned, 5);
    expect(read(asks(node), 5)).toMatchObject({ clientId: "", clean: true });
    node.receive(connack5(Limit.assignedId("auto-0815"))).close(-10);
    node.sent();
    for (let n = 0; n < 3; n++) {
      expect(read(asks(node), 5)).toMatchObject({ clientId: "auto-0815", clean: false });
      node.receive(connack5("", true)).close(-10);
      node.sent();
    }
  });

  test("[MQTT-3.1.3-7] is kept up to 46 bytes; a longer one is asked for anew, with a new session", () => {
    for (const [length, kept] of [
      [46, true],
      [47, false],
      [200, false],
    ] as const) {
      const id = "x".repeat(length);
      const node = nodeOf(assigned, 5)
        .dial()
        .receive(connack5(Limit.assignedId(id)))
        .close(-10);
      node.sent();
      expect(read(asks(node), 5)).toMatchObject(kept ? { clientId: id, clean: false } : { clientId: "", clean: true });
      node.receive(connack5(Limit.assignedId("again")));
      expect(node.linked).toBe(true);
    }
  });

  test("still leaves the node's topics to its own id", () => {
    const node = nodeOf(assigned, 5)
      .dial()
      .receive(connack5(Limit.assignedId("auto")));
    expect(read(node.packets()[0] ?? "", 5)).toMatchObject({ topic: "sensor/7/status" });
  });
});

describe("MQTT 3.1.1: a client identifier that is left to the broker", () => {
  test("[MQTT-3.1.3-7] [MQTT-3.2.2-1] is empty on every connection, with a clean session, which can't be present", () => {
    const node = nodeOf(assigned, 4).step();
    for (let n = 0; n < 3; n++) {
      while (!node.linked) node.step(node.waitMs);
      expect(read(node.open().sent(), 4)).toMatchObject({ clientId: "", clean: true });
      node.receive(n === 2 ? "20020100" : "20020000");
      if (n === 2) expect(node.linked).toBe(false);
      else node.close(-10);
      node.sent();
    }
  });
});

describe("the configuration key `mqtt`", () => {
  test.each([
    ["5", 5],
    ["3.1.1", 4],
    [undefined, 5],
  ])("%s chooses the version", (mqtt, version) => {
    const connect = new TestNode(plain, { config: { mqtt } }).step().open().sent();
    expect(connect.slice(16, 18)).toBe(`0${version}`);
  });

  test.each(["", "4", "3", "3.1", "3.1.2", "3.1.1 ", "3x1y1", "5.0", "50", "mqtt5", "3.1.1 or perhaps 5"])(
    "`%s` is no version: the node says so and ends, without a link",
    (mqtt) => {
      const node = new TestNode(plain, { config: { mqtt } }).step();
      expect(node.logs()).toEqual(["3 no MQTT version"]);
      expect({ waitMs: node.waitMs, links: node.links }).toEqual({ waitMs: ENDED, links: 0 });
    },
  );

  test("changes nothing in a module of one version", async () => {
    for (const version of [4, 5] as const) {
      const module = await loadLab(`NODE_MQTT=${version}`);
      for (const mqtt of ["5", "3.1.1", "nonsense"]) {
        expect(new TestNode(module, { config: { mqtt } }).step().open().sent().slice(16, 18)).toBe(`0${version}`);
      }
    }
  });
});

test("what an order of the tests asks for is done once", () => {
  const node = nodeOf(willing, 5, { interval: "86400000" }).online(connack5());
  expect(order(node, Do.dropped)).toEqual([0]);
  expect(node.step(10).actuations()).toEqual([]);
  expect(reconnect(node, 5, false)).toEqual([]);
});
