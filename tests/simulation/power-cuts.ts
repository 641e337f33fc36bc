/**
 * One scripted session, played as often as there are places where the power can go: every host call, every return from the
 * module, and many a byte of every checkpoint's write.
 */

import type { LoadedModule } from "../../host/engine/module.ts";
import { createWorld, type Method, type NodeObserver, type PowerPoint, seconds } from "../../host/testing/index.ts";
import { Watch } from "../../host/testing/invariants/watch.ts";
import { compileApp } from "../unit/harness/modules.ts";

export type Version = 4 | 5;

export interface Setting {
  readonly version: Version;
  /** How the broker keeps from delivering twice under QoS 2. */
  readonly method: Method;
  /** How long the power is away, in milliseconds. */
  readonly offMs: number;
}

/** A place where the power can go. */
export interface Place {
  readonly name: string;
  readonly point: number;
  /** The length of the write, if it is one. */
  readonly bytes: number;
}

export interface Play {
  /** Counts that the node took in steps that ended, oldest first: those that must have arrived. */
  readonly taken: readonly number[];
  /** Counts as they came to subscribers, by QoS. */
  readonly arrived: readonly { readonly count: number; readonly qos: number }[];
  /** Messages under QoS 2 that the node heard in steps that ended. */
  readonly heard: readonly string[];
  readonly places: readonly Place[];
  readonly hasRestarted: boolean;
  readonly story: () => readonly string[];
}

const ID = "7";
const INTERVAL_MS = seconds(20);
/** The readings of the script; what comes after them is there to end what they began. */
const SCRIPT_MS = seconds(90);
const END_MS = seconds(170);
export const NOTES = ["word-1", "word-2", "word-3"] as const;

export function buildSession(version: Version): Promise<Uint8Array> {
  return compileApp("tests/simulation/modules/session.ts", [
    `NODE_MQTT=${version}`,
    "NODE_PERSISTENT=1",
    "NODE_CHECKPOINT=2",
    "NODE_SLEEP=1",
    "NODE_COMMANDS=1",
    "NODE_INBOUND_QOS=2",
    "NODE_OUTBOX=256",
  ]);
}

/** Plays the session, with the power cut at one place or at none. */
export function play(module: LoadedModule, { version, method, offMs }: Setting, cut?: PowerPoint): Play {
  const world = createWorld({ seed: 1, broker: { method }, network: { latencyMs: [3, 3], sendBuffer: 60 } });
  const node = world.node(module, { id: ID, intervalMs: INTERVAL_MS, keepsImages: true, isOn: false });
  const rules = new Watch(world);
  rules.add(node, {
    qos: 1,
    sendsQos2: true,
    version,
    isPersistent: true,
    checkpoint: 2,
    queue: 32,
    window: 8,
    keepAliveS: 60,
    inboundQos: 2,
    hasStatus: true,
    sleeps: true,
    intervalMs: INTERVAL_MS,
  });
  const account = new Account(() => world.nowMs < SCRIPT_MS);
  node.observers.push(account);
  node.sensor.set(() => account.next() * 1_000);
  if (cut !== undefined) node.power.cutAt({ ...cut, forMs: offMs });
  node.power.on();
  NOTES.forEach((note, n) => {
    world.scheduler.at(seconds(25 + 20 * n), () => world.broker.publish(`sensor/${ID}/cmd/note`, note, { qos: 2 }));
  });
  world.runNow(SCRIPT_MS);
  const taken = [...account.taken];
  world.runNow(END_MS - SCRIPT_MS);
  return {
    taken,
    arrived: world.broker.messages().flatMap(({ topic, text, qos }) => countOf(topic, text, qos)),
    heard: account.heard,
    places: account.places,
    hasRestarted: account.boots > 1,
    story: () => world.journal.story(ID, 200),
  };
}

function countOf(topic: string, text: string, qos: number): { count: number; qos: number }[] {
  if (topic.startsWith("out/")) return [{ count: Number(text), qos }];
  return topic === `sensor/${ID}/temperature` ? [{ count: Number.parseInt(text.slice(8), 10), qos }] : [];
}

/** Where to cut a write: around its head, in its middle and at its end. */
export function bytesToTry(length: number): number[] {
  return [0, 1, 4, 28, 31, 32, 33, length >> 1, length - 1, length];
}

class Account implements NodeObserver {
  readonly taken: number[] = [];
  heard: string[] = [];
  readonly places: Place[] = [];
  boots = 0;
  #count = 0;
  #unfinishedTaken: number[] = [];
  #unfinishedHeard: string[] = [];
  readonly #isScript: () => boolean;
  readonly #written = new Map<number, { readonly taken: readonly number[]; readonly heard: readonly string[] }>();

  /** `isScript`: whether it is time for places where the power goes. */
  constructor(isScript: () => boolean) {
    this.#isScript = isScript;
  }

  next(): number {
    return this.#count++;
  }

  onPoint(name: string, point: number, bytes: number): void {
    if (this.#isScript()) this.places.push({ name, point, bytes });
  }

  onReading(_channel: number, reading: number | { readonly errno: number }): void {
    if (typeof reading === "number") this.#unfinishedTaken.push(reading / 1_000);
  }

  onLog(_level: number, text: string): void {
    if (text.startsWith("word-")) this.#unfinishedHeard.push(text);
  }

  onCheckpoint(sequence: number): void {
    this.#written.set(sequence, { taken: [...this.#unfinishedTaken], heard: [...this.#unfinishedHeard] });
  }

  onCallDone(): void {
    this.#finish(this.#unfinishedTaken, this.#unfinishedHeard);
    this.#written.clear();
  }

  /** What a step did that never ended counts if its checkpoint was whole all the same. */
  onBoot(sequence: number | undefined): void {
    this.boots++;
    const written = sequence === undefined ? undefined : this.#written.get(sequence);
    this.#finish(written?.taken ?? [], written?.heard ?? []);
    this.#written.clear();
  }

  #finish(taken: readonly number[], heard: readonly string[]): void {
    this.taken.push(...taken);
    this.heard.push(...heard);
    this.#unfinishedTaken = [];
    this.#unfinishedHeard = [];
  }
}

/** What is wrong with a play, in words; nothing, if each message came as its QoS promises. */
export function faultsOf({ taken, arrived, heard }: Play): string[] {
  const faults: string[] = [];
  const first: number[] = [];
  for (const { count, qos } of arrived) {
    if (!first.includes(count)) first.push(count);
    else if (qos === 2) faults.push(`${count} arrived twice under QoS 2`);
  }
  for (const count of taken) if (!first.includes(count)) faults.push(`${count} was lost`);
  if (first.some((count, i) => i > 0 && count < (first[i - 1] ?? 0))) faults.push(`out of order: ${first.join(" ")}`);
  if (heard.join() !== NOTES.join()) faults.push(`heard ${heard.join(" ") || "nothing"}`);
  return faults;
}
