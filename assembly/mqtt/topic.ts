/** Topic names and topic filters (4.7). */

import { equals, Text, utf8 } from "../text";

const SLASH: i32 = 0x2f;
const PLUS: i32 = 0x2b;
const HASH: i32 = 0x23;
const DOLLAR: i32 = 0x24;

const SHARE = utf8("$share/");

/** Whether bytes may be a topic name: at least one character [MQTT-4.7.3-1], no wildcard [MQTT-3.3.2-2], and text. */
export function isTopicName(address: usize, length: i32): bool {
  return length > 0 && isText(address, length, true);
}

/** Whether bytes may be a text: well-formed UTF-8 without surrogates [MQTT-1.5.3-1] or U+0000 [MQTT-1.5.3-2]. */
export function isUtf8(address: usize, length: i32): bool {
  return isText(address, length, false);
}

function isText(address: usize, length: i32, isName: bool): bool {
  const end = address + length;
  let at = address;
  while (at < end) {
    const first = <u32>load<u8>(at++);
    if (first < 0x80) {
      if (first == 0 || (isName && (first == PLUS || first == HASH))) return false;
      continue;
    }
    // 110xxxxx, 1110xxxx and 11110xxx are followed by one, two and three bytes 10xxxxxx.
    const following = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || at + following > end) return false;
    const second = <u32>load<u8>(at);
    // Over-long forms, surrogates U+D800 to U+DFFF, and anything above U+10FFFF show in the second byte.
    if (
      (first == 0xe0 && second < 0xa0) ||
      (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f)
    ) {
      return false;
    }
    for (let i = 0; i < following; i++) {
      if ((load<u8>(at++) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

/**
 * Whether a text may be a topic filter: at least one character [MQTT-4.7.3-1], `+` a whole level [MQTT-4.7.1-2], `#` a whole
 * level and the last [MQTT-4.7.1-1]. A shared one is `$share/`, a name without wildcards, `/` and a filter [MQTT-4.8.2-1]
 * [MQTT-4.8.2-2].
 */
export function isTopicFilter(filter: Text): bool {
  const end = filter.bytes + filter.length;
  let at = filter.bytes;
  if (!isUtf8(at, filter.length)) return false;
  if (isShared(filter)) {
    at += SHARE.length;
    const name = at;
    while (at < end && load<u8>(at) != SLASH) at++;
    if (at == name || at == end || !isTopicName(name, <i32>(at - name))) return false;
    at++;
  }
  if (at == end) return false;
  for (let isLevelStart = true; at < end; at++) {
    const character = load<u8>(at);
    if (character == PLUS || character == HASH) {
      if (!isLevelStart) return false;
      if (at + 1 < end && (character == HASH || load<u8>(at + 1) != SLASH)) return false;
    }
    isLevelStart = character == SLASH;
  }
  return true;
}

/** Whether a filter is one of a shared subscription. */
export function isShared(filter: Text): bool {
  return filter.length >= SHARE.length && equals(SHARE, filter.bytes, SHARE.length);
}

/** Whether a filter has a wildcard. */
export function hasWildcard(filter: Text): bool {
  return !isTopicName(filter.bytes, filter.length);
}

/**
 * Whether a topic name matches a topic filter. `+` stands for one whole level, `#` for all that follow and for their
 * parent; neither, at the beginning, matches a name that begins with `$` [MQTT-4.7.2-1]. Bytes are compared as they are
 * [MQTT-4.7.3-4].
 */
export function matches(filter: Text, name: usize, nameLength: i32): bool {
  let f = filter.bytes;
  const filterEnd = f + filter.length;
  let n = name;
  const nameEnd = name + nameLength;
  const leading = f < filterEnd ? <i32>load<u8>(f) : 0;
  if ((leading == PLUS || leading == HASH) && n < nameEnd && load<u8>(n) == DOLLAR) return false;
  while (f < filterEnd) {
    const wanted = <i32>load<u8>(f);
    if (wanted == HASH) return true;
    if (wanted == PLUS) {
      while (n < nameEnd && load<u8>(n) != SLASH) n++;
      f++;
      continue;
    }
    if (n == nameEnd) {
      // "a/#" matches its parent level "a" too.
      return f + 2 == filterEnd && wanted == SLASH && load<u8>(f + 1) == HASH;
    }
    if (load<u8>(n) != wanted) return false;
    n++;
    f++;
  }
  return n == nameEnd;
}
