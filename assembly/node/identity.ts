/** Who this node is: its id, and the topics that follow from it. All of them begin with `sensor/<id>/`. */

import { config_get } from "../hal";
import { BASE, identity } from "../image";
import { copy } from "../memory";
import { Text, utf8, writeBytes, writeU16 } from "../text";

const ID_KEY = utf8("id");
const SENSOR = utf8("sensor/");

/** The longest client identifier that every broker must accept [MQTT-3.1.3-5]. */
export const MAX_ID: i32 = 23;
const SLASH: i32 = 0x2f;


@unmanaged
export class Identity {
  idLength: i32 = 0;
}

/** `sensor/<id>/`, without a length. */
@lazy
const ID: usize = BASE + 7;
export const BASE_CAPACITY: i32 = 32;

/** Reads the id. Returns false if there is none, or if it has characters that a topic level can't have. */
export function setupIdentity(): bool {
  writeBytes(BASE, SENSOR);
  const length = config_get(ID_KEY.bytes, ID_KEY.length, ID, MAX_ID);
  if (length < 1) return false;
  for (let i = 0; i < length; i++) {
    if (!isIdCharacter(load<u8>(ID + i))) return false;
  }
  store<u8>(ID + length, SLASH);
  identity.idLength = length;
  return true;
}

/** Printable ASCII from `0` on, and `-`: no `/`, `+`, `#` or space, which would make another topic of it. */
function isIdCharacter(character: u32): bool {
  return character - 0x30 < 0x4f || character == 0x2d;
}

/** Whether this node has the given id. */
export function isId(id: Text): bool {
  if (id.length != identity.idLength) return false;
  return memory.compare(id.bytes, ID, id.length) == 0;
}

/** Bytes of `sensor/<id>/`. */
@inline
export function baseLength(): i32 {
  return identity.idLength + 8;
}

/** Writes the client identifier with its length. */
export function writeClientId(address: usize): usize {
  return copy(writeU16(address, identity.idLength), ID, identity.idLength);
}

/** Writes the topic `sensor/<id>/` + suffix with its length. */
export function writeTopic(address: usize, suffix: Text): usize {
  return writeBytes(copy(writeU16(address, baseLength() + suffix.length), BASE, baseLength()), suffix);
}

/** Where this node's base topic lies, `baseLength()` bytes. */
@inline
export function baseTopic(): usize {
  return BASE;
}
