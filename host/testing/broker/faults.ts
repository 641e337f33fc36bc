/** How a broker misbehaves, as brokers do under load, and as none should. */

import type { Random } from "../random.ts";

/** Probabilities, each of one acknowledgement: PUBACK, PUBREC, PUBREL or PUBCOMP. */
export interface AcknowledgementFaults {
  /** It comes late, by 1 ms to `latestMs`, and so behind others: out of order. */
  readonly late: number;
  readonly latestMs: number;
  /** It comes twice, which breaks the standard. */
  readonly twice: number;
  /** It never comes. */
  readonly never: number;
}

export interface BrokerFaults extends AcknowledgementFaults {
  /** Probability that a CONNECT gets no answer at all. */
  readonly silent: number;
  /** Probability that a CONNECT is refused as by a server in trouble: return code 3, reason code 0x88. */
  readonly unavailable: number;
}

export const NO_FAULTS: BrokerFaults = { late: 0, latestMs: 0, twice: 0, never: 0, silent: 0, unavailable: 0 };

/** How often each befell. */
export interface BrokerFaultCounts {
  late: number;
  twice: number;
  never: number;
  silent: number;
  unavailable: number;
}

/** When an acknowledgement is to be sent: after so many milliseconds each. */
export function acknowledgementTimes(
  faults: AcknowledgementFaults,
  counts: BrokerFaultCounts,
  random: Random,
): number[] {
  if (random.chance(faults.never)) {
    counts.never++;
    return [];
  }
  let delayMs = 0;
  if (random.chance(faults.late)) {
    counts.late++;
    delayMs = random.between(1, faults.latestMs);
  }
  if (!random.chance(faults.twice)) return [delayMs];
  counts.twice++;
  return [delayMs, delayMs + random.between(0, 1_000)];
}
