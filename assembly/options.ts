/**
 * What an application chooses at compile time, in its asconfig.json: `"use": ["abort=", "NODE_QUEUE=64"]`.
 * What is switched off costs neither code nor memory.
 */

/** Readings kept while offline, unacknowledged ones included. A power of two, 2 to 4096; 4 bytes each (JSON: 16). */
export const QUEUE_CAPACITY: u32 = isDefined(NODE_QUEUE) ? NODE_QUEUE : 32;

/** When the queue is full: 1 drops the oldest reading that was never sent, 0 drops the new one. Both are counted. */
export const DROP_OLDEST: bool = isDefined(NODE_DROP_OLDEST) ? NODE_DROP_OLDEST != 0 : true;

/** Payload of a reading: 0 `{"msg":"17.2"}`, 1 `17.2`, 2 JSON with value, unit, time and sequence number. */
export const PAYLOAD: i32 = isDefined(NODE_PAYLOAD) ? NODE_PAYLOAD : 0;

/** QoS of readings: 0 or 1. */
export const QOS: i32 = isDefined(NODE_QOS) ? NODE_QOS : 1;

/** Readings in flight at a time under QoS 1, 1 to 32. */
export const WINDOW: u32 = isDefined(NODE_WINDOW) ? NODE_WINDOW : 8;

/** 1: the broker keeps this node's session while it is away (CleanSession 0). */
export const PERSISTENT: bool = isDefined(NODE_PERSISTENT) ? NODE_PERSISTENT != 0 : false;

/** 1: the node subscribes to `sensor/<id>/cmd/+` and receives messages. */
export const COMMANDS: bool = isDefined(NODE_COMMANDS) ? NODE_COMMANDS != 0 : false;

/** Default milliseconds between readings; the configuration key `interval` and the command `interval` change it. */
export const INTERVAL_MS: u32 = isDefined(NODE_INTERVAL_MS) ? NODE_INTERVAL_MS : 1_000;

/** Keep Alive in seconds, 5 to 65535: the broker gives this node up after one and a half times as long. */
export const KEEP_ALIVE_S: u32 = isDefined(NODE_KEEP_ALIVE_S) ? NODE_KEEP_ALIVE_S : 60;

/** Largest inbound packet that is read; a larger message is skipped and counted. 16 is enough without commands. */
export const RECEIVE_CAPACITY: i32 = isDefined(NODE_RECEIVE) ? NODE_RECEIVE : COMMANDS ? 256 : 16;
