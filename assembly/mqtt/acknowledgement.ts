/** PUBACK, PUBREC, PUBREL and PUBCOMP (3.4 to 3.7): what becomes of messages under QoS 1 and 2, in either direction. */

import { durability } from "../image";
import { RECEIVES_QOS_2, SENDS_QOS_2, V5, WRITES_AHEAD } from "../options";
import { finishPacket, outputEnd } from "./connection";
import { PacketType } from "./packet";
import { FIRST_FAILURE, ReasonCode } from "./reason";
import { release } from "./received";
import { acknowledge, finishExchange, record, releasedEntries, releasedIdentifier } from "./session";
import { isV5 } from "./version";

/** What an acknowledgement of ours takes at most: with a Reason Code and without properties. */
export const ACKNOWLEDGEMENT_BYTES: i32 = 5;

/**
 * Takes an acknowledgement and answers it at once, in the order in which they come [MQTT-4.6.0-4]. Returns false if it is
 * for nothing. Identifiers are as loaded from memory.
 */
export function takeAcknowledgement(type: i32, identifier: i32, reason: i32): bool {
  if (type == PacketType.PUBACK) return acknowledge(identifier);
  if (SENDS_QOS_2) {
    if (type == PacketType.PUBREC) {
      const isRefused = reason >= FIRST_FAILURE;
      if (!record(identifier, isRefused)) return false;
      // [MQTT-4.3.3-4]
      if (!isRefused) writeAcknowledgement(PacketType.PUBREL, identifier, ReasonCode.SUCCESS);
      return true;
    }
    if (type == PacketType.PUBCOMP) return finishExchange(identifier);
  }
  if (RECEIVES_QOS_2) {
    if (type == PacketType.PUBREL && identifier != 0) {
      // A broker that has not seen our PUBCOMP asks again: it is answered all the same [MQTT-4.3.3-11].
      const isKnown = release(identifier);
      writeAcknowledgement(
        PacketType.PUBCOMP,
        identifier,
        isKnown ? ReasonCode.SUCCESS : ReasonCode.PACKET_IDENTIFIER_NOT_FOUND,
      );
      return true;
    }
  }
  return false;
}

/** Puts an acknowledgement into the output, which must have room; MQTT 5.0 alone is told a Reason Code other than 0. */
export function writeAcknowledgement(type: i32, identifier: i32, reason: i32): void {
  // What ends an exchange is durable here before the other side hears of it.
  if (WRITES_AHEAD) durability.isOwed = true;
  const start = outputEnd();
  let end = start + 4;
  store<u16>(start + 2, identifier);
  if (V5) {
    if (reason != 0 && isV5()) {
      store<u8>(end, reason);
      end++;
    }
  }
  finishPacket(type, start, end);
}

/** Puts PUBREL for every message that the broker had recorded into the output of a session that goes on [MQTT-4.4.0-1]. */
export function writeReleases(): void {
  for (let left = releasedEntries(); left != 0; left &= left - 1) {
    writeAcknowledgement(PacketType.PUBREL, releasedIdentifier(ctz(left)), ReasonCode.SUCCESS);
  }
}
