/** The vocabulary of MQTT: first bytes of packets, flags and the return codes of 3.1.1 (reason.ts has those of 5.0). */

/** First byte of each packet, with the flags that the standard fixes [MQTT-2.2.2-1]. */
export namespace PacketType {
  export const CONNECT: i32 = 0x10;
  export const CONNACK: i32 = 0x20;
  /** Its low four bits are DUP, QoS and RETAIN. */
  export const PUBLISH: i32 = 0x30;
  export const PUBACK: i32 = 0x40;
  export const PUBREC: i32 = 0x50;
  export const PUBREL: i32 = 0x62;
  export const PUBCOMP: i32 = 0x70;
  export const SUBSCRIBE: i32 = 0x82;
  export const SUBACK: i32 = 0x90;
  export const UNSUBSCRIBE: i32 = 0xa2;
  export const UNSUBACK: i32 = 0xb0;
  export const PINGREQ: i32 = 0xc0;
  export const PINGRESP: i32 = 0xd0;
  export const DISCONNECT: i32 = 0xe0;
  /** Of 5.0 alone. */
  export const AUTH: i32 = 0xf0;
}

/** Whether a first byte names a type, with the flags that the standard fixes for it [MQTT-2.1.3-1]; PUBLISH has its own. */
export function isFirstByte(byte: i32): bool {
  const type = byte >> 4;
  if (type == 0 || type == 3) return type != 0;
  // 6, 8 and 10: PUBREL, SUBSCRIBE and UNSUBSCRIBE.
  return (byte & 0x0f) == (type == 6 || type == 8 || type == 10 ? 2 : 0);
}

/** Low bits of a PUBLISH's first byte. */
export namespace PublishFlag {
  export const RETAIN: i32 = 0x01;
  export const QOS_1: i32 = 0x02;
  export const QOS_2: i32 = 0x04;
  export const DUP: i32 = 0x08;
}

/** CONNECT flags (3.1.2.3). */
export namespace ConnectFlag {
  export const CLEAN_SESSION: i32 = 0x02;
  export const WILL: i32 = 0x04;
  export const WILL_QOS_1: i32 = 0x08;
  export const WILL_QOS_2: i32 = 0x10;
  export const WILL_RETAIN: i32 = 0x20;
  export const PASSWORD: i32 = 0x40;
  export const USER_NAME: i32 = 0x80;
}

/** CONNACK return codes (3.2.2.3). */
export namespace ConnectReturnCode {
  export const ACCEPTED: i32 = 0;
  export const UNACCEPTABLE_PROTOCOL_VERSION: i32 = 1;
  export const IDENTIFIER_REJECTED: i32 = 2;
  export const SERVER_UNAVAILABLE: i32 = 3;
  export const BAD_USER_NAME_OR_PASSWORD: i32 = 4;
  export const NOT_AUTHORISED: i32 = 5;
}

/** SUBACK return code of a filter that was refused (3.9.3); granted QoS otherwise. */
export const SUBSCRIPTION_REFUSED: i32 = 0x80;

/** Subscription options (5.0: 3.8.3.1), beside the QoS. */
export namespace SubscribeFlag {
  /** Not what this very client publishes. */
  export const NO_LOCAL: i32 = 0x04;
  /** RETAIN as it was published. */
  export const RETAIN_AS_PUBLISHED: i32 = 0x08;
  /** Retained messages only if the subscription is new. */
  export const RETAINED_IF_NEW: i32 = 0x10;
  /** No retained messages. */
  export const NO_RETAINED: i32 = 0x20;
  /** Bits that stay 0 [MQTT-3.8.3-5]. */
  export const RESERVED: i32 = 0xc0;
}
