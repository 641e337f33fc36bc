import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { hex, packet, raw, str } from "../../../unit/harness/bytes.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import {
  by,
  Do,
  Limit,
  loadLab,
  onlineLab,
  order,
  read,
  reconnect,
  VERSIONS,
  type Version,
  varint,
} from "../../outbound.ts";

let lab: LoadedModule;
let one: LoadedModule;
beforeAll(async () => {
  const options = ["NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_STATUS=0", "NODE_MESSAGES=1"];
  lab = await loadLab(...options, "NODE_INBOUND_QOS=2");
  one = await loadLab(...options);
});

const NO_LOCAL = 0x04;
const AS_PUBLISHED = 0x08;
const IF_NEW = 0x10;
const NONE_RETAINED = 0x20;

/** The SUBSCRIBE that a node sends, whose identifier is `n` + 1 in its first byte. */
function subscribe(version: Version, n: number, filter: string, options: string, properties = ""): string {
  const length = version === 5 ? varint(hex(properties).length / 2) : "";
  return packet(
    0x82,
    (n + 1).toString(16).padStart(2, "0"),
    "00",
    length,
    version === 5 ? properties : "",
    str(filter),
    options,
  );
}

function unsubscribe(version: Version, n: number, filter: string): string {
  return packet(0xa2, (n + 33).toString(16).padStart(2, "0"), "00", version === 5 ? "00" : "", str(filter));
}

function suback(version: Version, n: number, code = "00"): string {
  return packet(0x90, (n + 1).toString(16).padStart(2, "0"), "00", version === 5 ? "00" : "", code);
}

function unsuback(version: Version, n: number): string {
  return packet(0xb0, (n + 33).toString(16).padStart(2, "0"), "00", version === 5 ? "0000" : "");
}

describe.each(VERSIONS)("%s: SUBSCRIBE and UNSUBSCRIBE", (_, version) => {
  const ids = by(
    version,
    "[MQTT-3.8.1-1] [MQTT-3.8.3-3] [MQTT-3-8.3-4] [MQTT-2.3.1-1]",
    "[MQTT-3.8.1-1] [MQTT-3.8.3-2] [MQTT-2.1.3-1] [MQTT-2.2.1-3] [MQTT-2.2.2-1]",
  );
  test(`${ids} have the flags 0010, an identifier and one filter, in the very step that asks for them`, () => {
    const node = onlineLab(lab, version);
    for (const qos of [0, 1, 2]) {
      order(node, Do.subscribe(`a/${qos}`, qos));
      expect(node.packets()).toEqual([subscribe(version, qos, `a/${qos}`, `0${qos}`)]);
      expect(read(subscribe(version, qos, `a/${qos}`, `0${qos}`), version)).toMatchObject({
        subscriptions: [{ topic: `a/${qos}`, qos }],
      });
    }
  });

  test(`${by(version, "[MQTT-3.10.1-1] [MQTT-3.10.3-1] [MQTT-3.10.3-2]", "[MQTT-3.10.1-1] [MQTT-3.10.3-1] [MQTT-3.10.3-2]")} take a filter back in these very bytes`, () => {
    const node = onlineLab(lab, version);
    order(node, Do.unsubscribe("a/+/ü/#"), Do.unsubscribe("$share/g/x"));
    expect(node.packets()).toEqual([unsubscribe(version, 0, "a/+/ü/#"), unsubscribe(version, 1, "$share/g/x")]);
  });

  test(`${by(version, "[MQTT-2.3.1-2]", "[MQTT-2.2.1-3]")} have identifiers that no other in use has, 32 of each kind at a time, and free again once answered`, () => {
    const node = onlineLab(lab, version);
    const ids = new Set<string>();
    for (let n = 0; n < 32; n++) {
      expect(order(node, Do.subscribe("a", 0), Do.unsubscribe("a"))).toEqual([1, 1]);
      for (const each of node.packets()) ids.add(each.slice(4, 8));
    }
    expect(ids.size).toBe(64);
    expect(order(node, Do.subscribe("a", 0), Do.unsubscribe("a"))).toEqual([0, 0]);
    expect(node.packets()).toEqual([]);
    node.receive(suback(version, 17), unsuback(version, 30));
    expect(order(node, Do.subscribe("b", 1), Do.unsubscribe("b"))).toEqual([1, 1]);
    expect(node.packets()).toEqual([subscribe(version, 17, "b", "01"), unsubscribe(version, 30, "b")]);
  });

  test("are refused while there is no connection, and above the QoS that the module receives", () => {
    const node = onlineLab(one, version);
    expect(order(node, Do.subscribe("a", 2), Do.subscribe("a", 3), Do.subscribe("a", 1))).toEqual([0, 0, 1]);
    node.close(-10);
    expect(order(node, Do.subscribe("a", 1), Do.unsubscribe("a"))).toEqual([0, 0]);
  });

  const valid = [
    "#",
    "+",
    "a",
    "/",
    "//",
    "+/#",
    "/#",
    "a/+/b",
    "+/+",
    "a b",
    " ",
    "$SYS/#",
    "$share",
    "$shared/x",
    "a/$share/b",
    "\ufeff",
    "ü/€/😀/#",
    `${"x".repeat(120)}/#`,
  ];
  const invalid = [
    "",
    "a#",
    "#/a",
    "a/#/b",
    "##",
    "+a",
    "a+",
    "a/+b",
    "a+/b",
    "++",
    "a/#b",
    "a\0",
    "\0",
    "x".repeat(123),
  ];
  const filters = by(
    version,
    "[MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-3.8.3-1] [MQTT-3.10.3-1]",
    "[MQTT-4.7.0-1] [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] [MQTT-3.8.3-1] [MQTT-3.10.3-1]",
  );
  test(`${filters} take every filter of the standard's grammar as it is, and no other`, () => {
    for (const filter of valid) {
      const node = onlineLab(lab, version);
      expect(order(node, Do.subscribe(filter, 0), Do.unsubscribe(filter)), filter).toEqual([1, 1]);
      expect(node.packets()).toEqual([subscribe(version, 0, filter, "00"), unsubscribe(version, 0, filter)]);
    }
    const node = onlineLab(lab, version);
    for (const filter of invalid) {
      expect(order(node, Do.subscribe(filter, 0), Do.unsubscribe(filter)), filter).toEqual([0, 0]);
    }
    for (const bytes of ["ff", "c0af", "eda080", "f4908080", "61e282", "80"]) {
      expect(order(node, Do.subscribeRaw(bytes, 0), Do.unsubscribeRaw(bytes)), bytes).toEqual([0, 0]);
    }
    expect(node.packets()).toEqual([]);
  });
});

