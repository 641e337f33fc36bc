import { deepStrictEqual, ok } from "node:assert/strict";
import fc, { type Arbitrary } from "fast-check";
import type {
  IAuthPacket,
  IConnackPacket,
  IDisconnectPacket,
  IPublishPacket,
  ISubackPacket,
  IUnsubackPacket,
  Packet,
} from "mqtt-packet";
import { beforeAll, describe, test } from "vitest";
import { split } from "../unit/harness/bytes.ts";
import {
  type AcknowledgementPacket,
  acknowledgement,
  auth,
  type Brief,
  type ConnackProperties,
  connackV4,
  connackV5,
  cuts,
  disconnect,
  granted,
  identifier,
  publishV4,
  publishV5,
  USER_PROPERTIES,
} from "./arbitraries.ts";
import { ALIASES, CAPACITY, type Lab, loadCodec, type Outcome } from "./lab.ts";
import { runs, SEED } from "./seed.ts";
import { ANSWER, accept, type Busy, busy, type Connecting, connecting, METHOD } from "./states.ts";
import { encode, encodeBriefly, type Version } from "./wire.ts";

/** Longest properties of a message of the node's own, without their length. */
const MAX_PROPERTIES = 117;
const NEVER_EXPIRES = "4294967295";
const FIRST_FAILURE = 0x80;
/** Messages that the node sends before any is acknowledged, where the broker allows it. */
const WINDOW = 8;

const states = new Map<Version, { connecting: Connecting; busy: Busy }>();
beforeAll(async () => {
  const module = await loadCodec("NODE_PERSISTENT=1");
  for (const version of [4, 5] as const) {
    states.set(version, { connecting: connecting(module, version), busy: busy(module, version) });
  }
});

function state<K extends "connecting" | "busy">(version: Version, name: K) {
  const found = states.get(version);
  if (!found) throw new Error("the states are not built");
  return found[name];
}

/** The packet with no more payload than the receive buffer has room for, or undefined if even none is too much. */
function fitting(packet: IPublishPacket, version: Version): IPublishPacket | undefined {
  const excess = encode(packet, version).length - CAPACITY;
  if (excess <= 0) return packet;
  if (excess > packet.payload.length) return undefined;
  return { ...packet, payload: packet.payload.slice(0, packet.payload.length - excess) };
}

function hex(value: string | Uint8Array): string {
  return Buffer.from(value).toString("hex");
}

/** What a node says of a text of its broker: the host takes a byte order mark off. */
function said(text: string): string {
  return new TextDecoder().decode(Buffer.from(text));
}

/** What the application is to be told of a message. */
function expectedFields({ qos, retain, topic, payload, properties = {} }: IPublishPacket): Record<string, string> {
  const { subscriptionIdentifier = 0, messageExpiryInterval, contentType, userProperties = {} } = properties;
  const fields: Record<string, string> = {
    Q: `${qos}`,
    r: retain ? "1" : "0",
    f: properties.payloadFormatIndicator ? "1" : "0",
    s: `${[subscriptionIdentifier].flat().at(-1)}`,
    e: messageExpiryInterval === undefined ? NEVER_EXPIRES : `${messageExpiryInterval}`,
    t: hex(topic),
    p: hex(payload),
  };
  if (contentType !== undefined) Object.assign(fields, { c: hex(contentType) });
  for (const [letter, name] of Object.entries(USER_PROPERTIES)) {
    const value = [userProperties[name] ?? []].flat()[0];
    if (value !== undefined) fields[letter] = hex(value);
  }
  if (properties.responseTopic !== undefined) fields[isAnswerable(properties) ? "+" : "-"] = "";
  return fields;
}

/** Whether the node's answer has room for the correlation data, behind its identifier and length. */
function isAnswerable({ correlationData }: NonNullable<IPublishPacket["properties"]>): boolean {
  return correlationData === undefined || 3 + correlationData.length <= MAX_PROPERTIES;
}

/** What the node is to send for a message: its acknowledgement, and the answer that it asks for. */
function expectedAnswers(packet: IPublishPacket, version: Version): Buffer[] {
  const { qos, messageId = 0, payload, properties = {} } = packet;
  const answers: Buffer[] = [];
  if (qos > 0) answers.push(encodeBriefly({ cmd: qos === 1 ? "puback" : "pubrec", messageId, reasonCode: 0 }, version));
  const { responseTopic, correlationData } = properties;
  if (responseTopic !== undefined && isAnswerable(properties)) {
    const back = correlationData === undefined ? {} : { correlationData };
    const rest = { qos: 0, dup: false, retain: false, payload, properties: back } as const;
    answers.push(encode({ cmd: "publish", topic: responseTopic, ...rest }, version));
  }
  return answers;
}

