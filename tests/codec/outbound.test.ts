import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import type { Packet } from "mqtt-packet";
import { beforeAll, describe, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { bytes, text } from "./arbitraries.ts";
import {
  type Description,
  description,
  filter,
  instructions,
  isSendable,
  isShared,
  isTopicFilter,
  keptBytes,
} from "./descriptions.ts";
import { ALIASES, instruction, Lab, loadCodec, MAXIMUM_PACKET_SIZE, type State } from "./lab.ts";
import { runs, SEED } from "./seed.ts";
import { accept, METHOD } from "./states.ts";
import type { Version } from "./wire.ts";

const MAX_AUTH_DATA = 128;
const MAX_CREDENTIAL = 64;
/** Of loadCodec's NODE_WILL. */
const WILL_BYTES = 512;
const ASSIGNED = "assigned by the broker";

/** Two modules whose options differ wherever CONNECT shows it. */
const PERSISTENT = ["NODE_PERSISTENT=1", "NODE_SESSION_EXPIRY_S=86400", "NODE_RECEIVE_MAXIMUM=7"];
const PASSING = [
  ...[
    "NODE_PERSISTENT=0",
    "NODE_ASSIGNED_ID=1",
    "NODE_PROBLEM_INFORMATION=0",
    "NODE_WILL_DELAY_S=300",
    "NODE_STATUS=0",
  ],
  ...["NODE_INBOUND_QOS=1", "NODE_ALIASES=0"],
];
type Kind = "persistent" | "passing";
const modules = new Map<Kind, LoadedModule>();
beforeAll(async () => {
  modules.set("persistent", await loadCodec(...PERSISTENT));
  modules.set("passing", await loadCodec(...PASSING));
});

/** A node that is online, and has nothing to wait for. */
function online(
  kind: Kind,
  version: Version,
  config: Readonly<Record<string, string>> = {},
): { lab: Lab; state: State } {
  const module = modules.get(kind);
  if (!module) throw new Error("the modules are not compiled");
  const lab = new Lab(module, version, config);
  lab.connect();
  accept(lab, kind === "passing" ? { assignedClientIdentifier: ASSIGNED } : {});
  return { lab, state: lab.save() };
}

const OF_PUBLISH = ["dup", "retain", "qos", "topic", "payload"];

/** A packet as mqtt-packet reads it, but for its length, what a PUBLISH alone has and all are given, and these keys. */
function seen(packet: Packet, ...others: readonly string[]): object {
  const left = [...(packet.cmd === "publish" ? [] : OF_PUBLISH), "length", ...others];
  return Object.fromEntries(Object.entries(packet).filter(([key]) => !left.includes(key)));
}

/** `properties`, if there are any, as mqtt-packet has them. */
function orNone(properties: object): { properties?: object } {
  const { userProperties: pairs, ...others } = properties as { userProperties?: object };
  if (Object.keys(properties).length === 0) return {};
  return { properties: pairs ? { ...others, userProperties: Object.assign(Object.create(null), pairs) } : others };
}

describe.each([
  { name: "MQTT 3.1.1", version: 4 as const, count: 10_000 },
  { name: "MQTT 5.0", version: 5 as const, count: 20_000 },
])(`what the node sends, mqtt-packet reads as it was meant under $name, seed ${SEED}`, ({ version, count }) => {
  test("PUBLISH of the application's own messages, in every QoS and with every property", () => {
    const { lab, state } = online("persistent", version);
    const check = (message: Description): void => {
      const { topic, qos, retain, payload, properties } = message;
      lab.restore(state);
      const { told, sent, linked } = lab.instruct(...instructions("B", message), instruction("S"));
      ok(linked);
      deepStrictEqual(told["="]?.at(-1), isSendable(message) ? "1" : "0");
      if (!isSendable(message)) {
        deepStrictEqual(sent, []);
        return;
      }
      const identifier = sent[0]?.messageId ?? 0;
      ok(qos === 0 || identifier > 0);
      const expected = {
        cmd: "publish",
        topic,
        qos,
        retain,
        dup: false,
        payload,
        ...orNone(version === 5 ? properties : {}),
      };
      deepStrictEqual(
        sent.map((packet) => seen(packet)),
        [qos === 0 ? expected : { ...expected, messageId: identifier }],
      );
    };
    fc.assert(fc.property(description(500), check), runs(count));
  });

  test("PUBLISH of readings, with a topic alias where the broker takes one", () => {
    const { lab } = online("persistent", version);
    lab.reconnect();
    accept(lab, { topicAliasMaximum: 5 });
    const first = lab.save();
    const check = (values: readonly number[]): void => {
      lab.restore(first);
      for (const [at, value] of values.entries()) {
        const { sent } = lab.instruct(instruction("P", value));
        const alias = version === 5 ? { properties: { topicAlias: 1 } } : {};
        const topic = version === 5 && at > 0 ? "" : "sensor/7/temperature";
        const payload = Buffer.from(`{"msg":"${tenths(value)}"}`);
        const messageId = sent[0]?.messageId ?? 0;
        deepStrictEqual(
          sent.map((packet) => seen(packet)),
          [{ cmd: "publish", topic, qos: 1, retain: false, dup: false, payload, messageId, ...alias }],
        );
        ok(messageId > 0);
        lab.packet({ cmd: "puback", messageId, reasonCode: 0 });
      }
    };
    const values = fc.array(fc.integer({ min: -100_000, max: 1_000_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(values, check), runs(count / 10));
  });

  test("SUBSCRIBE with every option, and UNSUBSCRIBE", () => {
    const { lab, state } = online("persistent", version);
    const options = fc.record({
      qos: fc.constantFrom(0, 1, 2),
      nl: fc.boolean(),
      rap: fc.boolean(),
      rh: fc.constantFrom(0, 1, 2),
    });
    const identifiers = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0x0fff_ffff }), fc.constant(0x1000_0000));
    const check = (topic: string, asked: { qos: number; nl: boolean; rap: boolean; rh: number }, id: number): void => {
      const { qos, nl, rap, rh } = asked;
      lab.restore(state);
      const bits = qos | (nl ? 4 : 0) | (rap ? 8 : 0) | (rh << 4);
      const { told, sent } = lab.instruct(
        instruction("O", bits),
        instruction("+", id, topic),
        instruction("-", 0, topic),
      );
      // What is shared can't be kept from oneself [MQTT-3.8.3-4].
      const isAsked = isTopicFilter(topic) && (version === 4 || (!(nl && isShared(topic)) && id <= 0x0fff_ffff));
      deepStrictEqual(told["="], `1${isAsked ? 1 : 0}${isTopicFilter(topic) ? 1 : 0}`);
      const subscription = version === 5 ? { topic, qos, nl, rap, rh } : { topic, qos };
      const properties = version === 5 && id !== 0 ? { properties: { subscriptionIdentifier: id } } : {};
      const expected = [
        ...(isAsked ? [{ cmd: "subscribe", subscriptions: [subscription], ...properties }] : []),
        ...(isTopicFilter(topic) ? [{ cmd: "unsubscribe", unsubscriptions: [topic] }] : []),
      ];
      deepStrictEqual(
        sent.map((packet) => seen(packet, "messageId")),
        expected,
      );
      const used = sent.map(({ messageId = 0 }) => messageId);
      ok(!used.includes(0) && new Set(used).size === used.length);
    };
    fc.assert(fc.property(filter, options, identifiers, check), runs(count / 2));
  });

  test("DISCONNECT, behind the message that says why nothing more will come", () => {
    const { lab, state } = online("persistent", version);
    lab.restore(state).node.stop().settle();
    const [status, disconnect] = lab.outcome().sent;
    ok(status?.cmd === "publish" && status.topic === "sensor/7/status" && `${status.payload}` === "offline");
    deepStrictEqual(disconnect?.cmd, "disconnect");
  });
});

