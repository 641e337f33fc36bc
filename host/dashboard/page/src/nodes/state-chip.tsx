import { stateOf } from "../data/state.ts";
import { STATES } from "../data/states.ts";
import type { NodeRecord } from "../data/store.ts";

/** The state in a word, with a sign of its own besides its colour; and what else a visitor should know at once. */
export function StateChip({ node }: { node: NodeRecord }) {
  const state = stateOf(node);
  return (
    <span class={`chip ${state}`} title={STATES[state].meaning}>
      {STATES[state].label}
    </span>
  );
}

/** What adds to the state: the network is cut, or the broker has published the will. */
export function notes(node: NodeRecord): string {
  const all: string[] = [];
  if (node.report.isCut) all.push("network cut");
  if (node.availability === "offline by will") all.push("offline by will");
  if (node.sensorError !== 0) all.push(`sensor error ${node.sensorError}`);
  return all.join(" · ");
}
