/** What an application may ask the node to send: in fast-check's words, in modules/codec.ts's, and in mqtt-packet's. */

import fc, { type Arbitrary } from "fast-check";
import type { IPublishPacket } from "mqtt-packet";
import { payload, some, text, topic, userProperties } from "./arbitraries.ts";
import { instruction } from "./lab.ts";

type Properties = NonNullable<IPublishPacket["properties"]>;

export interface Description {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** In the order in which they are asked for. */
  readonly properties: Properties;
  readonly payload: Buffer;
}

/** Longest properties of a message of the node's own, but for the Message Expiry Interval. */
export const MAX_PROPERTIES = 117;

export function description(maxPayload: number): Arbitrary<Description> {
  return fc.record({
    // Now and then what is no topic name.
    topic: fc.oneof({ weight: 8, arbitrary: topic(30) }, text(4), fc.constantFrom("", "a/+", "#")),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    retain: fc.boolean(),
    properties: some<Required<Omit<Properties, "topicAlias" | "subscriptionIdentifier">>>({
      payloadFormatIndicator: fc.constant(true),
      messageExpiryInterval: fc.integer({ min: 1, max: 0xffff_ffff }),
      contentType: text(12),
      responseTopic: fc.oneof({ weight: 8, arbitrary: topic(12) }, text(2)),
      correlationData: payload(30),
      // mqtt-packet loses an empty value where the same name comes again.
      userProperties: userProperties(text(10, 1), 2),
    }),
    payload: payload(maxPayload),
  });
}

export function isTopicName(topic: string): boolean {
  return topic !== "" && !/[+#]/.test(topic);
}

/** Bytes of the properties, by what each takes besides its text: identifier and lengths. */
function propertyBytes(properties: Properties): number {
  const { contentType, responseTopic, correlationData, userProperties: pairs = {} } = properties;
  const texts = [contentType, responseTopic, correlationData].filter((each) => each !== undefined);
  const values = Object.entries(pairs).flatMap(([name, all]) => [all].flat().map((value) => [name, value].join("")));
  const sum = (all: readonly (string | Buffer)[], more: number): number =>
    all.reduce((bytes, each) => bytes + more + Buffer.byteLength(each), 0);
  return (properties.payloadFormatIndicator ? 2 : 0) + sum(texts, 3) + sum(values, 5);
}

/** Whether the node can send that, by the standard and by its own bounds on properties; of room there is enough. */
export function isSendable({ topic, properties }: Description): boolean {
  const { responseTopic = "t" } = properties;
  return isTopicName(topic) && isTopicName(responseTopic) && propertyBytes(properties) <= MAX_PROPERTIES;
}

/** Bytes of the message where the node keeps it, its header of 16 bytes included. */
export function keptBytes({ topic, properties, payload }: Description): number {
  return 16 + 2 + Buffer.byteLength(topic) + 2 + propertyBytes(properties) + payload.length;
}

/** Instructions that describe it to the application, `B` a message and `W` a will; what ends it is left to the caller. */
export function instructions(begin: "B" | "W", { topic, qos, retain, properties, payload }: Description): Buffer[] {
  const all = [instruction(begin, (qos << 1) | (retain ? 1 : 0), topic)];
  for (const [name, value] of Object.entries(properties)) {
    if (name === "payloadFormatIndicator") all.push(instruction("F"));
    else if (name === "messageExpiryInterval") all.push(instruction("E", value as number));
    else if (name === "contentType") all.push(instruction("C", 0, value as string));
    else if (name === "responseTopic") all.push(instruction("R", 0, value as string));
    else if (name === "correlationData") all.push(instruction("D", 0, value as Buffer));
    else
      all.push(...Object.entries(value as object).flatMap(([key, each]) => [each].flat().map((one) => pair(key, one))));
  }
  all.push(instruction("T", 0, payload));
  return all;
}

/** A user property: the number says how many bytes the name takes with its length. */
function pair(name: string, value: string): Buffer {
  const parts = [name, value].map((each) => {
    const bytes = Buffer.from(each);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
  });
  return instruction("U", parts[0]?.length ?? 0, Buffer.concat(parts));
}

// Topic filters --------------------------------------------------------------------------------------------------------------

const level = fc.oneof({ weight: 3, arbitrary: text(5) }, fc.constant("+"), fc.constant(""));

/** Right ones more often than not, with wildcards, shared ones among them. */
export const filter: Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("", "", "", "$share/group/", "$share/", "$share//", "$share/a+/"),
    fc.array(level, { minLength: 1, maxLength: 6, size: "max" }),
    fc.constantFrom("", "", "/#", "#", "x".repeat(60)),
  )
  .map(([share, levels, end]) => share + levels.join("/") + end);

/** Whether the standard allows it (4.7.1, 4.8.2), and it is no longer than the node's 122 bytes. */
export function isTopicFilter(whole: string): boolean {
  const [, name, rest = ""] = isShared(whole) ? (/^\$share\/([^/]*)(?:\/(.*))?$/s.exec(whole) ?? []) : ["", "x", whole];
  if (!isTopicName(name ?? "")) return false;
  const levels = rest.split("/");
  const isRight = levels.every(
    (each, at) => each === "+" || (each === "#" && at === levels.length - 1) || !/[+#]/.test(each),
  );
  return rest !== "" && isRight && Buffer.byteLength(whole) <= 122;
}

export function isShared(whole: string): boolean {
  return whole.startsWith("$share/");
}
