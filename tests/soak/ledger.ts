/**
 * The account of one node's readings: what it sent and what the broker said to that, from the wire between them; what an observer
 * of the broker got; and whose fault it is where these differ.
 */

import type { Packet } from "mqtt-packet";
import type { WirePacket } from "../integration/proxy.ts";
import { isPublish } from "../integration/wire.ts";

/** A reading as the observer got it. */
export interface Arrival {
  readonly seq: number;
  readonly atMs: number;
}

/** One end of the broker. Whatever it had sent before was read before `overMs`; nothing that the next one sends was. */
export interface BrokerKill {
  readonly signalMs: number;
  readonly overMs: number;
}

export interface Evidence {
  readonly topic: string;
  readonly qos: 1 | 2;
  readonly packets: readonly WirePacket[];
  readonly arrivals: readonly Arrival[];
  /** On the same clock, in order. */
  readonly brokerKills: readonly BrokerKill[];
  /** The last reading that is asked for: the node may still hold what came after it. */
  readonly last: number;
  /** When the node said each time that it dropped a reading, in order. */
  readonly dropsMs: readonly number[];
}

export interface Account {
  /** Readings that the node took, dropped ones included. */
  readonly readings: number;
  /** Those that the broker acknowledged: PUBACK, or PUBREC. */
  readonly acked: number;
  /**
   * Those that never were on the wire, and for each of which the node counted a drop between the readings on its two sides. It
   * may have counted more: what it does while it is offline is undone where it is killed before its next checkpoint.
   */
  readonly dropped: number;
  /** Those that are neither: nobody's but the node's fault. */
  readonly lostUncounted: number;
  /** Those that arrived at the observer. */
  readonly delivered: number;
  /** Those that the broker acknowledged, and then forgot when it was killed. */
  readonly lostByBroker: number;
  /** The longest time between such an acknowledgement and the kill, in milliseconds. */
  readonly lostByBrokerWithinMs: number;
  /** Arrivals of a reading that had arrived before. Under QoS 2, each with a kill of the broker in between. */
  readonly duplicates: number;
  /** What must never be. Empty, if all is well. */
  readonly violations: readonly string[];
}

/** What a reading's JSON says of it. */
interface Reading {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** What the wire shows of one reading. */
interface Transfer {
  /** When the node took the reading: its own clock, that of this machine. */
  readonly takenMs: number;
  /** When it was on the wire for the first time. */
  readonly publishedMs: number;
  ackedMs: number | undefined;
  isReleased: boolean;
}

/** What a node says and what it sends reach this process on two ways. */
const SKEW_MS = 1_000;

/** Reason codes of MQTT 5.0 from here on are refusals. */
const FIRST_ERROR = 0x80;

class Wire {
  readonly transfers = new Map<number, Transfer>();
  readonly violations: string[] = [];
  readonly #topic: string;
  /** Which reading an identifier stands for: of the last PUBLISH with it. */
  readonly #owners = new Map<number, number>();
  readonly #last: number;
  #newest = -1;

  constructor({ topic, packets, last }: Evidence) {
    this.#topic = topic;
    this.#last = last;
    for (const entry of packets) {
      if (entry.lost) continue;
      if (entry.from === "node") this.#fromNode(entry.packet, entry.topic, entry.atMs);
      else this.#fromBroker(entry.packet, entry.atMs);
    }
  }

  #fromNode(packet: Packet, topic: string, atMs: number): void {
    if (isPublish(packet)) {
      // Availability has identifiers too.
      if (topic !== this.#topic) this.#owners.delete(packet.messageId ?? 0);
      else this.#publish(readingOf(packet.payload), packet.messageId ?? 0, atMs);
    } else if (packet.cmd === "pubrel") {
      const transfer = this.#owner(packet);
      if (transfer) transfer.isReleased = true;
    }
  }

  #publish({ seq, time }: Reading, identifier: number, publishedMs: number): void {
    const before = this.transfers.get(seq);
    this.#owners.set(identifier, seq);
    if (seq > this.#last) return;
    if (before === undefined) {
      if (seq < this.#newest) this.violations.push(`reading ${seq} was first published after reading ${this.#newest}`);
      this.#newest = Math.max(this.#newest, seq);
      const takenMs = time - performance.timeOrigin;
      this.transfers.set(seq, { takenMs, publishedMs, ackedMs: undefined, isReleased: false });
      return;
    }
    // The broker would take it for another message: exactly once is over.
    if (before.isReleased) this.violations.push(`reading ${seq} was published again after its PUBREL`);
  }

  #fromBroker(packet: Packet, atMs: number): void {
    if (packet.cmd !== "puback" && packet.cmd !== "pubrec") return;
    const transfer = this.#owner(packet);
    if (transfer && (packet.reasonCode ?? 0) < FIRST_ERROR) transfer.ackedMs = atMs;
  }