function checkMessage(packet: IPublishPacket, version: Version, outcome: Outcome): void {
  deepStrictEqual(outcome.told, expectedFields(packet));
  deepStrictEqual(outcome.bytes.toString("hex"), hex(Buffer.concat(expectedAnswers(packet, version))));
  deepStrictEqual(outcome.logs, []);
  ok(outcome.linked);
}

function checkQuiet({ told, logs, sent, linked }: Outcome, expected: { logs?: string[]; sent?: Packet[] } = {}): void {
  deepStrictEqual({ told, logs, linked }, { told: {}, logs: expected.logs ?? [], linked: true });
  deepStrictEqual(sent.map(brief), (expected.sent ?? []).map(brief));
}

function withoutLength({ length: _length, ...packet }: Packet): object {
  return Object.fromEntries(
    Object.entries(packet).filter(([key]) => !["qos", "dup", "retain", "topic", "payload"].includes(key)),
  );
}

function authPacket(reasonCode: number): object {
  return { cmd: "auth", reasonCode };
}

/** Every packet that the node sends keeps to what the broker said of itself. */
function checkLimits({ sent, bytes }: Outcome, limits: ConnackProperties): void {
  const { receiveMaximum = 0xffff, maximumQoS = 2, retainAvailable = true, maximumPacketSize = bytes.length } = limits;
  let inFlight = 0;
  for (const packet of sent) {
    if (packet.cmd !== "publish") continue;
    ok(packet.qos <= maximumQoS, `QoS ${packet.qos}`);
    ok(retainAvailable || !packet.retain, "RETAIN");
    if (packet.qos > 0) inFlight++;
  }
  ok(inFlight <= receiveMaximum, `${inFlight} in flight`);
  for (const packet of split(bytes.toString("hex"))) ok(packet.length / 2 <= maximumPacketSize, packet);
}

/** SUBACK or UNSUBACK, with the properties that both have. */
type IGranted = ISubackPacket | IUnsubackPacket;

function grantedV5(subscribe: number, unsubscribe: number): Arbitrary<IGranted> {
  return fc.oneof(granted("suback", subscribe), granted("unsuback", unsubscribe));
}

function grantedV4(subscribe: number, unsubscribe: number): Arbitrary<IGranted> {
  return fc.oneof(
    fc.constantFrom(0, 1, 2, 0x80).map((code) => ({ cmd: "suback" as const, messageId: subscribe, granted: [code] })),
    fc.constant<IGranted>({ cmd: "unsuback", messageId: unsubscribe, granted: [0] }),
  );
}

function brief({ cmd, messageId, ...rest }: Packet): object {
  return { cmd, messageId, reasonCode: "reasonCode" in rest ? (rest.reasonCode ?? 0) : 0 };
}

/** The node takes the packet for what nobody may send now, ends the link and, under MQTT 5.0, says that it does. */
function checkRefused(lab: Lab, bytes: Uint8Array): void {
  const { logs, sent, linked } = lab.give(bytes);
  deepStrictEqual({ logs, linked }, { logs: [`2 bad packet: ${bytes[0]}`], linked: false });
  deepStrictEqual(
    sent.map(brief),
    lab.version === 5 ? [{ cmd: "disconnect", messageId: undefined, reasonCode: 0x82 }] : [],
  );
}

/** What the node says when the broker refuses something: why, in number and in words. */
function refusal(
  prefix: string,
  { reasonString, serverReference }: { reasonString?: string; serverReference?: string },
) {
  const level = prefix[0];
  return [
    prefix,
    ...[reasonString, serverReference].flatMap((each) => (each === undefined ? [] : `${level} ${said(each)}`)),
  ];
}

