/** Topic names and topic filters (4.7). */

import { Text } from "../text";

const SLASH: i32 = 0x2f;
const PLUS: i32 = 0x2b;
const HASH: i32 = 0x23;
const DOLLAR: i32 = 0x24;

/**
 * Whether bytes may be a topic name: at least one character [MQTT-4.7.3-1], no wildcard [MQTT-3.3.2-2], no U+0000
 * [MQTT-1.5.3-2] and well-formed UTF-8 without surrogates [MQTT-1.5.3-1].
 */
export function isTopicName(address: usize, length: i32): bool {
  const end = address + length;
  let at = address;
  while (at < end) {
    const first = <u32>load<u8>(at++);
    if (first < 0x80) {
      if (first == 0 || first == PLUS || first == HASH) return false;
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
  return length > 0;
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
