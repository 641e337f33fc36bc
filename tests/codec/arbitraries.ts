/** Any packet that a broker may send, as mqtt-packet describes it. What belongs together is chosen together. */

import fc, { type Arbitrary } from "fast-check";
import type {
  IAuthPacket,
  IConnackPacket,
  IDisconnectPacket,
  IPublishPacket,
  Packet,
  UserProperties,
} from "mqtt-packet";

// Values --------------------------------------------------------------------------------------------------------------

function range(min: number, max: number): Arbitrary<number> {
  return fc.integer({ min, max });
}

export const u16 = range(0, 0xffff);
export const u32 = fc.oneof(range(0, 300), range(0, 0xffff_ffff), fc.constant(0xffff_ffff));
export const identifier = range(1, 0xffff);

/** Every code point but U+0000 and the surrogates, which no text may have; from one byte of UTF-8 to four. */
const codePoint = fc.oneof(
  { weight: 6, arbitrary: range(0x20, 0x7e) },
  range(0x01, 0x1f),
  range(0x80, 0x7ff),
  range(0x800, 0xd7ff),
  range(0xe000, 0xffff),
  range(0x1_0000, 0x10_ffff),
);
const character = codePoint.map((code) => String.fromCodePoint(code));
/** No wildcard. */
const topicCharacter = fc
  .oneof({ weight: 4, arbitrary: character }, fc.constant("/"))
  .map((each) => (each === "+" || each === "#" ? "x" : each));

export function text(maxLength: number, minLength = 0): Arbitrary<string> {
  return fc.string({ unit: character, minLength, maxLength, size: "max" });
}

export function topic(maxLength: number): Arbitrary<string> {
  return fc.string({ unit: topicCharacter, minLength: 1, maxLength, size: "max" });
}

export function bytes(maxLength: number): Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength, size: "max" }).map((each) => Buffer.from(each));
}

/** A few bytes of anything, and more that cost nothing to choose: up to `maxLength`, that length itself often. */
export function payload(maxLength: number): Arbitrary<Buffer> {
  const padding = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, range(0, maxLength), fc.constant(maxLength));
  return fc.tuple(bytes(24), padding).map(([head, more]) => {
    const whole = Buffer.alloc(Math.min(head.length + more, maxLength));
    head.copy(whole);
    for (let at = head.length; at < whole.length; at++) whole[at] = at * 7;
    return whole;
  });
}

/** The names that modules/codec.ts asks for come often. */
export const USER_PROPERTIES = { a: "a", b: "ä€", d: "" } as const;
const userPropertyName = fc.oneof(fc.constantFrom(...Object.values(USER_PROPERTIES)), text(6));

export function userProperties(value: Arbitrary<string>, maxCount = 3): Arbitrary<UserProperties> {
  return fc.array(fc.tuple(userPropertyName, value), { minLength: 1, maxLength: maxCount }).map((pairs) => {
    const all: UserProperties = Object.create(null);
    for (const [name, each] of pairs) {
      const earlier = all[name];
      all[name] = earlier === undefined ? each : [earlier, each].flat();
    }
    return all;
  });
}