describe.each([
  { name: "MQTT 3.1.1", version: 4 as const, count: 12_000 },
  { name: "MQTT 5.0", version: 5 as const, count: 30_000 },
])(`what mqtt-packet generates is read as it was meant under $name, seed ${SEED}`, ({ version, count }) => {
  test("PUBLISH in every QoS, with every property, up to the size of the receive buffer", () => {
    const { lab, state: online, received } = state(version, "busy");
    const packets = version === 5 ? publishV5(CAPACITY, ALIASES) : publishV4(CAPACITY);
    const check = (given: IPublishPacket, places: readonly number[]): void => {
      const packet = fitting(given, version);
      fc.pre(packet !== undefined && packet.messageId !== received);
      lab.restore(online);
      checkMessage(packet, version, lab.packet(packet, places));
      const alias = packet.properties?.topicAlias;
      if (alias === undefined) return;
      const again: IPublishPacket = { cmd: "publish", topic: "", payload: "x", qos: 0, dup: false, retain: false };
      const outcome = lab.packet({ ...again, properties: { topicAlias: alias } });
      checkMessage({ ...again, topic: packet.topic }, version, outcome);
    };
    fc.assert(fc.property(packets, cuts, check), runs(count));
  });

  test.each([
    { cmd: "puback" as const, of: "qos1" as const },
    { cmd: "pubrec" as const, of: "qos2" as const },
    { cmd: "pubcomp" as const, of: "released" as const },
  ])("$cmd with every Reason Code, and nothing awaits it after that", ({ cmd, of }) => {
    const { lab, state: online, published } = state(version, "busy");
    const packets = acknowledgement(cmd, fc.constantFrom(...published[of]));
    const earlier = acknowledgement("pubrel", identifier);
    type Given = Brief<AcknowledgementPacket>;
    const check = ({ packet, isShort }: Given, before: Given, places: readonly number[]): void => {
      const bytes = isShort ? encodeBriefly(packet, version) : encode(packet, version);
      const reasonCode = version === 5 ? packet.reasonCode : 0;
      const isRefused = reasonCode >= FIRST_FAILURE;
      const { messageId } = packet;
      lab.restore(online);
      // Of a packet that came before, nothing is left.
      lab.packet(before.packet);
      checkQuiet(lab.give(bytes, places), {
        logs: isRefused && cmd !== "pubcomp" ? refusal(`3 refused: ${reasonCode}`, packet.properties) : [],
        sent: cmd === "pubrec" && !isRefused ? [{ cmd: "pubrel", messageId }] : [],
      });
      // A PUBREC may come again until PUBCOMP has.
      if (cmd === "pubrec" && !isRefused) checkQuiet(lab.packet({ cmd: "pubcomp", messageId }));
      checkRefused(lab, encode({ cmd, messageId, reasonCode: 0 }, version));
    };
    fc.assert(fc.property(packets, earlier, cuts, check), runs(count / 6));
  });

  test("PUBREL is answered with PUBCOMP, which under MQTT 5.0 says whether there was such a message", () => {
    const { lab, state: online, received } = state(version, "busy");
    const identifiers = fc.oneof(fc.constant(received), identifier);
    const check = ({ packet, isShort }: Brief<AcknowledgementPacket>, places: readonly number[]): void => {
      const bytes = isShort ? encodeBriefly(packet, version) : encode(packet, version);
      const { messageId } = packet;
      lab.restore(online);
      const reasonCode = version === 4 || messageId === received ? 0 : 0x92;
      checkQuiet(lab.give(bytes, places), { sent: [{ cmd: "pubcomp", messageId, reasonCode }] });
    };
    fc.assert(fc.property(acknowledgement("pubrel", identifiers), cuts, check), runs(count / 6));
  });

  test("SUBACK and UNSUBACK with every Reason Code, and nothing awaits them after that", () => {
    const { lab, state: online, subscribe, unsubscribe } = state(version, "busy");
    const packets = version === 5 ? grantedV5(subscribe, unsubscribe) : grantedV4(subscribe, unsubscribe);
    const check = (packet: IGranted, places: readonly number[]): void => {
      const code = Number(packet.granted[0]);
      const isRefused = code >= FIRST_FAILURE;
      lab.restore(online);
      const outcome = lab.packet(packet, places);
      const words = packet.cmd === "suback" ? "subscription refused" : `refused: ${code}`;
      checkQuiet(outcome, { logs: isRefused ? refusal(`3 ${words}`, packet.properties ?? {}) : [] });
      checkRefused(lab, encode({ ...packet, properties: {}, granted: [0] }, version));
    };
    fc.assert(fc.property(packets, cuts, check), runs(count / 6));
  });

  test("PINGRESP, once", () => {
    const { lab, state: online } = state(version, "busy");
    const check = (places: readonly number[]): void => {
      lab.restore(online);
      checkQuiet(lab.packet({ cmd: "pingresp" }, places));
      checkRefused(lab, encode({ cmd: "pingresp" }, version));
    };
    fc.assert(fc.property(cuts, check), runs(100));
  });
});

