/** What the broker allows on this connection (3.2.2.3). Every CONNACK sets all of it anew, so nothing outlives its connection. */

import { limits } from "../image";
import { KEEP_ALIVE_S, V5 } from "../options";
import { writeU8 } from "../text";
import { PublishFlag } from "./packet";
import { Property, propertyOr } from "./property";
import { isV5 } from "./version";


@unmanaged
export class Limits {
  /** PUBLISH packets under QoS 1 and 2 that may be unacknowledged at a time [MQTT-3.3.4-7]. */
  receiveMaximum: u32 = 0;
  /** Bytes of the largest packet that may be sent [MQTT-3.2.2-15]. */
  packetSize: u32 = 0;
  /** Highest topic alias; 0: none may be sent [MQTT-3.2.2-18]. */
  topicAliasMaximum: u32 = 0;
  /** The broker's own Keep Alive in seconds takes the place of the one asked for [MQTT-3.1.2-21]; 0: it is switched off. */
  keepAliveS: u32 = 0;
  /** Highest QoS [MQTT-3.2.2-11]. */
  qos: u32 = 0;
  /** Whether RETAIN may be 1 [MQTT-3.2.2-14]. */
  retain: u32 = 0;
  /** Whether subscriptions may have wildcards, identifiers, and be shared. */
  wildcards: u32 = 0;
  identifiers: u32 = 0;
  shared: u32 = 0;
}

/** Takes the limits from the properties that were read last: those of CONNACK, or none, as under MQTT 3.1.1. */
export function takeLimits(): void {
  limits.receiveMaximum = propertyOr(Property.RECEIVE_MAXIMUM, 0xffff);
  limits.packetSize = propertyOr(Property.MAXIMUM_PACKET_SIZE, u32.MAX_VALUE);
  limits.topicAliasMaximum = propertyOr(Property.TOPIC_ALIAS_MAXIMUM, 0);
  limits.keepAliveS = propertyOr(Property.SERVER_KEEP_ALIVE, KEEP_ALIVE_S);
  limits.qos = propertyOr(Property.MAXIMUM_QOS, 2);
  limits.retain = propertyOr(Property.RETAIN_AVAILABLE, 1);
  limits.wildcards = propertyOr(Property.WILDCARD_AVAILABLE, 1);
  limits.identifiers = propertyOr(Property.IDENTIFIERS_AVAILABLE, 1);
  limits.shared = propertyOr(Property.SHARED_AVAILABLE, 1);
}

/** RETAIN, where the broker keeps messages at all. */
@inline
export function retainFlag(): i32 {
  return V5 ? (limits.retain ? PublishFlag.RETAIN : 0) : PublishFlag.RETAIN;
}

/** The highest QoS up to the given one that the broker takes. */
@inline
export function allowedQos(qos: i32): i32 {
  return V5 ? min<i32>(qos, limits.qos) : qos;
}

/** Writes that there are no properties, which MQTT 5.0 wants to be told [MQTT-2.2.2-1]. */
@inline
export function writeNoProperties(address: usize): usize {
  return V5 && isV5() ? writeU8(address, 0) : address;
}
