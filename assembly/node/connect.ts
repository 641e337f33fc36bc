/** CONNECT (3.1): who this node is, its will, and its credentials, which pass from the configuration to the wire. */

import { config_get } from "../hal";
import { connection, OUTPUT } from "../image";
import { ConnectFlag, PacketType } from "../mqtt/packet";
import { KEEP_ALIVE_S, PERSISTENT } from "../options";
import { Text, utf8, writeBytes, writeU8, writeU16 } from "../text";
import { writeClientId, writeTopic } from "./identity";
import { OFFLINE, STATUS } from "./status";

const MQTT = utf8("MQTT");
const PROTOCOL_LEVEL: i32 = 4;
const USER_NAME_KEY = utf8("username");
const PASSWORD_KEY = utf8("password");
/** Longest user name and password. */
const MAX_CREDENTIAL: i32 = 64;

/** The packet's body leaves room for a header of three bytes; where two are enough, the packet begins a byte later. */
@lazy
const BODY: usize = OUTPUT + 3;


@lazy
const FLAGS: usize = BODY + 7;

/** Puts CONNECT into the output, which must be empty. */
export function writeConnect(): void {
  let flags = ConnectFlag.WILL | ConnectFlag.WILL_QOS_1 | ConnectFlag.WILL_RETAIN;
  if (!PERSISTENT) flags |= ConnectFlag.CLEAN_SESSION;
  let at = writeU8(writeText(BODY, MQTT), PROTOCOL_LEVEL);
  at = writeU16(at + 1, KEEP_ALIVE_S);
  // The order of the payload: client identifier, will topic, will message, user name, password [MQTT-3.1.3-1].
  at = writeClientId(at);
  at = writeTopic(at, STATUS);
  at = writeText(at, OFFLINE);
  let end = writeConfig(at, USER_NAME_KEY);
  if (end != at) {
    flags |= ConnectFlag.USER_NAME;
    at = end;
    // Without a user name there is no password [MQTT-3.1.2-22].
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

/** Writes a text with its length. */
function writeText(address: usize, text: Text): usize {
  return writeBytes(writeU16(address, text.length), text);
}

/** Writes a configured value with its length, or nothing if it is not set. */
function writeConfig(address: usize, key: Text): usize {
  const length = config_get(key.bytes, key.length, address + 2, MAX_CREDENTIAL);
  if (length < 0) return address;
  return writeU16(address, length) + length;
}
