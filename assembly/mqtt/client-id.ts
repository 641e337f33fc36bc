/** A client identifier that the broker assigns (5.0: 3.2.2.3.7). */

import { clientId, CLIENT_ID, continuity } from "../image";
import { copy } from "../memory";
import { PERSISTENT } from "../options";
import { Text, writeU16 } from "../text";

/** The longest that is kept: brokers use a UUID with a word in front. */
const MAX_CLIENT_ID: i32 = 46;
export const CLIENT_ID_BYTES: i32 = 48;


@unmanaged
export class ClientId {
  /** Bytes of the assigned identifier; 0: there is none yet. */
  length: i32 = 0;
}

/** Whether CONNECT leaves the identifier to the broker. */
export function needsAssignedId(): bool {
  return clientId.length == 0;
}

/** Keeps the assigned identifier for the connections to come [MQTT-3.1.3-7]. One that is too long is asked for anew, with its session. */
export function keepAssignedId(text: Text): void {
  const length = text.length;
  if (length > MAX_CLIENT_ID) return;
  clientId.length = length;
  copy(CLIENT_ID, text.bytes, length);
}

/** Writes the identifier with its length. Without one the broker can't find a session, so none is asked for [MQTT-3.1.3-7]. */
export function writeAssignedId(address: usize): usize {
  if (PERSISTENT && clientId.length == 0) continuity.isHeld = false;
  return copy(writeU16(address, clientId.length), CLIENT_ID, clientId.length);
}
