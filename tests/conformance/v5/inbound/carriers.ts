/** Each packet of a server that has properties, at a node that waits for it. Written from the standard, tables 2-4 and 2-5. */

import type { LoadedModule } from "../../../../host/engine/module.ts";
import { packet, str } from "../../../unit/harness/bytes.ts";
import { loadTemperature } from "../../../unit/harness/modules.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { loadMirror, online, SUBSCRIBED, subscribing, UNSUBSCRIBED, unsubscribing } from "./nodes.ts";
import { authentication, CONTINUE, properties, publish, u8 } from "./packets.ts";

/** The identifier of the first reading, as it stands on the wire. */
export const READING = "0080";

export interface Modules {
  readonly mirror: LoadedModule;
  /** With an enhanced authentication, of method `MIRROR`. */
  readonly authenticating: LoadedModule;
  /** Readings under QoS 1 and 2. */
  readonly qos1: LoadedModule;
  readonly qos2: LoadedModule;
}

export async function loadModules(): Promise<Modules> {
  return {
    mirror: await loadMirror(),
    authenticating: await loadMirror("NODE_AUTH=1"),
    qos1: await loadTemperature("NODE_MQTT=5", "NODE_STATUS=0"),
    qos2: await loadTemperature("NODE_MQTT=5", "NODE_STATUS=0", "NODE_QOS=2"),
  };
}

export interface Carrier {
  readonly name: string;
  /** A node for which the packet is in place. */
  prepare(modules: Modules): TestNode;
  /** The packet with that Reason Code and those properties, their length included. */
  bytes(reason: number, properties: string): string;
  /** A Reason Code with which it is in place. */
  readonly good: number;
  /** A property without which it is out of place. */
  readonly base: string;
  /** What the node does about it where nothing is wrong: `accepted`, or `closed` if it ends the connection. */
  readonly verdict: "accepted" | "closed";
}

const METHOD = authentication("MIRROR");

/** What acknowledges the message or the request with that identifier. */
function acknowledging(
  name: string,
  first: number,
  identifier: string,
  prepare: (modules: Modules) => TestNode,
): Carrier {
  const bytes = (reason: number, all: string): string => packet(first, identifier, u8(reason), all);
  return { name, prepare, bytes, good: 0, base: "", verdict: "accepted" };
}

function answering(name: string, first: number, identifier: string, prepare: (modules: Modules) => TestNode): Carrier {
  const bytes = (reason: number, all: string): string => packet(first, identifier, all, u8(reason));
  return { name, prepare, bytes, good: 0, base: "", verdict: "accepted" };
}

export const CARRIERS: readonly Carrier[] = [
  {
    name: "CONNACK",
    prepare: ({ authenticating }) => new TestNode(authenticating).dial(),
    bytes: (reason, all) => packet(0x20, "00", u8(reason), all),
    good: 0,
    base: METHOD,
    verdict: "accepted",
  },
  {
    name: "PUBLISH",
    prepare: ({ mirror }) => online(mirror),
    bytes: (_, all) => packet(0x30, str("t"), all),
    good: 0,
    base: "",
    verdict: "accepted",
  },
  acknowledging("PUBACK", 0x40, READING, ({ qos1 }) => online(qos1)),
  acknowledging("PUBREC", 0x50, READING, ({ qos2 }) => online(qos2)),
  acknowledging("PUBREL", 0x62, "0001", ({ mirror }) => online(mirror).receive(publish("t", "", { qos: 2 }))),
  acknowledging("PUBCOMP", 0x70, READING, ({ qos2 }) => online(qos2).receive(packet(0x50, READING))),
  answering("SUBACK", 0x90, SUBSCRIBED, ({ mirror }) => subscribing(mirror)),
  answering("UNSUBACK", 0xb0, UNSUBSCRIBED, ({ mirror }) => unsubscribing(mirror)),
  {
    name: "DISCONNECT",
    prepare: ({ mirror }) => online(mirror),
    bytes: (reason, all) => packet(0xe0, u8(reason), all),
    good: 0x80,
    base: "",
    verdict: "closed",
  },
  {
    name: "AUTH",
    prepare: ({ authenticating }) => new TestNode(authenticating).dial(),
    bytes: (reason, all) => packet(0xf0, u8(reason), all),
    good: CONTINUE,
    base: METHOD,
    verdict: "accepted",
  },
];

/** The carrier's packet with properties in addition to those that it can't be without. */
export function carry(carrier: Carrier, ...each: readonly string[]): string {
  return carrier.bytes(carrier.good, properties(carrier.base, ...each));
}

export function carrierOf(name: string): Carrier {
  const carrier = CARRIERS.find((each) => each.name === name);
  if (carrier === undefined) throw new Error(`no such packet: ${name}`);
  return carrier;
}