describe("MQTT 3.1.1: options of the later version", () => {
  test("[MQTT-3-8.3-4] stay out of SUBSCRIBE, which asks for the QoS alone", () => {
    const node = onlineLab(lab, 4);
    order(node, Do.subscribe("a", 2 | NO_LOCAL | AS_PUBLISHED | NONE_RETAINED, 77));
    expect(node.packets()).toEqual([subscribe(4, 0, "a", "02")]);
  });
});

describe("MQTT 5.0: the options of a subscription", () => {
  test("[MQTT-3.8.3-5] are these very bits, and reserved ones are refused", () => {
    for (const qos of [0, 1, 2, 3]) {
      for (let high = 0; high < 64; high++) {
        const options = (high << 2) | qos;
        const node = onlineLab(lab, 5);
        const isValid = qos < 3 && (options & 0xc0) === 0 && (options & 0x30) !== 0x30;
        expect(order(node, Do.subscribe("a", options)), `options ${options}`).toEqual([isValid ? 1 : 0]);
        const byte = options.toString(16).padStart(2, "0");
        expect(node.packets()).toEqual(isValid ? [subscribe(5, 0, "a", byte)] : []);
      }
    }
    expect(NO_LOCAL | AS_PUBLISHED | IF_NEW | NONE_RETAINED).toBe(0x3c);
  });

  test("[MQTT-3.8.3-4] never have No Local on a shared subscription", () => {
    const node = onlineLab(lab, 5);
    for (const filter of ["$share/g/a", "$share/g/#", "$share/g/+/b"]) {
      for (const qos of [0, 1, 2]) expect(order(node, Do.subscribe(filter, qos | NO_LOCAL))).toEqual([0]);
      expect(order(node, Do.subscribe(filter, AS_PUBLISHED | 1))).toEqual([1]);
    }
    expect(node.packets().every((each) => each.startsWith("82") && each.endsWith("09"))).toBe(true);
    expect(order(node, Do.subscribe("$shared/g/a", NO_LOCAL))).toEqual([1]);
  });

  test("[MQTT-1.5.5-1] carry a subscription identifier of 1 to 268,435,455, in the fewest bytes", () => {
    for (const [identifier, bytes] of [
      [1, "01"],
      [127, "7f"],
      [128, "8001"],
      [16_383, "ff7f"],
      [16_384, "808001"],
      [2_097_151, "ffff7f"],
      [2_097_152, "80808001"],
      [268_435_455, "ffffff7f"],
    ] as const) {
      for (const filter of ["a", "x".repeat(122)]) {
        const node = onlineLab(lab, 5);
        expect(order(node, Do.subscribe(filter, 1, identifier))).toEqual([1]);
        expect(node.packets()).toEqual([subscribe(5, 0, filter, "01", `0b${bytes}`)]);
      }
    }
    const node = onlineLab(lab, 5);
    for (const identifier of [268_435_456, 0x7fff_ffff, 0xffff_ffff]) {
      expect(order(node, Do.subscribe("a", 1, identifier))).toEqual([0]);
    }
    expect(node.packets()).toEqual([]);
  });
});

