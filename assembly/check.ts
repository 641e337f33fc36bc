/** Refuses options that can't be, when the module is compiled: a node that was built with them would lose what it should keep. */

import {
  ALIASES,
  ASSIGNED_ID,
  AUTH,
  AWAKE_S,
  CHECKPOINT,
  DOWNLOAD,
  INBOUND_QOS,
  INTERVAL_MS,
  KEEP_ALIVE_S,
  KEEPS_OUTAGES,
  MESSAGES,
  MQTT,
  OUTBOX,
  OUTBOX_QOS,
  PAYLOAD,
  PERSISTENT,
  QOS,
  QUEUE_CAPACITY,
  RECEIVE_CAPACITY,
  RECEIVE_MAXIMUM,
  RECEIVES_QOS_2,
  SENDS_QOS_2,
  SESSION_EXPIRY_S,
  SLEEP,
  TRANSMIT,
  UPLOAD,
  WILL,
  WINDOW,
  WRITES_AHEAD,
} from "./options";

/** The largest CONNECT (node/connect.ts). */
const CONNECT_BYTES: i32 = (MQTT != 4 ? 264 : 224) + WILL + (AUTH ? 256 : 0) + (ASSIGNED_ID ? 48 : 0);

/** Nothing of it is left in the module. */
@inline
export function checkOptions(): void {
  if (MQTT != 4 && MQTT != 5 && MQTT != 45) ERROR("NODE_MQTT is 4 for 3.1.1, 5 for 5.0, or 45 for both");
  if (KEEP_ALIVE_S < 5 || KEEP_ALIVE_S > 65_535) ERROR("NODE_KEEP_ALIVE_S is 5 to 65535 seconds");
  if (QUEUE_CAPACITY < 2 || QUEUE_CAPACITY > 4_096 || (QUEUE_CAPACITY & (QUEUE_CAPACITY - 1)) != 0) {
    ERROR("NODE_QUEUE is a power of two from 2 to 4096");
  }
  if (PAYLOAD < 0 || PAYLOAD > 2) ERROR("NODE_PAYLOAD is 0, 1 or 2");
  if (QOS < 0 || QOS > 2) ERROR("NODE_QOS is 0, 1 or 2");
  if (WINDOW < 1 || WINDOW > 32) ERROR("NODE_WINDOW is 1 to 32");
  if (INTERVAL_MS < 100 || INTERVAL_MS > 86_400_000) ERROR("NODE_INTERVAL_MS is 100 ms to a day");
  if (CHECKPOINT < 0 || CHECKPOINT > 2) ERROR("NODE_CHECKPOINT is 0, 1 or 2");
  if (WRITES_AHEAD && QOS == 0) ERROR("NODE_CHECKPOINT=2 needs NODE_QOS 1 or 2");
  // An identifier that went back with the image would make the broker take a new message for an old one.
  if (KEEPS_OUTAGES && PERSISTENT && (SENDS_QOS_2 || RECEIVES_QOS_2)) {
    ERROR("a kept session with QoS 2 needs NODE_CHECKPOINT 0 or 2");
  }
  if (AWAKE_S < 5 || AWAKE_S > 3_600) ERROR("NODE_AWAKE_S is 5 to 3600 seconds");
  if (SLEEP && PERSISTENT && MQTT != 4 && <u32>SESSION_EXPIRY_S < INTERVAL_MS / 500) {
    ERROR("NODE_SESSION_EXPIRY_S is less than two intervals of a node that sleeps");
  }
  if (OUTBOX != 0 && (OUTBOX < 64 || OUTBOX > 32_768)) ERROR("NODE_OUTBOX is 0, or 64 to 32768 bytes");
  if (OUTBOX_QOS < 0 || OUTBOX_QOS > 2) ERROR("NODE_OUTBOX_QOS is 0, 1 or 2");
  if (UPLOAD && OUTBOX == 0) ERROR("NODE_UPLOAD needs NODE_OUTBOX");
  if (DOWNLOAD && !MESSAGES) ERROR("NODE_DOWNLOAD needs NODE_MESSAGES or NODE_COMMANDS");
  if (AUTH && MQTT == 4) ERROR("NODE_AUTH needs NODE_MQTT=5 or 45");
  if (WILL != 0 && (WILL < 48 || WILL > 4_096)) ERROR("NODE_WILL is 0, or 48 to 4096 bytes");
  if (INBOUND_QOS < 1 || INBOUND_QOS > 2) ERROR("NODE_INBOUND_QOS is 1 or 2");
  if (RECEIVE_MAXIMUM < 1 || RECEIVE_MAXIMUM > 65_535) ERROR("NODE_RECEIVE_MAXIMUM is 1 to 65535");
  if (ALIASES < 0 || ALIASES > 16) ERROR("NODE_ALIASES is 0 to 16");
  if (RECEIVE_CAPACITY < (MQTT != 4 ? 64 : 16)) ERROR("NODE_RECEIVE is at least 16, or 64 under MQTT 5.0");
  if (TRANSMIT < CONNECT_BYTES) ERROR("NODE_TRANSMIT is smaller than CONNECT may be");
}
