/** Availability: `online`, `asleep` or `offline`, retained, on `sensor/<id>/status`. The will says `offline` if the node can't. */

import { finishPacket, outputEnd } from "../mqtt/connection";
import { retainFlag, writeNoProperties } from "../mqtt/limits";
import { PacketType } from "../mqtt/packet";
import { STATUS as HAS_STATUS } from "../options";
import { Text, utf8, writeBytes } from "../text";
import { writeTopic } from "./identity";

export const STATUS = utf8("status");
export const ONLINE = utf8("online");
export const OFFLINE = utf8("offline");
export const ASLEEP = utf8("asleep");

/**
 * Puts a status into the output. QoS 0 is enough: the link delivers it in order or breaks, and every new connection
 * says it again.
 */
export function writeStatus(status: Text): void {
  if (!HAS_STATUS) return;
  const start = outputEnd();
  const at = writeNoProperties(writeTopic(start + 2, STATUS));
  finishPacket(PacketType.PUBLISH | retainFlag(), start, writeBytes(at, status));
}
