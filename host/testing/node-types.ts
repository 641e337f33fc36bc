/** What a simulated node tells of itself. */

import type { WasmoteError } from "../errors.ts";
import type { LogLevel } from "../hal/board.ts";
import type { PointName } from "./sim-board.ts";

export interface NodeLog {
  /** Virtual time, in milliseconds. */
  readonly atMs: number;
  readonly level: LogLevel;
  readonly text: string;
}

export interface Actuation {
  readonly atMs: number;
  readonly channel: number;
  readonly value: number;
}

/** Where the power goes. */
export interface PowerPoint {
  /** The place, as `NodePower.points` counts them, from 1. */
  readonly point?: number;
  /** The next write of a checkpoint, wherever it is. */
  readonly atNextWrite?: boolean;
  /** If it is a write of a checkpoint: after so many of its bytes; after all of them if it is left out. */
  readonly afterBytes?: number;
  /** How long the power is away, in milliseconds; 0 if it is left out. */
  readonly forMs?: number;
}

/** Told what a node does, at the moment when it does it. None of these may call the node. */
export interface NodeObserver {
  /** A place where the power might go; `bytes` is how long the write is, if it is one. */
  onPoint?(name: PointName, point: number, bytes: number): void;
  /** It begins: on a fresh image, or on the checkpoint of that number. */
  onBoot?(sequence: number | undefined): void;
  /** Checkpoint number `sequence` is about to be written; the write may be torn, or fail. */
  onCheckpoint?(sequence: number): void;
  /** A call into it has returned, and what it asked for is done. */
  onCallDone?(): void;
  onPowerCut?(): void;
  /** It trapped, or wrote outside its image; `isInjected`: because the test made it. */
  onFault?(error: WasmoteError, isInjected: boolean): void;
  onEnded?(): void;
  onReading?(channel: number, reading: number | { readonly errno: number }): void;
  onLog?(level: LogLevel, text: string): void;
  /** It offered so many bytes to a link, which took `bytes`; `taken` is the link's result. */
  onSend?(bytes: Uint8Array, offered: number, taken: number): void;
  /** It has taken these bytes from a link. */
  onReceive?(bytes: Uint8Array): void;
}

const PACKET_NAMES = [
  "nothing",
  "CONNECT",
  "CONNACK",
  "PUBLISH",
  "PUBACK",
  "PUBREC",
  "PUBREL",
  "PUBCOMP",
  "SUBSCRIBE",
  "SUBACK",
  "UNSUBSCRIBE",
  "UNSUBACK",
  "PINGREQ",
  "PINGRESP",
  "DISCONNECT",
  "AUTH",
] as const;
const SHOWN_BYTES = 64;

/** Bytes of a link in words: the first packet's name, if they begin with one, and the bytes. */
export function describeBytes(bytes: Uint8Array): string {
  const name = PACKET_NAMES[(bytes[0] ?? 0) >> 4] ?? "";
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString("hex");
  const text = Buffer.from(bytes.subarray(0, SHOWN_BYTES))
    .toString("latin1")
    .replace(/[^ -~]/g, ".");
  return `${bytes.length} bytes (${name}?) ${hex}${bytes.length > SHOWN_BYTES ? "…" : ""} ${text}`;
}
