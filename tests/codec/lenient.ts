/** Where mqtt-packet 9.0.2 takes what the standard forbids, and where it refuses what the standard allows. */

import { packet, raw, str } from "../unit/harness/bytes.ts";
import type { Version } from "./wire.ts";

export interface Leniency {
  /** In the words of strict.ts. */
  readonly why: string;
  readonly version: Version;
  /** A packet that shows it. */
  readonly bytes: string;
}

export const LENIENCIES: readonly Leniency[] = [
  // Of both versions, shown in 3.1.1 where there is a choice.
  { why: "a Remaining Length that is longer than it need be", version: 4, bytes: "d08000" },
  { why: "the packet ends too soon", version: 4, bytes: packet(0x40, "01") },
  { why: "bytes behind the packet's last field", version: 4, bytes: packet(0xd0, "00") },
  { why: "a packet that no broker sends", version: 4, bytes: packet(0xc0) },
  { why: "a packet identifier of 0", version: 4, bytes: packet(0x40, "0000") },
  { why: "DUP under QoS 0", version: 4, bytes: packet(0x38, str("t")) },
  { why: "a wildcard in a topic name", version: 4, bytes: packet(0x30, str("a/+")) },
  { why: "an empty topic name", version: 4, bytes: packet(0x30, str("")) },
  { why: "a text that is not UTF-8", version: 4, bytes: packet(0x30, "0001ff") },
  { why: "a text with U+0000", version: 4, bytes: packet(0x30, "000100") },
  { why: "an unknown return code", version: 4, bytes: packet(0x20, "0006") },
  { why: "a session of a connection that is refused", version: 4, bytes: packet(0x20, "0105") },
  // Of 5.0 alone.
  { why: "too large", version: 5, bytes: packet(0x30, str("t"), "00", raw("x".repeat(2000))) },
  { why: "a Reason Code of another packet", version: 5, bytes: packet(0x20, "00", "01", "00") },
  { why: "a property of another packet", version: 5, bytes: packet(0x30, str("t"), "03", "130001") },
  { why: "a property that is repeated", version: 5, bytes: packet(0x30, str("t"), "06", "030000", "030000") },
  { why: "a flag that is neither 0 nor 1", version: 5, bytes: packet(0x30, str("t"), "02", "0102") },
  { why: "a number that is longer than it need be", version: 5, bytes: packet(0x30, str("t"), "03", "0b8100") },
  { why: "a subscription identifier of 0", version: 5, bytes: packet(0x30, str("t"), "02", "0b00") },
  { why: "a response topic", version: 5, bytes: packet(0x30, str("t"), "04", "08", str("#")) },
  { why: "an empty topic name without an alias", version: 5, bytes: packet(0x30, str(""), "00") },
  { why: "a topic alias out of range", version: 5, bytes: packet(0x30, str("t"), "03", "230000") },
  { why: "a limit of 0", version: 5, bytes: packet(0x20, "0000", "03", "210000") },
  { why: "authentication data without a method", version: 5, bytes: packet(0x20, "0000", "03", "160000") },
  { why: "AUTH without a method", version: 5, bytes: packet(0xf0, "18", "00") },
];

/** Packets of MQTT 5.0 that are right, and that mqtt-packet refuses. */
export const SEVERITIES: readonly { readonly what: string; readonly bytes: RegExp; readonly example: string }[] = [
  { what: "AUTH that leaves out Reason Code 0", bytes: /^f000$/, example: packet(0xf0) },
  { what: "DISCONNECT with 0x8c, which is in 2.4", bytes: /^e0(..)?..8c/, example: packet(0xe0, "8c") },
];
