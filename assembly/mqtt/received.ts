/**
 * Messages that arrived under QoS 2 and are not released yet, by identifier as loaded from memory: method B of the standard (4.3.3). The application
 * has had such a message when its PUBREC goes out; the identifier alone is kept, until PUBREL, to know a duplicate by.
 */

import { IDENTIFIERS, received } from "../image";
import { copy } from "../memory";
import { RECEIVE_MAXIMUM } from "../options";

/** Survives the connection, as long as the session does. */
@unmanaged
export class Received {
  /** How many identifiers are kept. */
  count: i32 = 0;
}

/** Whether a message with that identifier was received, and not released since. */
export function isReceived(identifier: i32): bool {
  return indexOf(identifier) < received.count;
}

/** Whether there is room for another identifier. */
export function hasRoomForReceived(): bool {
  return received.count < RECEIVE_MAXIMUM;
}

/** Keeps an identifier; there must be room. */
export function keepReceived(identifier: i32): void {
  store<u16>(IDENTIFIERS + 2 * received.count++, identifier);
}

/** PUBREL has come: the identifier may be used again. Returns false if it was not kept. */
export function release(identifier: i32): bool {
  const index = indexOf(identifier);
  const count = received.count;
  if (index == count) return false;
  const at = IDENTIFIERS + 2 * index;
  received.count = count - 1;
  copy(at, at + 2, 2 * (count - 1 - index));
  return true;
}

function indexOf(identifier: i32): i32 {
  const count = received.count;
  let index = 0;
  while (index < count && load<u16>(IDENTIFIERS + 2 * index) != identifier) index++;
  return index;
}
