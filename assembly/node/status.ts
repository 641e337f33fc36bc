/** Availability: `online` or `offline`, retained, on `sensor/<id>/status`. The will says `offline` if the node can't. */

import { finishPacket, outputEnd } from "../mqtt/connection";
import { PacketType, PublishFlag } from "../mqtt/packet";
import { Text, utf8, writeBytes } from "../text";
import { writeTopic } from "./identity";

export const STATUS = utf8("status");
export const ONLINE = utf8("online");
export const OFFLINE = utf8("offline");

/**
 * Puts a status into the output. QoS 0 is enough: the link delivers it in order or breaks, and every new connection
 * says it again.
 */
export function writeStatus(status: Text): void {
  const start = outputEnd();
  const at = writeTopic(start + 2, STATUS);
  finishPacket(PacketType.PUBLISH | PublishFlag.RETAIN, start, writeBytes(at, status));
}
