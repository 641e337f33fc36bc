/** Somebody who watches what one link carries between a node and its broker, from its opening to its end. */
export interface LinkObserver {
  /** Bytes that the link has taken. They are the node's memory: valid during the call. */
  sent(bytes: Uint8Array): void;
  /** Bytes that the node has got. They are the node's memory: valid during the call. */
  received(bytes: Uint8Array): void;
  /** The node has given its handle back, or has lost it with its power. Nothing follows. */
  closed(): void;
}
