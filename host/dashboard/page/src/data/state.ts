/** Which state a node is in, and what the list can be narrowed to. */

import { STATES, type State } from "./states.ts";
import type { NodeRecord } from "./store.ts";

export function stateOf({ report }: NodeRecord): State {
  const { phase, queued } = report;
  const isWithoutLink = phase === "connecting" || phase === "back-off";
  return isWithoutLink && (queued ?? 0) > 0 ? "queueing" : phase;
}

/** What the list can be narrowed to: a state, or what the broker last said of a node. */
export const FILTERS = ["all", ...(Object.keys(STATES) as State[]), "will", "cut"] as const;
export type Filter = (typeof FILTERS)[number];

export const FILTER_LABELS: Readonly<Record<Filter, string>> = {
  all: "All",
  online: STATES.online.label,
  connecting: STATES.connecting.label,
  queueing: STATES.queueing.label,
  "back-off": STATES["back-off"].label,
  asleep: STATES.asleep.label,
  trapped: STATES.trapped.label,
  off: STATES.off.label,
  will: "Offline by will",
  cut: "Network cut",
};

export function passes(node: NodeRecord, filter: Filter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "will":
      return node.availability === "offline by will";
    case "cut":
      return node.report.isCut;
    case "back-off":
      return node.report.phase === "back-off";
    default:
      return stateOf(node) === filter;
  }
}