describe(`what mqtt-packet generates of a connection's beginning and end is read as it was meant, seed ${SEED}`, () => {
  test("MQTT 5.0: DISCONNECT with every Reason Code", () => {
    const { lab, state: online } = state(5, "busy");
    const check = ({ packet, isShort }: Brief<IDisconnectPacket>, places: readonly number[]): void => {
      lab.restore(online);
      const { logs, sent, linked } = lab.give(isShort ? encodeBriefly(packet, 5) : encode(packet, 5), places);
      const { reasonCode = 0, properties = {} } = packet;
      const level = reasonCode < FIRST_FAILURE ? 2 : 3;
      const expected = refusal(`${level} disconnected: ${reasonCode}`, properties);
      deepStrictEqual({ logs, sent, linked }, { logs: expected, sent: [], linked: false });
    };
    fc.assert(fc.property(disconnect, cuts, check), runs(5000));
  });

  test("MQTT 5.0: AUTH that asks, before CONNACK and after it, is told and answered", () => {
    const { lab, authenticating } = state(5, "connecting");
    const { state: renewing } = state(5, "busy");
    const properties = { authenticationMethod: METHOD, authenticationData: Buffer.from(ANSWER) };
    const check = (packet: IAuthPacket, isOnline: boolean, places: readonly number[]): void => {
      lab.restore(isOnline ? renewing : authenticating);
      const { told, logs, sent, linked } = lab.packet(packet, places);
      const question = packet.properties?.authenticationData;
      const expected = question === undefined ? { "!": "" } : { "?": hex(question) };
      deepStrictEqual({ told, logs, linked }, { told: expected, logs: [], linked: true });
      deepStrictEqual(sent.map(withoutLength), [{ ...authPacket(0x18), properties }]);
      if (!isOnline) accept(lab, { authenticationMethod: METHOD });
    };
    fc.assert(fc.property(auth(METHOD, 0x18), fc.boolean(), cuts, check), runs(4000));
  });

  test("MQTT 5.0: AUTH that ends an authentication, once", () => {
    const { lab, state: renewing } = state(5, "busy");
    const check = (packet: IAuthPacket, places: readonly number[]): void => {
      lab.restore(renewing);
      checkQuiet(lab.packet(packet, places));
      checkRefused(lab, encode(packet, 5));
    };
    fc.assert(fc.property(auth(METHOD, 0), cuts, check), runs(1000));
  });

  test("MQTT 3.1.1: CONNACK with every return code", () => {
    const { lab, held } = state(4, "connecting");
    const check = (packet: IConnackPacket, places: readonly number[]): void => {
      lab.restore(held);
      const { logs, linked } = lab.packet(packet, places);
      const { returnCode } = packet;
      const expected = returnCode === 0 ? "1 online" : `3 broker refuses: ${returnCode}`;
      deepStrictEqual({ logs, linked }, { logs: [expected], linked: returnCode === 0 });
    };
    fc.assert(fc.property(connackV4, cuts, check), runs(500));
  });

  test("MQTT 5.0: CONNACK that refuses, with every Reason Code and property", () => {
    const states = state(5, "connecting");
    const { lab } = states;
    const packets = connackV5(undefined).filter(({ reasonCode }) => reasonCode !== 0);
    const names = fc.constantFrom("held" as const, "fresh" as const, "authenticating" as const);
    const check = (
      packet: IConnackPacket,
      before: "held" | "fresh" | "authenticating",
      parts: readonly number[],
    ): void => {
      lab.restore(states[before]);
      const { logs, sent, linked } = lab.packet(packet, parts);
      const expected = refusal(`3 broker refuses: ${packet.reasonCode}`, packet.properties ?? {});
      deepStrictEqual({ logs, sent, linked }, { logs: expected, sent: [], linked: false });
    };
    fc.assert(fc.property(packets, names, cuts, check), runs(4000));
  });

  test.each([
    { name: "a new session", before: "fresh" as const, method: undefined },
    { name: "a session that may be present", before: "held" as const, method: undefined },
    { name: "an authentication", before: "authenticating" as const, method: METHOD },
  ])("MQTT 5.0: CONNACK that accepts $name, whose limits are kept from the first packet on", ({ before, method }) => {
    const states = state(5, "connecting");
    const { lab, waiting } = states;
    const packets = connackV5(method).filter(({ reasonCode }) => reasonCode === 0);
    const check = (given: IConnackPacket, places: readonly number[]): void => {
      const packet = before === "fresh" ? { ...given, sessionPresent: false } : given;
      lab.restore(states[before]);
      const outcome = lab.packet(packet, places);
      deepStrictEqual({ logs: outcome.logs, linked: outcome.linked }, { logs: ["1 online"], linked: true });
      const [status, ...publishes] = outcome.sent;
      checkLimits(outcome, packet.properties ?? {});
      ok(status?.cmd === "publish" && status.topic === "sensor/7/status" && status.payload.toString() === "online");
      const messages = publishes.map((each) => (each.cmd === "publish" ? `${each.payload}` : each.cmd));
      // What is refused for its QoS goes out under QoS 0, and all that waits with it.
      const { receiveMaximum = 0xffff, maximumQoS } = packet.properties ?? {};
      const expected = before === "fresh" ? [] : waiting;
      const isPart = receiveMaximum < WINDOW && maximumQoS !== 0;
      deepStrictEqual(messages, isPart ? expected.slice(0, messages.length) : expected);
      ok(messages.length > 0 || before === "fresh");
    };
    fc.assert(fc.property(packets, cuts, check), runs(3000));
  });
});
