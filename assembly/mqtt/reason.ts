/** Reason Codes of MQTT 5.0 (2.4), and which packet may carry which. */

export namespace ReasonCode {
  export const SUCCESS: i32 = 0x00;
  export const DISCONNECT_WITH_WILL: i32 = 0x04;
  export const NO_MATCHING_SUBSCRIBERS: i32 = 0x10;
  export const NO_SUBSCRIPTION_EXISTED: i32 = 0x11;
  export const CONTINUE_AUTHENTICATION: i32 = 0x18;
  export const REAUTHENTICATE: i32 = 0x19;
  export const UNSPECIFIED_ERROR: i32 = 0x80;
  export const MALFORMED_PACKET: i32 = 0x81;
  export const PROTOCOL_ERROR: i32 = 0x82;
  export const UNSUPPORTED_PROTOCOL_VERSION: i32 = 0x84;
  export const NOT_AUTHORIZED: i32 = 0x87;
  export const SERVER_UNAVAILABLE: i32 = 0x88;
  export const SERVER_BUSY: i32 = 0x89;
  export const SERVER_SHUTTING_DOWN: i32 = 0x8b;
  export const BAD_AUTHENTICATION_METHOD: i32 = 0x8c;
  export const KEEP_ALIVE_TIMEOUT: i32 = 0x8d;
  export const PACKET_IDENTIFIER_NOT_FOUND: i32 = 0x92;
  export const RECEIVE_MAXIMUM_EXCEEDED: i32 = 0x93;
  export const TOPIC_ALIAS_INVALID: i32 = 0x94;
  export const PACKET_TOO_LARGE: i32 = 0x95;
  export const MESSAGE_RATE_TOO_HIGH: i32 = 0x96;
  export const QUOTA_EXCEEDED: i32 = 0x97;
  export const USE_ANOTHER_SERVER: i32 = 0x9c;
  export const SERVER_MOVED: i32 = 0x9d;
  export const CONNECTION_RATE_EXCEEDED: i32 = 0x9f;
  export const SESSION_TAKEN_OVER: i32 = 0x8e;
  export const MAXIMUM_CONNECT_TIME: i32 = 0xa0;
}

/** From here on a Reason Code tells of a failure. */
export const FIRST_FAILURE: i32 = 0x80;

/** Failures that a packet of each kind may carry: bit n stands for code 0x80 + n. */
export namespace Failures {
  /** 3.2.2.2: 80 to 8a, 8c, 90, 95, 97, 99 to 9d, 9f [MQTT-3.2.2-8]. */
  export const CONNACK: u64 = 0xbea1_17ff;
  /** 3.4.2.1 and 3.5.2.1: 80, 83, 87, 90, 91, 97, 99 [MQTT-3.4.2-1] [MQTT-3.5.2-1]. */
  export const PUBLISHED: u64 = 0x0283_0089;
  /** 3.6.2.1 and 3.7.2.1: 92 [MQTT-3.6.2-1] [MQTT-3.7.2-1]. */
  export const RELEASED: u64 = 0x0004_0000;
  /** 3.9.3: 80, 83, 87, 8f, 91, 97, 9e, a1, a2 [MQTT-3.9.3-2]. */
  export const SUBACK: u64 = 0x6_4082_8089;
  /** 3.11.3: 80, 83, 87, 8f, 91 [MQTT-3.11.3-2]. */
  export const UNSUBACK: u64 = 0x0002_8089;
  /** 3.14.2.1, of a server: 80 to 83, 87, 89, 8b, 8d to 90, 93 to a2 [MQTT-3.14.2-1]; and 8c, which 2.4 alone has. */
  export const DISCONNECT: u64 = 0x7_fff9_fa8f;
}

/** Whether a code is one of the given failures. */
export function isFailure(code: i32, among: u64): bool {
  return code >= FIRST_FAILURE && code < 0xc0 && (among >>> (code - FIRST_FAILURE)) & 1;
}
