/**
 * What an application chooses at compile time, in its asconfig.json: `"use": ["abort=", "NODE_QUEUE=64"]`.
 * What is switched off costs neither code nor memory.
 */

// The protocol -------------------------------------------------------------------------------------------------------

/** MQTT version: 4 is 3.1.1, 5 is 5.0, 45 is both: the configuration key `mqtt` chooses, 5.0 unless it says `3.1.1`. */
export const MQTT: i32 = isDefined(NODE_MQTT) ? NODE_MQTT : 4;
/** Whether the module speaks 3.1.1. */
export const V4: bool = MQTT != 5;
/** Whether the module speaks 5.0. */
export const V5: bool = MQTT != 4;

/** Keep Alive in seconds, 5 to 65535: the broker gives this node up after one and a half times as long. */
export const KEEP_ALIVE_S: u32 = isDefined(NODE_KEEP_ALIVE_S) ? NODE_KEEP_ALIVE_S : 60;

/** 1: the broker keeps this node's session while it is away (CleanSession 0, or a Session Expiry Interval above 0). */
export const PERSISTENT: bool = isDefined(NODE_PERSISTENT) ? NODE_PERSISTENT != 0 : false;

/** Session Expiry Interval in seconds of a persistent session under MQTT 5.0; -1: the session never expires. */
export const SESSION_EXPIRY_S: i32 = isDefined(NODE_SESSION_EXPIRY_S) ? NODE_SESSION_EXPIRY_S : -1;

/** 0: the broker is asked to leave out reason strings and user properties wherever MQTT 5.0 lets it. */
export const PROBLEM_INFORMATION: bool = isDefined(NODE_PROBLEM_INFORMATION) ? NODE_PROBLEM_INFORMATION != 0 : true;

/** 1: the client identifier is left to the broker, which MQTT 5.0 tells back. The node's id names its topics alone. */
export const ASSIGNED_ID: bool = isDefined(NODE_ASSIGNED_ID) ? NODE_ASSIGNED_ID != 0 : false;

/** 1: the application answers an enhanced authentication of MQTT 5.0. */
export const AUTH: bool = isDefined(NODE_AUTH) ? NODE_AUTH != 0 : false;

// Readings -----------------------------------------------------------------------------------------------------------

/** Readings kept while offline, unacknowledged ones included. A power of two, 2 to 4096; 4 bytes each (JSON: 16). */
export const QUEUE_CAPACITY: u32 = isDefined(NODE_QUEUE) ? NODE_QUEUE : 32;

/** When the queue is full: 1 drops the oldest reading that was never sent, 0 drops the new one. Both are counted. */
export const DROP_OLDEST: bool = isDefined(NODE_DROP_OLDEST) ? NODE_DROP_OLDEST != 0 : true;

/** Payload of a reading: 0 `{"msg":"17.2"}`, 1 `17.2`, 2 JSON with value, unit, time and sequence number. */
export const PAYLOAD: i32 = isDefined(NODE_PAYLOAD) ? NODE_PAYLOAD : 0;

/** QoS of readings: 0, 1 or 2. */
export const QOS: i32 = isDefined(NODE_QOS) ? NODE_QOS : 1;

/** Readings and messages in flight at a time under QoS 1 and 2, 1 to 32; fewer where the broker asks for fewer. */
export const WINDOW: u32 = isDefined(NODE_WINDOW) ? NODE_WINDOW : 8;

/** A reading that could not be sent within so many seconds is dropped and counted; 0: readings don't age. */
export const STALE_S: u32 = isDefined(NODE_STALE_S) ? NODE_STALE_S : 0;

/** 1: under MQTT 5.0 what is left of `NODE_STALE_S` goes along as the Message Expiry Interval. */
export const SEND_EXPIRY: bool = isDefined(NODE_SEND_EXPIRY) ? NODE_SEND_EXPIRY != 0 : false;

/** Default milliseconds between readings; the configuration key `interval` and the command `interval` change it. */
export const INTERVAL_MS: u32 = isDefined(NODE_INTERVAL_MS) ? NODE_INTERVAL_MS : 1_000;

// Power ---------------------------------------------------------------------------------------------------------------

/**
 * When the image is made durable: 0 never; 1 when the queue grows while offline; 2 before anything is told to the broker,
 * so that its session goes on after a power cut as well. Each time costs the board's flash a write.
 */
export const CHECKPOINT: i32 = isDefined(NODE_CHECKPOINT) ? NODE_CHECKPOINT : 0;

/** 1: the node sleeps deeply from one reading to the next. */
export const SLEEP: bool = isDefined(NODE_SLEEP) ? NODE_SLEEP != 0 : false;

/** How many seconds a node that sleeps stays awake at most when it can't deliver what it has, 5 to 3600. */
export const AWAKE_S: u32 = isDefined(NODE_AWAKE_S) ? NODE_AWAKE_S : 30;

// The application's own messages -------------------------------------------------------------------------------------

/** Bytes for the application's own messages that are not acknowledged yet; 0: it sends none. */
export const OUTBOX: i32 = isDefined(NODE_OUTBOX) ? NODE_OUTBOX : 0;