describe.each([
  { name: "MQTT 3.1.1", version: 4 as const, count: 1500 },
  { name: "MQTT 5.0", version: 5 as const, count: 4000 },
])(`mqtt-packet reads each CONNECT as it was meant under $name, seed ${SEED}`, ({ version, count }) => {
  test.each([
    { kind: "persistent" as const, keys: [] },
    { kind: "persistent" as const, keys: ["username", "password"] },
    { kind: "passing" as const, keys: ["username"] },
    { kind: "passing" as const, keys: ["password"] },
  ])("of a $kind session, where $keys are configured, with any will and authentication", ({ kind, keys }) => {
    const { lab, state } = online(kind, version);
    const credential = fc.oneof(
      text(16),
      text(3).map((some) => some.padEnd(70, "x")),
    );
    const method = fc.option(fc.tuple(text(8, 1), text(50)), { nil: undefined });
    const check = (will: Description | undefined, auth: [string, string] | undefined, secrets: string[]): void => {
      lab.restore(state);
      const config = Object.fromEntries(keys.map((key, at) => [key, secrets[at] ?? ""]));
      for (const [key, value] of Object.entries(config)) lab.node.board.setConfig(key, value);
      const isSet = will !== undefined && isSendable(will) && keptBytes(will) <= WILL_BYTES;
      if (will) {
        const { told } = lab.instruct(...instructions("W", will), instruction("V"));
        deepStrictEqual(told["="]?.at(-1), isSet ? "1" : "0");
      }
      if (auth) lab.instruct(instruction("K", 0, auth[1]), instruction("M", 0, auth[0]));
      const expected = connectOf(kind, version, { will: isSet ? will : undefined, auth, config });
      deepStrictEqual(seen(lab.reconnect()), expected);
    };
    const secrets = fc.array(credential, { minLength: keys.length, maxLength: keys.length });
    fc.assert(fc.property(fc.option(description(300), { nil: undefined }), method, secrets, check), runs(count / 4));
  });
});

