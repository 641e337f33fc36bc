/** What a node was built to keep: docs/behaviour.md and docs/durability.md, in the terms of its compile-time options. */

export interface Promises {
  /** `NODE_QOS`. */
  readonly qos: 0 | 1 | 2;
  /** `NODE_OUTBOX`, with messages of its own under QoS 2. */
  readonly sendsQos2?: boolean;
  /** The version that it speaks: 4 is 3.1.1. */
  readonly version: 4 | 5;
  /** `NODE_PERSISTENT`. */
  readonly isPersistent: boolean;
  /** `NODE_CHECKPOINT`, on a board that keeps images. */
  readonly checkpoint: 0 | 1 | 2;
  /** `NODE_QUEUE`. */
  readonly queue: number;
  /** `NODE_WINDOW`. */
  readonly window: number;
  /** `NODE_KEEP_ALIVE_S`, in seconds. */
  readonly keepAliveS: number;
  /** `NODE_INBOUND_QOS` of a node with `NODE_COMMANDS=1`; undefined: it receives nothing. */
  readonly inboundQos: 1 | 2 | undefined;
  /** `NODE_STATUS`: it has a will, and says `online`. */
  readonly hasStatus: boolean;
  /** `NODE_STALE_S`: its readings age. */
  readonly ages?: boolean;
  /** `NODE_SLEEP`. */
  readonly sleeps: boolean;
  /** Milliseconds between its readings. */
  readonly intervalMs: number;
}
