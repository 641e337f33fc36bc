/** A node's state in one word, as a person asks for it, and what it means. */

import type { NodeRecord } from "./store.ts";

export const STATES = {
  online: { label: "Online", meaning: "The broker has accepted the node, and readings go through." },
  connecting: { label: "Connecting", meaning: "A link is being opened, or the broker's answer is awaited." },
  queueing: { label: "Queueing", meaning: "It has no connection, and its readings wait in its queue." },
  "back-off": { label: "In back-off", meaning: "It has no connection, and waits before it tries again." },
  asleep: { label: "Asleep", meaning: "It sleeps deeply until its next reading is due." },
  trapped: { label: "Trapped", meaning: "Its module has trapped; it starts again on a fresh image." },
  off: { label: "Off", meaning: "It has no power." },
} as const;

export type State = keyof typeof STATES;

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