  #owner({ messageId }: Packet): Transfer | undefined {
    const seq = this.#owners.get(messageId ?? 0);
    return seq === undefined ? undefined : this.transfers.get(seq);
  }
}

/** The number in a reading's JSON. */
export function sequenceOf(payload: string | Buffer): number {
  return readingOf(payload).seq;
}

function readingOf(payload: string | Buffer): Reading {
  const text = payload.toString("utf-8");
  const { seq, time } = JSON.parse(text) as { seq?: unknown; time?: unknown };
  if (typeof seq !== "number" || typeof time !== "number") throw new Error(`no reading: ${text}`);
  return { seq, time };
}

/**
 * Finds the drops that explain why readings never were on the wire: each explains one. A reading can only be dropped after the one
 * before it was taken, and before the one behind it was published. When the one before it was published says nothing: a node
 * that lost its link in that moment resends it later, and drops what follows meanwhile.
 */
function explainGaps(
  transfers: ReadonlyMap<number, Transfer>,
  { dropsMs, last }: Evidence,
): { dropped: number; gaps: string[] } {
  const gaps: string[] = [];
  let dropped = 0;
  let used = 0;
  let before = -1;
  const order = [...transfers.keys()].sort((a, b) => a - b);
  for (const seq of [...order, last + 1]) {
    const missing = seq - before - 1;
    if (missing > 0) {
      const fromMs = (transfers.get(before)?.takenMs ?? 0) - SKEW_MS;
      const untilMs = (transfers.get(seq)?.publishedMs ?? Number.POSITIVE_INFINITY) + SKEW_MS;
      while (used < dropsMs.length && (dropsMs[used] as number) < fromMs) used++;
      let explained = 0;
      for (; explained < missing && (dropsMs[used] ?? Number.POSITIVE_INFINITY) <= untilMs; used++) explained++;
      dropped += explained;
      if (explained < missing) {
        gaps.push(`readings ${before + 1} to ${seq - 1} were never published, and ${explained} counted as dropped`);
      }
    }
    before = seq;
  }
  return { dropped, gaps };
}

export function settle(evidence: Evidence): Account {
  const { qos, brokerKills, last } = evidence;
  const arrivals = evidence.arrivals.filter(({ seq }) => seq <= last);
  const { transfers, violations } = new Wire(evidence);
  const readings = last + 1;
  const { dropped, gaps } = explainGaps(transfers, evidence);
  const uncounted = readings - transfers.size - dropped;
  const unacked = [...transfers].filter(([, { ackedMs }]) => ackedMs === undefined);
  const found = [...violations];
  for (const [seq] of unacked) found.push(`reading ${seq} was never acknowledged`);
  found.push(...gaps);

  const firstMs = new Map<number, number>();
  let duplicates = 0;
  for (const { seq, atMs } of arrivals) {
    const before = firstMs.get(seq);
    if (before === undefined) firstMs.set(seq, atMs);
    else duplicates++;
    if (!transfers.has(seq)) found.push(`reading ${seq} arrived, and the node never published it`);
    if (qos === 2 && before !== undefined && !brokerKills.some(({ overMs }) => overMs > before && overMs < atMs)) {
      found.push(`reading ${seq} arrived twice, and the broker was not killed in between`);
    }
  }

  let lostByBroker = 0;
  let lostByBrokerWithinMs = 0;
  for (const [seq, { ackedMs }] of transfers) {
    if (ackedMs === undefined || firstMs.has(seq)) continue;
    const kill = brokerKills.find(({ overMs }) => overMs > ackedMs);
    if (kill === undefined) {
      found.push(`reading ${seq} was acknowledged and never arrived, and the broker was not killed after that`);
      continue;
    }
    lostByBroker++;
    lostByBrokerWithinMs = Math.max(lostByBrokerWithinMs, kill.signalMs - ackedMs);
  }

  return {
    readings,
    acked: transfers.size - unacked.length,
    dropped,
    lostUncounted: unacked.length + uncounted,
    delivered: firstMs.size,
    lostByBroker,
    lostByBrokerWithinMs,
    duplicates,
    violations: found,
  };
}
