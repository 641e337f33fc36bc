/** What a broker of MQTT 5.0 says: right, or almost. */

import type { Chance } from "./chance.ts";
import { framed, PAYLOADS, TOPICS, u16 } from "./packets.ts";
import type { Peer } from "./peer.ts";
import { Allowed, properties, textProperty } from "./properties.ts";

const ASSIGNED_CLIENT_IDENTIFIER = 0x12;
const AUTHENTICATION_METHOD = 0x15;
const PUBLISHED = [0, 0, 0, 0, 0x10, 0x80, 0x87, 0x97];
const RELEASED = [0, 0, 0, 0x92];
const REFUSED = [0x80, 0x84, 0x86, 0x87, 0x88, 0x89, 0x8c, 0x97, 0x9c, 0x9d, 0x9f];
const ENDED = [0, 0x80, 0x81, 0x89, 0x8b, 0x8d, 0x8e, 0x93, 0x96, 0x97, 0x98, 0x9c, 0x9d, 0xa0];
const CONTINUE = 0x18;

/** The answer that the node awaits, if there is one; `method` is that of its CONNECT. */
export function answer5(chance: Chance, peer: Peer, method: string | undefined): Buffer | undefined {
  const repeated = method === undefined ? Buffer.alloc(0) : textProperty(AUTHENTICATION_METHOD, method);
  if (peer.connects > 0) {
    if (method !== undefined && chance.onceIn(3)) return authentication(chance, CONTINUE, repeated);
    peer.connects--;
    if (chance.onceIn(30)) return connack(chance, 0, chance.pick(REFUSED), Buffer.alloc(0));
    const always = peer.anonymous ? [repeated, textProperty(ASSIGNED_CLIENT_IDENTIFIER, "assigned")] : [repeated];
    return connack(chance, peer.resumable ? chance.below(2) : 0, 0, Buffer.concat(always));
  }
  if (peer.auths > 0 && chance.onceIn(2)) {
    peer.auths--;
    return authentication(chance, chance.onceIn(2) ? CONTINUE : 0, repeated);
  }
  if (peer.pings > 0 && chance.onceIn(2)) {
    peer.pings--;
    return Buffer.from([0xd0, 0]);
  }
  if (peer.subscribes.length > 0 && chance.onceIn(2)) {
    return request(chance, 0x90, peer.subscribes, [0, 1, 2, 2, 0x80, 0x87, 0xa2]);
  }
  if (peer.unsubscribes.length > 0 && chance.onceIn(2)) {
    return request(chance, 0xb0, peer.unsubscribes, [0, 0x11, 0x80]);
  }
  if (peer.records.length > 0 && chance.onceIn(2)) return acknowledgement(chance, 0x62, peer.records, RELEASED);
  if (peer.releases.length > 0 && chance.onceIn(2)) return acknowledgement(chance, 0x70, peer.releases, RELEASED);
  if (peer.exchanges.length > 0) return acknowledgement(chance, 0x50, peer.exchanges, PUBLISHED);
  if (peer.readings.length > 0) return acknowledgement(chance, 0x40, peer.readings, PUBLISHED);
  return undefined;
}

/** A PUBLISH that keeps to the standard, or almost. */
export function message5(chance: Chance): Buffer {
  const topic = Buffer.from(chance.onceIn(8) ? "" : chance.pick(TOPICS));
  const payload = chance.onceIn(8) ? chance.bytes(chance.below(300)) : Buffer.from(chance.pick(PAYLOADS));
  const qos = chance.below(3);
  // Few identifiers, so that they come again before they are released.
  const identifier = qos > 0 ? u16(1 + chance.below(24)) : Buffer.alloc(0);
  const first = 0x30 | (qos << 1) | chance.below(2) | (qos > 0 && chance.onceIn(4) ? 8 : 0);
  const head = [u16(topic.length), topic, identifier];
  return framed(first, Buffer.concat([...head, properties(chance, Allowed.PUBLISH), payload]));
}

/** A packet that is right at another time, or from another side. */
export function misplaced5(chance: Chance, method: string | undefined): Buffer {
  const repeated = textProperty(AUTHENTICATION_METHOD, method ?? "none");
  const any = [1 + chance.below(40), 0x8000 | chance.below(40)];
  switch (chance.below(8)) {
    case 0:
      return connack(chance, chance.below(2), chance.pick([0, 0x87]), repeated);
    case 1:
      return authentication(chance, chance.pick([0, CONTINUE, 0x19]), repeated);
    case 2:
      return framed(0xe0, Buffer.concat([Buffer.from([chance.pick(ENDED)]), properties(chance, Allowed.DISCONNECT)]));
    case 3:
      return request(chance, chance.pick([0x90, 0xb0]), any, [0, 1, 0x80]);
    case 4:
      return framed(chance.pick([0x10, 0x82, 0xa2, 0xc0, 0xd0, 0x00]), chance.bytes(chance.below(6)));
    default:
      return acknowledgement(chance, chance.pick([0x40, 0x50, 0x62, 0x70]), any, PUBLISHED);
  }
}

function connack(chance: Chance, sessionPresent: number, reason: number, always: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([sessionPresent, reason]), properties(chance, Allowed.CONNACK, always)]);
  return framed(0x20, body);
}

function authentication(chance: Chance, reason: number, always: Buffer): Buffer {
  return framed(0xf0, Buffer.concat([Buffer.from([reason]), properties(chance, Allowed.AUTH, always)]));
}

/** SUBACK or UNSUBACK for one of these. */
function request(chance: Chance, first: number, identifiers: number[], codes: readonly number[]): Buffer {
  const head = u16(identifiers.shift() as number);
  return framed(first, Buffer.concat([head, properties(chance, Allowed.PROBLEM), Buffer.from([chance.pick(codes)])]));
}

/** PUBACK and its like for one of these, with as much behind the identifier as there need be, or more. */
function acknowledgement(chance: Chance, first: number, identifiers: number[], reasons: readonly number[]): Buffer {
  const at = chance.onceIn(4) ? chance.below(identifiers.length) : 0;
  const parts = [u16(identifiers.splice(at, 1)[0] as number)];
  const reason = chance.pick(reasons);
  if (reason !== 0 || chance.onceIn(2)) {
    parts.push(Buffer.from([reason]));
    if (chance.onceIn(2)) parts.push(properties(chance, Allowed.PROBLEM));
  }
  return framed(first, Buffer.concat(parts));
}
