/** CONNECT (3.1): who this node is, its will, and its credentials, which pass from the configuration to the wire. */

import { config_get } from "../hal";
import { auth, clientId, connection, continuity, OUTPUT } from "../image";
import { MAX_AUTH_DATA, writeAuthProperties } from "../mqtt/auth";
import { writeAssignedId } from "../mqtt/client-id";
import { ConnectFlag, PacketType } from "../mqtt/packet";
import { Property, writeByteProperty, writeU16Property, writeU32Property } from "../mqtt/property";
import { isV5 } from "../mqtt/version";
import {
  ALIASES,
  ASSIGNED_ID,
  AUTH,
  CLEARS_SESSION,
  DOWNLOAD,
  KEEP_ALIVE_S,
  PERSISTENT,
  PROBLEM_INFORMATION,
  RECEIVE_CAPACITY,
  RECEIVE_MAXIMUM,
  RECEIVES_QOS_2,
  SESSION_EXPIRY_S,
  STATUS,
  V5,
  WILL,
} from "../options";
import { Text, utf8, writeText, writeU8, writeU16 } from "../text";
import { writeClientId } from "./identity";
import { willFlags, writeStatusWill, writeWill } from "./will";

const MQTT = utf8("MQTT");
const PROTOCOL_LEVEL: i32 = 4;
const PROTOCOL_VERSION_5: i32 = 5;
const USER_NAME_KEY = utf8("username");
const PASSWORD_KEY = utf8("password");
/** Longest user name and password. */
const MAX_CREDENTIAL: i32 = 64;

/** Mosquitto 2.0 leaves a packet's first byte out when it looks whether the packet is too large, and would send it for ever. */
const UNCOUNTED: i32 = 1;

/** The packet's body leaves room for a header of three bytes; where two are enough, the packet begins a byte later. */
@lazy
const BODY: usize = OUTPUT + 3;


@lazy
const FLAGS: usize = BODY + 7;

/** Puts CONNECT into the output, which must be empty. */
export function writeConnect(): void {
  let at = writeU8(writeText(BODY, MQTT), isV5() ? PROTOCOL_VERSION_5 : PROTOCOL_LEVEL);
  at = writeU16(at + 1, KEEP_ALIVE_S);
  if (V5) if (isV5()) at = writeProperties(at);
  // The order of the payload: client identifier, will, user name, password [MQTT-3.1.3-1].
  at = ASSIGNED_ID ? writeAssignedId(at) : writeClientId(at);
  let flags = isCleanStart() ? ConnectFlag.CLEAN_SESSION : 0;
  if (WILL > 0) {
    flags |= willFlags();
    at = writeWill(at);
  } else if (STATUS) {
    flags |= ConnectFlag.WILL | ConnectFlag.WILL_QOS_1 | ConnectFlag.WILL_RETAIN;
    at = writeStatusWill(at);
  }
  let end = writeConfig(at, USER_NAME_KEY);
  const hasUserName = end != at;
  // Without a user name there is no password in MQTT 3.1.1 [MQTT-3.1.2-22].
  if (V5 ? hasUserName || isV5() : hasUserName) {
    if (V5 ? hasUserName : true) flags |= ConnectFlag.USER_NAME;
    at = end;
    end = writeConfig(at, PASSWORD_KEY);
    if (end != at) flags |= ConnectFlag.PASSWORD;
  }
  store<u8>(FLAGS, flags);
  const remaining = <i32>(end - BODY);
  let start = BODY - 2;
  store<u8>(BODY - 1, remaining);
  if (remaining > 127) {
    start--;
    store<u8>(BODY - 2, remaining | 0x80);
    store<u8>(BODY - 1, remaining >> 7);
  }
  store<u8>(start, PacketType.CONNECT);
  connection.outputStart = start;
  connection.outputLength = <i32>(end - start);
}

/** Whether any earlier session is to be thrown away. */
@inline
function isCleanStart(): bool {
  if (!PERSISTENT) return true;
  // An empty client identifier names no session [MQTT-3.1.3-7].
  if (ASSIGNED_ID) if (clientId.length == 0) return true;
  if (!V5 && !CLEARS_SESSION) return false;
  return (CLEARS_SESSION || isV5()) && !continuity.isHeld;
}

/** Writes the properties of CONNECT with their length, of one byte unless there is an authentication. */
function writeProperties(address: usize): usize {
  // Room for two bytes of length; the second goes where it is not needed.
  const start = address + (AUTH ? 2 : 1);
  let at = start;
  if (PERSISTENT) at = writeU32Property(at, Property.SESSION_EXPIRY, SESSION_EXPIRY_S);
  if (RECEIVES_QOS_2) at = writeU16Property(at, Property.RECEIVE_MAXIMUM, RECEIVE_MAXIMUM);
  if (!DOWNLOAD) at = writeU32Property(at, Property.MAXIMUM_PACKET_SIZE, RECEIVE_CAPACITY - UNCOUNTED);
  if (ALIASES > 0) at = writeU16Property(at, Property.TOPIC_ALIAS_MAXIMUM, ALIASES);
  if (!PROBLEM_INFORMATION) at = writeByteProperty(at, Property.REQUEST_PROBLEM_INFORMATION, 0);
  if (AUTH) {
    if (auth.method != 0) {
      const data = changetype<Text>(auth.data);
      at = writeAuthProperties(at, data.bytes, min(data.length, MAX_AUTH_DATA));
    }
    const length = <i32>(at - start);
    if (length > 127) {
      store<u8>(address, length | 0x80);
      store<u8>(address, length >> 7, 1);
      return at;
    }
    memory.copy(address + 1, start, length);
    at--;
  }
  store<u8>(address, <i32>(at - address) - 1);
  return at;
}

/** Writes a configured value with its length, or nothing if it is not set. */
function writeConfig(address: usize, key: Text): usize {
  const length = config_get(key.bytes, key.length, address + 2, MAX_CREDENTIAL);
  if (length < 0) return address;
  return writeU16(address, length) + length;
}