describe(`mqtt-packet reads each AUTH as it was meant, seed ${SEED}`, () => {
  test("MQTT 5.0: that begins to authenticate again, and that answers, with any data that are not too long", () => {
    const { lab } = online("persistent", 5);
    lab.instruct(instruction("K", 0, "data"), instruction("M", 0, METHOD));
    lab.reconnect();
    accept(lab, { authenticationMethod: METHOD });
    const state = lab.save();
    const check = (again: Buffer, answer: Buffer): void => {
      lab.restore(state);
      const { told, sent } = lab.instruct(instruction("Q", 0, answer), instruction("A", 0, again));
      deepStrictEqual(told, { "=": again.length <= MAX_AUTH_DATA ? "11" : "10" });
      deepStrictEqual(
        sent.map((packet) => seen(packet)),
        again.length <= MAX_AUTH_DATA ? [authOf(0x19, again)] : [],
      );
      if (sent.length === 0) return;
      const properties = { authenticationMethod: METHOD };
      const outcome = lab.packet({ cmd: "auth", reasonCode: 0x18, properties });
      deepStrictEqual(
        outcome.sent.map((packet) => seen(packet)),
        [authOf(0x18, answer)],
      );
    };
    fc.assert(fc.property(bytes(140), bytes(MAX_AUTH_DATA), check), runs(2000));
  });
});

function authOf(reasonCode: number, authenticationData: Buffer): object {
  return { cmd: "auth", reasonCode, properties: { authenticationMethod: METHOD, authenticationData } };
}

/** Thousandths as tenths, halves away from zero. */
function tenths(value: number): string {
  const magnitude = Math.floor((Math.abs(value) + 50) / 100);
  return `${value < 0 && magnitude > 0 ? "-" : ""}${Math.floor(magnitude / 10)}.${magnitude % 10}`;
}

interface Wanted {
  readonly will: Description | undefined;
  readonly auth: [string, string] | undefined;
  readonly config: Readonly<Record<string, string>>;
}

function connectOf(kind: Kind, version: Version, { will, auth, config }: Wanted): object {
  const isPersistent = kind === "persistent";
  const { username, password } = config;
  const hasName = username !== undefined && Buffer.byteLength(username) <= MAX_CREDENTIAL;
  // MQTT 3.1.1 has no password without a user name [MQTT-3.1.2-22].
  const hasPassword =
    password !== undefined && Buffer.byteLength(password) <= MAX_CREDENTIAL && (hasName || version === 5);
  const properties = {
    ...(isPersistent ? { sessionExpiryInterval: 86_400, receiveMaximum: 7 } : { requestProblemInformation: false }),
    maximumPacketSize: MAXIMUM_PACKET_SIZE,
    ...(isPersistent ? { topicAliasMaximum: ALIASES } : {}),
    ...(auth ? { authenticationMethod: auth[0], authenticationData: Buffer.from(auth[1]) } : {}),
  };
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: version,
    clean: !isPersistent,
    keepalive: 8,
    clientId: isPersistent ? "7" : version === 5 ? ASSIGNED : "",
    ...willOf(kind, version, will),
    ...(hasName ? { username } : {}),
    ...(hasPassword ? { password: Buffer.from(password) } : {}),
    ...(version === 5 ? { properties } : {}),
  };
}

/** The application's will, or where it has none the node's, if the node tells its status at all. */
function willOf(kind: Kind, version: Version, will: Description | undefined): object {
  const delay = kind === "passing" && version === 5 ? { willDelayInterval: 300 } : {};
  if (will) {
    const { topic, qos, retain, payload, properties } = will;
    return { will: { topic, qos, retain, payload, ...orNone(version === 5 ? { ...delay, ...properties } : {}) } };
  }
  if (kind === "passing") return {};
  return { will: { topic: "sensor/7/status", qos: 1, retain: true, payload: Buffer.from("offline") } };
}
