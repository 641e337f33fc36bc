/** DISCONNECT (3.14): this side ends the connection. */

import { V5 } from "../options";
import { finishPacket, outputEnd, outputHasRoomFor, writeEmptyPacket } from "./connection";
import { PacketType } from "./packet";
import { isV5 } from "./version";

/** A header and a Reason Code: no properties may then follow (3.14.2.2.1). */
const DISCONNECT_BYTES: i32 = 3;

/** Puts DISCONNECT into the output, if it still has room, with a Reason Code under MQTT 5.0. Nothing may follow [MQTT-3.14.4-1]. */
export function writeDisconnect(reason: i32): void {
  if (!V5) return writeEmptyPacket(PacketType.DISCONNECT);
  if (!outputHasRoomFor(DISCONNECT_BYTES)) return;
  const start = outputEnd();
  let end = start + 2;
  if (reason != 0 && isV5()) {
    store<u8>(end, reason);
    end++;
  }
  finishPacket(PacketType.DISCONNECT, start, end);
}