describe("MQTT 5.0: a shared subscription", () => {
  test("[MQTT-4.8.2-1] [MQTT-4.8.2-2] has a name of at least a character without wildcards, and a filter behind it", () => {
    for (const filter of ["$share/g/a", "$share/g//", "$share/é/+/#", "$share/a b/$SYS/#", "$share/$/x"]) {
      const node = onlineLab(lab, 5);
      expect(order(node, Do.subscribe(filter, 1)), filter).toEqual([1]);
      expect(node.packets()).toEqual([subscribe(5, 0, filter, "01")]);
    }
    const node = onlineLab(lab, 5);
    for (const filter of [
      "$share/",
      "$share//",
      "$share//a",
      "$share/g",
      "$share/g/",
      "$share/+/a",
      "$share/#",
      "$share/g+/a",
      "$share/#g/a",
      "$share/g/a#",
    ]) {
      expect(order(node, Do.subscribe(filter, 1), Do.unsubscribe(filter)), filter).toEqual([0, 0]);
    }
    expect(node.packets()).toEqual([]);
  });
});

describe("MQTT 5.0: what a broker does not offer is not asked for", () => {
  const ask = (node: TestNode): number[] =>
    order(
      node,
      Do.subscribe("a/+", 0),
      Do.subscribe("#", 0),
      Do.subscribe("a", 0, 5),
      Do.subscribe("$share/g/a", 0),
      Do.subscribe("a", 0),
    );

  test.each([
    ["wildcards", Limit.noWildcards, [0, 0, 1, 1, 1]],
    ["subscription identifiers", Limit.noIdentifiers, [1, 1, 0, 1, 1]],
    ["shared subscriptions", Limit.noShared, [1, 1, 1, 0, 1]],
    ["any of them", Limit.noWildcards + Limit.noIdentifiers + Limit.noShared, [0, 0, 0, 0, 1]],
    ["nothing: all is offered", "", [1, 1, 1, 1, 1]],
    ["nothing: all is offered in so many words", "28012901 2a01", [1, 1, 1, 1, 1]],
  ])("%s", (_, limits, results) => {
    const node = onlineLab(lab, 5, { limits });
    expect(ask(node)).toEqual(results);
    expect(node.packets()).toHaveLength(results.filter((each) => each === 1).length);
    // The next connection may offer more.
    reconnect(node, 5, true);
    expect(ask(node)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe("MQTT 5.0: an answer where it was asked for", () => {
  test("has the response topic and the correlation data, whatever its bytes, under the QoS that the application chose", async () => {
    const module = await loadLab("NODE_MQTT=5", "NODE_STATUS=0", "NODE_MESSAGES=1", "NODE_OUTBOX=512");
    for (const qos of [0, 1, 2] as const) {
      const node = onlineLab(module, 5);
      const correlation = hex("09", "0003", "00ff80");
      node.receive(packet(0x30, str("ask"), "0e", "08", str("tell/me"), "23"), "");
      expect(node.linked, "a property that ends its packet too early is malformed").toBe(false);
      reconnect(node, 5, false);
      node.actuations();
      node.receive(packet(0x30, str("ask"), "10", "08", str("tell/me"), correlation, raw(`?${qos}`)));
      expect(node.actuations()).toEqual([1, 1]);
      expect(node.packets()).toEqual([
        packet(0x30 | (qos << 1), str("tell/me"), qos > 0 ? "0080" : "", "06", correlation, raw("yes")),
      ]);
      // Without correlation data, and without a topic to answer on.
      node.receive(packet(0x30, str("ask"), "0a", "08", str("tell/me"), raw("?0")));
      expect(node.packets()).toEqual([packet(0x30, str("tell/me"), "00", raw("yes"))]);
      node.actuations();
      node.receive(packet(0x30, str("ask"), "00", raw("?0")));
      expect({ sent: node.packets(), told: node.actuations() }).toEqual({ sent: [], told: [0] });
      // There is no message at hand any more.
      node.receive(packet(0x30, str("ask"), "0a", "08", str("tell/me"), raw("no")));
      expect(order(node, Do.respond(0))).toEqual([0]);
      expect(node.packets()).toEqual([]);
    }
  });
});
