/** Topics that the broker has given an alias on this connection (5.0: 3.3.2.3.4). They die with it [MQTT-3.3.2-7]. */

import { ALIAS_TOPICS } from "../image";
import { copy } from "../memory";
import { ALIASES, RECEIVE_CAPACITY } from "../options";
import { writeU16 } from "../text";

/** A slot holds whatever topic the receive buffer can hold, with its two length bytes. */
const SLOT_BYTES: i32 = (RECEIVE_CAPACITY + 1) & ~1;
export const ALIAS_BYTES: i32 = ALIASES * SLOT_BYTES;
export const NO_TOPIC: usize = 0;

/** Keeps a topic for alias 1, 2, …, in place of the one it stood for [MQTT-3.3.2-10]. */
export function keepAlias(alias: u32, topic: usize, length: i32): void {
  copy(writeU16(slot(alias), length), topic, length);
}

/** Where the topic of alias 1, 2, … lies, behind its length, or `NO_TOPIC` if the broker has given it none. */
export function aliasedTopic(alias: u32): usize {
  return load<u16>(slot(alias)) == 0 ? NO_TOPIC : slot(alias);
}

/** The connection has ended, and every alias with it. */
export function forgetAliases(): void {
  for (let alias = 1; alias <= ALIASES; alias++) store<u16>(slot(alias), 0);
}

function slot(alias: u32): usize {
  return ALIAS_TOPICS + (alias - 1) * SLOT_BYTES;
}