/** Highest QoS of the application's own messages. */
export const OUTBOX_QOS: i32 = isDefined(NODE_OUTBOX_QOS) ? NODE_OUTBOX_QOS : 2;

/** 1: messages larger than the transmit buffer may be sent, piece by piece. Needs `NODE_OUTBOX`. */
export const UPLOAD: bool = isDefined(NODE_UPLOAD) ? NODE_UPLOAD != 0 : false;

/** Bytes for a will of the application's own; 0: the will says `offline` on `sensor/<id>/status`. */
export const WILL: i32 = isDefined(NODE_WILL) ? NODE_WILL : 0;

/** Will Delay Interval in seconds under MQTT 5.0. */
export const WILL_DELAY_S: u32 = isDefined(NODE_WILL_DELAY_S) ? NODE_WILL_DELAY_S : 0;

/** 1: the will is sent though the node said good-bye (Reason Code 0x04 of MQTT 5.0). */
export const WILL_ON_STOP: bool = isDefined(NODE_WILL_ON_STOP) ? NODE_WILL_ON_STOP != 0 : false;

/** 0: the node does not say `online` and `offline` on `sensor/<id>/status`. */
export const STATUS: bool = isDefined(NODE_STATUS) ? NODE_STATUS != 0 : true;

// Messages to the node -----------------------------------------------------------------------------------------------

/** 1: the node subscribes to `sensor/<id>/cmd/+` and receives messages. */
export const COMMANDS: bool = isDefined(NODE_COMMANDS) ? NODE_COMMANDS != 0 : false;

/** 1: the node receives messages, and subscribes to nothing but what the application subscribes to. */
const RECEIVING: bool = isDefined(NODE_MESSAGES) ? NODE_MESSAGES != 0 : false;
/** Whether the node receives messages. */
export const MESSAGES: bool = COMMANDS || RECEIVING;

/** Highest QoS of subscriptions: 1 or 2. */
export const INBOUND_QOS: i32 = isDefined(NODE_INBOUND_QOS) ? NODE_INBOUND_QOS : 1;

/** Messages under QoS 2 that may be under way to the node at a time, 1 to 65535: the Receive Maximum. 2 bytes each. */
export const RECEIVE_MAXIMUM: i32 = isDefined(NODE_RECEIVE_MAXIMUM) ? NODE_RECEIVE_MAXIMUM : 20;

/** Largest inbound packet that is read; a larger message is skipped and counted. 16 is enough for a node that only sends. */
export const RECEIVE_CAPACITY: i32 = isDefined(NODE_RECEIVE)
  ? NODE_RECEIVE
  : COMMANDS || RECEIVING || MQTT != 4
    ? 256
    : 16;

/** 1: a message larger than the receive buffer is given to the application piece by piece. */
export const DOWNLOAD: bool = isDefined(NODE_DOWNLOAD) ? NODE_DOWNLOAD != 0 : false;

/** Topic aliases that the broker may use under MQTT 5.0, 0 to 16. Each takes as much memory as the receive buffer. */
export const ALIASES: i32 = isDefined(NODE_ALIASES) ? NODE_ALIASES : 0;

// What follows from these --------------------------------------------------------------------------------------------

/**
 * Bytes of packets on their way out. At least CONNECT: 12 bytes and id 25, will topic 39, will message 9, user name 66,
 * password 66, 3 of header; under MQTT 5.0 40 more. The largest message of the application must fit as well.
 */
export const TRANSMIT: i32 = isDefined(NODE_TRANSMIT)
  ? NODE_TRANSMIT
  : (MESSAGES || OUTBOX > 0 ? 512 : MQTT != 4 ? 264 : 224) + WILL + (AUTH ? 256 : 0) + (ASSIGNED_ID ? 48 : 0);

/** Whether the image is written for each reading that is taken offline. */
export const KEEPS_OUTAGES: bool = CHECKPOINT == 1;
/** Whether the image is written before anything is told to the broker. */
export const WRITES_AHEAD: bool = CHECKPOINT == 2;
/** Whether anything is sent under QoS 2. */
export const SENDS_QOS_2: bool = QOS == 2 || (OUTBOX > 0 && OUTBOX_QOS == 2);
/**
 * Whether a fresh image has the broker of MQTT 3.1.1 forget its session before it sends anything. An earlier image may have
 * left exchanges under QoS 2 open there, and this one begins its packet identifiers anew: the broker would take a reading for
 * one that it has [MQTT-4.3.3-2]. Under MQTT 5.0 Clean Start does it, and the session is kept all the same.
 */
export const CLEARS_SESSION: bool = V4 && PERSISTENT && SENDS_QOS_2 && !ASSIGNED_ID;
/** Whether anything is received under QoS 2. */
export const RECEIVES_QOS_2: bool = MESSAGES && INBOUND_QOS == 2;
/** Whether entries of the queue differ in their QoS, from each other or from one connection to the next. */
export const MIXED_QOS: bool = SENDS_QOS_2 || OUTBOX > 0 || STALE_S != 0 || MQTT != 4;