/** Some of these properties, in any order. */
export function some<T extends object>(model: { [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<Partial<T>> {
  const keys = Object.keys(model) as (keyof T)[];
  return fc.tuple(fc.record(model), fc.shuffledSubarray(keys)).map(([all, chosen]) => {
    const properties: Partial<T> = {};
    for (const key of chosen) properties[key] = all[key];
    return properties;
  });
}

/** Where a stream is cut: places, of which those beyond its end count from its beginning again. */
export const cuts = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  fc.array(range(0, 24), { maxLength: 6, size: "max" }),
  fc.array(range(0, 2000), { maxLength: 3, size: "max" }),
);

// Packets of both versions -----------------------------------------------------------------------------------------------

/** A PUBLISH; DUP under QoS 0 is none [MQTT-3.3.1-2]. */
function publishWith(properties: Arbitrary<NonNullable<IPublishPacket["properties"]>> | undefined, maxPayload: number) {
  const always = {
    cmd: fc.constant("publish" as const),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    dup: fc.boolean(),
    retain: fc.boolean(),
    messageId: identifier,
    topic: topic(24),
    payload: payload(maxPayload),
  };
  const packet: Arbitrary<IPublishPacket> = properties ? fc.record({ ...always, properties }) : fc.record(always);
  return packet.map((each) => (each.qos === 0 ? { ...each, dup: false } : each));
}

export const publishV4 = (maxPayload: number): Arbitrary<IPublishPacket> => publishWith(undefined, maxPayload);

export const connackV4: Arbitrary<IConnackPacket> = fc.oneof(
  fc.record({ cmd: fc.constant("connack" as const), returnCode: fc.constant(0), sessionPresent: fc.boolean() }),
  fc.record({ cmd: fc.constant("connack" as const), returnCode: range(1, 5), sessionPresent: fc.constant(false) }),
);

// Packets of MQTT 5.0 ----------------------------------------------------------------------------------------------------

export const publishV5 = (maxPayload: number, aliases: number): Arbitrary<IPublishPacket> =>
  publishWith(
    some<Required<NonNullable<IPublishPacket["properties"]>>>({
      payloadFormatIndicator: fc.boolean(),
      messageExpiryInterval: u32,
      topicAlias: range(1, aliases),
      responseTopic: topic(20),
      correlationData: fc.oneof(bytes(16), payload(140)),
      userProperties: userProperties(text(16)),
      subscriptionIdentifier: fc.oneof(
        range(1, 0x0fff_ffff),
        fc.constantFrom(127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455),
        fc.array(range(1, 0x0fff_ffff), { minLength: 2, maxLength: 4 }),
      ),
      contentType: text(16),
    }),
    maxPayload,
  );

const problem = some<{ reasonString: string; userProperties: UserProperties }>({
  reasonString: text(40),
  userProperties: userProperties(text(16)),
});

export type Acknowledgement = "puback" | "pubrec" | "pubrel" | "pubcomp";

/** Reason Codes of each packet (3.4.2.1, 3.5.2.1, 3.6.2.1, 3.7.2.1, 3.9.3, 3.11.3, 3.14.2.1, 3.2.2.2). */
const PUBLISHED = [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const RELEASED = [0, 0x92];
export const REASONS = {
  puback: PUBLISHED,
  pubrec: PUBLISHED,
  pubrel: RELEASED,
  pubcomp: RELEASED,
  suback: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
  unsuback: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
  disconnect: [
    0, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
    0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
  ],
  connack: [
    0, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c,
    0x9d, 0x9f,
  ],
} as const;

function reason(of: keyof typeof REASONS): Arbitrary<number> {
  return fc.constantFrom(...REASONS[of]);
}

export interface AcknowledgementPacket {
  readonly cmd: Acknowledgement;
  readonly messageId: number;
  readonly reasonCode: number;
  readonly properties: { reasonString?: string; userProperties?: UserProperties };
}

/** A packet, and whether what can be left out of its bytes is: empty properties, and a Reason Code of 0 before them. */
export interface Brief<T extends Packet> {
  readonly packet: T;
  readonly isShort: boolean;
}

function brief<T extends Packet>(packet: Arbitrary<T>): Arbitrary<Brief<T>> {
  return fc.record({ packet, isShort: fc.boolean() });
}

export function acknowledgement(
  cmd: Acknowledgement,
  messageId: Arbitrary<number>,
): Arbitrary<Brief<AcknowledgementPacket>> {
  const properties = fc.oneof(fc.constant({}), problem);
  return brief(fc.record({ cmd: fc.constant(cmd), messageId, reasonCode: reason(cmd), properties }));
}

export function granted<C extends "suback" | "unsuback">(cmd: C, messageId: number) {
  return fc.record({
    cmd: fc.constant(cmd),
    messageId: fc.constant(messageId),
    granted: reason(cmd).map((each) => [each]),
    properties: problem,
  });
}

export const disconnect: Arbitrary<Brief<IDisconnectPacket>> = brief(
  fc.record({
    cmd: fc.constant("disconnect" as const),
    reasonCode: reason("disconnect"),
    properties: fc.oneof(
      fc.constant({}),
      some<{ reasonString: string; userProperties: UserProperties; serverReference: string }>({
        reasonString: text(40),
        userProperties: userProperties(text(16)),
        serverReference: text(20),
      }),
    ),
  }),
);

/** AUTH of a broker: the method always, and whatever else. */
export function auth(method: string, reasonCode: number): Arbitrary<IAuthPacket> {
  const more = some<{ authenticationData: Buffer; reasonString: string; userProperties: UserProperties }>({
    authenticationData: fc.oneof(bytes(24), payload(300)),
    reasonString: text(30),
    userProperties: userProperties(text(16)),
  });
  return more.map((properties) => ({
    cmd: "auth" as const,
    reasonCode,
    properties: { authenticationMethod: method, ...properties },
  }));
}

export type ConnackProperties = NonNullable<IConnackPacket["properties"]>;

/** CONNACK with whatever a broker may say of itself; nobody has asked for Response Information. */
export function connackV5(method: string | undefined): Arbitrary<IConnackPacket> {
  const properties = some<Required<Omit<ConnackProperties, "authenticationMethod" | "responseInformation">>>({
    sessionExpiryInterval: u32,
    receiveMaximum: fc.oneof(range(1, 9), range(1, 0xffff)),
    maximumQoS: range(0, 1),
    retainAvailable: fc.boolean(),
    maximumPacketSize: fc.oneof(range(64, 200), range(64, 0xffff_ffff)),
    assignedClientIdentifier: text(20),
    topicAliasMaximum: fc.oneof(range(0, 2), u16),
    reasonString: text(30),
    userProperties: userProperties(text(12)),
    wildcardSubscriptionAvailable: fc.boolean(),
    subscriptionIdentifiersAvailable: fc.boolean(),
    sharedSubscriptionAvailable: fc.boolean(),
    serverKeepAlive: fc.oneof(range(0, 60), u16),
    serverReference: text(16),
    authenticationData: bytes(24),
  }).map(({ authenticationData, ...others }): ConnackProperties => {
    if (method === undefined) return others;
    const repeated = { ...others, authenticationMethod: method };
    return authenticationData === undefined ? repeated : { ...repeated, authenticationData };
  });
  const reasonCode = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, reason("connack"));
  return fc
    .record({ cmd: fc.constant("connack" as const), reasonCode, sessionPresent: fc.boolean(), properties })
    .map((each) => (each.reasonCode === 0 ? each : { ...each, sessionPresent: false }));
}
