/**
 * The account of messages to a node: each that its session holds is heard at least once, under QoS 2 exactly once, and none
 * is acknowledged before it was heard.
 */

import type { Outgoing, Session } from "../broker/session.ts";
import type { NodeObserver } from "../node-types.ts";
import type { SimNode } from "../sim-node.ts";
import type { Promises } from "./promises.ts";
import { InvariantError, type InvariantName } from "./violation.ts";

interface Note {
  readonly text: string;
  readonly atMs: number;
  readonly qos: number;
  /** A session holds it. */
  isHeld: boolean;
  /** How often it was heard in calls that count. */
  heard: number;
  epoch: number;
  /** It was heard at all, be it in a call that never ended. */
  wasHeard: boolean;
}

export interface NoteCounts {
  readonly sent: number;
  readonly heard: number;
  readonly repeated: number;
}

const NOTE = /^note-\d+$/;

export class NoteLedger implements NodeObserver {
  readonly #node: SimNode;
  readonly #promises: Promises;
  readonly #now: () => number;
  readonly #notes = new Map<string, Note>();
  /** What was heard, in order: a checkpoint holds so many of them. */
  readonly #heard: Note[] = [];
  readonly #snapshots = new Map<number, number>();
  #accepted = 0;
  #epoch = 0;
  #repeated = 0;
  #isStorageDoubtful = false;

  constructor(node: SimNode, promises: Promises, now: () => number) {
    this.#node = node;
    this.#promises = promises;
    this.#now = now;
  }

  /** A message is about to be published to the node; `isHeld`: its session will hold it. */
  publish(text: string, qos: number, isHeld: boolean): void {
    this.#notes.set(text, { text, atMs: this.#now(), qos, isHeld, heard: 0, epoch: 0, wasHeard: false });
  }

  doubtStorage(): void {
    this.#isStorageDoubtful = true;
  }

  onSessionLost(session: Session): void {
    this.#epoch++;
    for (const { message } of session.outgoing) {
      const note = this.#notes.get(message.text);
      if (note !== undefined) note.isHeld = false;
    }
  }

  onAcknowledged({ message, qos }: Outgoing): void {
    const note = this.#notes.get(message.text);
    if (note === undefined || qos === 0 || note.wasHeard) return;
    this.#fail("acked-means-had", `acknowledged ${message.text}, which its application never heard`);
  }

  onLog(_level: number, text: string): void {
    if (!NOTE.test(text)) return;
    const note = this.#notes.get(text);
    if (note === undefined) this.#fail("heard", `heard ${text}, which nobody said`);
    note.wasHeard = true;
    note.heard++;
    if (note.heard > 1) {
      this.#repeated++;
      if (this.#isExactlyOnce(note) && note.epoch === this.#epoch) {
        this.#fail("exactly-once", `heard ${text} again under QoS 2`);
      }
    }
    note.epoch = this.#epoch;
    this.#heard.push(note);
  }

  onCheckpoint(sequence: number): void {
    this.#snapshots.set(sequence, this.#heard.length);
    this.#snapshots.delete(sequence - 8);
  }

  onCallDone(): void {
    this.#accepted = this.#heard.length;
  }

  onBoot(sequence: number | undefined): void {
    const kept = sequence === undefined ? undefined : this.#snapshots.get(sequence);
    const isExact = kept !== undefined && this.#promises.checkpoint === 2 && !this.#isStorageDoubtful;
    if (!isExact) this.#epoch++;
    // What was heard in a call that never ended was not heard, unless its checkpoint is whole.
    const count = kept !== undefined && kept > this.#accepted ? kept : this.#accepted;
    for (const note of this.#heard.splice(count)) note.heard--;
    this.#accepted = this.#heard.length;
    this.#isStorageDoubtful = this.#node.storage.isBroken;
  }

  /** What was held before `beforeMs` must have been heard. */
  settle(beforeMs: number): void {
    // Only a node that writes its image ahead takes back what it heard in a step that never ended.
    const isExact = this.#promises.checkpoint === 2;
    for (const note of this.#notes.values()) {
      if (note.atMs >= beforeMs || !note.isHeld || note.qos === 0) continue;
      if (isExact ? note.heard > 0 : note.wasHeard) continue;
      this.#fail("heard", `never heard ${note.text} of QoS ${note.qos}, published at ${note.atMs} ms`);
    }
  }

  counts(): NoteCounts {
    let heard = 0;
    for (const note of this.#notes.values()) if (note.heard > 0) heard++;
    return { sent: this.#notes.size, heard, repeated: this.#repeated };
  }

  #isExactlyOnce({ qos }: Note): boolean {
    return qos === 2 && this.#promises.inboundQos === 2;
  }

  #fail(invariant: InvariantName, what: string): never {
    throw new InvariantError(invariant, this.#node.id, this.#now(), what);
  }
}
