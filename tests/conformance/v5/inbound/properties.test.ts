import { beforeAll, describe, expect, test } from "vitest";
import { raw, str, u16 } from "../../../unit/harness/bytes.ts";
import { CARRIERS, type Carrier, carrierOf, carry, loadModules, type Modules } from "./carriers.ts";
import { misjudged, verdict, verdictAndReturn } from "./nodes.ts";
import { MALFORMED, PROTOCOL_ERROR, properties, TOPIC_ALIAS_INVALID, u8 } from "./packets.ts";
import {
  encode,
  good,
  ILL_FORMED,
  NEVER_ZERO,
  PROPERTIES,
  type Property,
  WELL_FORMED,
  withText,
} from "./property-table.ts";

let modules: Modules;
beforeAll(async () => {
  modules = await loadModules();
}, 300_000);

const METHOD_ID = 0x15;
const SUBSCRIPTION_IDENTIFIER = 0x0b;
const USER_PROPERTY = 0x26;
const RESPONSE_TOPIC = 0x08;

const each = CARRIERS.map((carrier) => [carrier.name, carrier] as const);

/** Properties that the packet may carry and this node has nothing against. */
function welcome(carrier: Carrier): Property[] {
  return PROPERTIES.filter(({ id, packets }) => packets.includes(carrier.name) && !isUnwelcome(carrier, id));
}

/** What the table allows, and its text does not: nobody asked for the one, and the other is a client's alone. */
function isUnwelcome({ name }: Carrier, id: number): boolean {
  return (name === "CONNACK" && id === 0x1a) || (name === "DISCONNECT" && id === 0x11);
}

/** The packet with these properties, where the method is not there already. */
function withoutBase(carrier: Carrier, ...all: readonly string[]): string {
  return carrier.bytes(carrier.good, properties(...all));
}

function withOne(carrier: Carrier, property: Property, bytes = good(property)): string {
  return property.id === METHOD_ID ? withoutBase(carrier, bytes) : carry(carrier, bytes);
}

describe.each(each)("MQTT 5.0: properties of %s", (_, carrier) => {
  test("are none, or any one that table 2-4 allows it; any other is malformed", () => {
    const node = carrier.prepare(modules);
    const known = new Map(PROPERTIES.map((property) => [property.id, property]));
    const ids = Array.from({ length: 0x80 }, (_value, id) => id);
    expect(
      misjudged(
        node,
        ids,
        (id) => {
          const property = known.get(id);
          return property === undefined ? carry(carrier, u8(id), str("t")) : withOne(carrier, property);
        },
        (id) => {
          if (!known.get(id)?.packets.includes(carrier.name)) return MALFORMED;
          return isUnwelcome(carrier, id) ? PROTOCOL_ERROR : carrier.verdict;
        },
      ),
    ).toEqual([]);
    expect(verdict(carrier.prepare(modules), carry(carrier))).toBe(carrier.verdict);
  });

  test("[MQTT-1.5.5-1] have identifiers of one byte: a longer one is unknown, or longer than it need be", () => {
    const bytes = ["8001", "ff7f", "9f00", "a600", "ff", "ffffff7f"];
    const judge = (id: string): string => carry(carrier, id, str("t"), str("t"));
    expect(misjudged(carrier.prepare(modules), bytes, judge, () => MALFORMED)).toEqual([]);
  });

  test("come once, but for user properties, and subscription identifiers of a message", () => {
    expect(
      misjudged(
        carrier.prepare(modules),
        welcome(carrier),
        (property) =>
          withoutBase(carrier, property.id === METHOD_ID ? "" : carrier.base, good(property), good(property)),
        ({ id }) => (id === USER_PROPERTY || id === SUBSCRIPTION_IDENTIFIER ? carrier.verdict : PROTOCOL_ERROR),
      ),
    ).toEqual([]);
  });

  test("end with their value: one that is cut off is malformed, wherever it is", () => {
    const cuts = welcome(carrier).flatMap((property) => {
      const whole = property.id === SUBSCRIPTION_IDENTIFIER ? "0bffff7f" : good(property);
      return Array.from({ length: whole.length / 2 - 1 }, (_value, n) => ({
        property,
        bytes: whole.slice(0, 2 * n + 2),
      }));
    });
    expect(cuts.length).toBeGreaterThan(5);
    const judge = ({ property, bytes }: (typeof cuts)[number]): string => withOne(carrier, property, bytes);
    expect(misjudged(carrier.prepare(modules), cuts, judge, () => MALFORMED)).toEqual([]);
  });

  test("of one byte are 0 or 1", () => {
    const cases = welcome(carrier)
      .filter(({ type }) => type === "byte")
      .flatMap((property) => Array.from({ length: 256 }, (_value, value) => ({ property, value })));
    expect(
      misjudged(
        carrier.prepare(modules),
        cases,
        ({ property, value }) => withOne(carrier, property, u8(property.id) + u8(value)),
        ({ value }) => (value < 2 ? carrier.verdict : PROTOCOL_ERROR),
      ),
    ).toEqual([]);
  });

  test("are zero where that means something, and nowhere else", () => {
    const numbers = welcome(carrier).filter(({ type }) => ["u16", "u32", "varint"].includes(type));
    expect(
      misjudged(
        carrier.prepare(modules),
        numbers,
        (property) => withOne(carrier, property, u8(property.id) + encode(property, 0)),
        ({ id, name }) => {
          if (!NEVER_ZERO.includes(id)) return carrier.verdict;
          return name === "Topic Alias" ? TOPIC_ALIAS_INVALID : PROTOCOL_ERROR;
        },
      ),
    ).toEqual([]);
  });

  test("[MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1] that are text are well-formed, in both halves of a pair", () => {
    const strings = welcome(carrier).filter(
      ({ type, id }) => (type === "string" && id !== METHOD_ID) || type === "pair",
    );
    const bad = strings.flatMap((property) =>
      ILL_FORMED.flatMap(([what, bytes]) => {
        const first = { what: `${what} in ${property.name}`, bytes: carry(carrier, withText(property, bytes)) };
        if (property.type !== "pair") return [first];
        const value = u8(property.id) + str("k") + u16(bytes.length / 2) + bytes;
        return [first, { what: `${what} in its value`, bytes: carry(carrier, value) }];
      }),
    );
    expect(bad.length).toBeGreaterThan(ILL_FORMED.length);
    expect(
      misjudged(
        carrier.prepare(modules),
        bad,
        ({ bytes }) => bytes,
        () => MALFORMED,
      ),
    ).toEqual([]);
    const well = strings.flatMap((property) => WELL_FORMED.map((bytes) => carry(carrier, withText(property, bytes))));
    expect(
      misjudged(
        carrier.prepare(modules),
        well,
        (bytes) => bytes,
        () => carrier.verdict,
      ),
    ).toEqual([]);
  });

  test("that are text may be empty, but for a Response Topic", () => {
    expect(
      misjudged(
        carrier.prepare(modules),
        welcome(carrier).filter(({ type, id }) => ["string", "binary", "pair"].includes(type) && id !== METHOD_ID),
        (property) => carry(carrier, withText(property, "")),
        ({ id }) => (id === RESPONSE_TOPIC ? MALFORMED : carrier.verdict),
      ),
    ).toEqual([]);
  });

  test("that are bytes are any bytes", () => {
    expect(
      misjudged(
        carrier.prepare(modules),
        welcome(carrier).filter(({ type }) => type === "binary"),
        (property) => carry(carrier, withText(property, "00ff2b23eda080")),
        () => carrier.verdict,
      ),
    ).toEqual([]);
  });

  test("[MQTT-1.5.5-1] have a length of as few bytes as it takes, which ends before the packet does", () => {
    const body = carrier.base + good(PROPERTIES.find(({ id }) => id === USER_PROPERTY) as Property);
    const length = body.length / 2;
    const lengths = {
      "one more than there are": u8(length + 3) + body,
      "far more": `ff7f${body}`,
      "as much as can be said": `ffffff7f${body}`,
      "one byte too many": `${u8(0x80 | length)}00${body}`,
      "two bytes too many": `${u8(0x80 | length)}8000${body}`,
      "five bytes": `${u8(0x80 | length)}80808000${body}`,
      "cut off": "ffffff",
      "zero in two bytes": "8000",
      "one that splits a property": u8(length - 1) + body,
    };
    expect(
      misjudged(
        carrier.prepare(modules),
        Object.entries(lengths),
        ([, all]) => carrier.bytes(carrier.good, all),
        () => MALFORMED,
      ),
    ).toEqual([]);
  });
});

test.each(
  CARRIERS.filter(({ verdict: said }) => said === "accepted").map((carrier) => [carrier.name, carrier] as const),
)("MQTT 5.0: a node that got a bad property in %s says so, closes and comes back", (_, carrier) => {
  expect(verdictAndReturn(carrier.prepare(modules), carry(carrier, u8(0x7e)))).toBe(MALFORMED);
  const [twice] = welcome(carrier).filter(({ id }) => id !== USER_PROPERTY && id !== METHOD_ID);
  const bytes = carry(carrier, good(twice as Property), good(twice as Property));
  expect(verdictAndReturn(carrier.prepare(modules), bytes)).toBe(PROTOCOL_ERROR);
});

describe("MQTT 5.0: the Response Topic of a message", () => {
  test("[MQTT-3.3.2-13] [MQTT-3.3.2-14] is a topic name: text without wildcards, of at least one character", () => {
    const publish = carrierOf("PUBLISH");
    const names = ["a/+", "#", "+", "a/#", "a+b", "", "\0", "a/b", "/", " ", "a".repeat(100)];
    expect(
      misjudged(
        publish.prepare(modules),
        names,
        (name) => carry(publish, u8(RESPONSE_TOPIC), str(name)),
        (name) => (/[+#\0]|^$/.test(name) ? MALFORMED : "accepted"),
      ),
    ).toEqual([]);
  });
});

describe("MQTT 5.0: the properties of an acknowledgement", () => {
  const acknowledgements = CARRIERS.filter(({ name }) => /^PUB(ACK|REC|REL|COMP)$/.test(name));

  test.each(acknowledgements.map((carrier) => [carrier.name, carrier] as const))(
    "and its Reason Code may be left out of %s",
    (_, carrier) => {
      const whole = carrier.bytes(0, "00");
      const header = whole.slice(0, 2);
      const bodies = [whole.slice(4, 8), whole.slice(4, 10), whole.slice(4)];
      for (const body of bodies) {
        const bytes = header + u8(body.length / 2) + body;
        expect(verdict(carrier.prepare(modules), bytes)).toBe("accepted");
      }
      expect(verdict(carrier.prepare(modules), `${header}01${raw("a")}`)).toBe(MALFORMED);
      expect(verdict(carrier.prepare(modules), `${header}00`)).toBe(MALFORMED);
      expect(verdict(carrier.prepare(modules), `${header}05${whole.slice(4)}00`), "a byte behind them").toBe(MALFORMED);
    },
  );
});
