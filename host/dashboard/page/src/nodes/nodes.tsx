/** All nodes: a card with a chart for each of a few, a row for each of many; searched, and narrowed to a state. */

import { useState } from "preact/hooks";
import { FILTER_LABELS, FILTERS, type Filter, passes, stateOf } from "../data/state.ts";
import { STATES } from "../data/states.ts";
import type { NodeRecord, Store } from "../data/store.ts";
import { Chart } from "../ui/chart.tsx";
import { formatCelsius, formatCount, formatTime } from "../ui/format.ts";
import { useStore } from "../ui/hooks.ts";
import { Sparkline } from "../ui/sparkline.tsx";
import { notes, StateChip } from "./state-chip.tsx";
import { VirtualList } from "./virtual-list.tsx";

/** From here on rows show more than cards do. */
const MOST_CARDS = 24;
const CARD = { heights: [196, 300], minWidth: 280, gap: 16 } as const;
const ROW = { heights: [44, 44], gap: 0 } as const;

interface NodesProps {
  readonly store: Store;
  readonly chosen: string | undefined;
  readonly windowMs: number;
  choose(id: string): void;
}

export function Nodes({ store, chosen, windowMs, choose }: NodesProps) {
  useStore(store);
  const [search, setSearch] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const wanted = search.trim().toLowerCase();
  const shown = store.nodes.filter((node) => node.id.toLowerCase().includes(wanted) && passes(node, filter));
  const areCards = store.nodes.length <= MOST_CARDS;
  return (
    <section class="nodes" aria-labelledby="nodes-title">
      <div class="bar">
        <h2 id="nodes-title">Nodes</h2>
        <p class="count">
          {shown.length === store.nodes.length
            ? formatCount(shown.length)
            : `${formatCount(shown.length)} of ${formatCount(store.nodes.length)}`}
        </p>
        <label class="field inline grow">
          <span>Search</span>
          <input
            type="search"
            placeholder="id"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <label class="field inline">
          <span>State</span>
          <select
            value={filter}
            onChange={(event) => setFilter(FILTERS.find((each) => each === event.currentTarget.value) ?? "all")}
          >
            {FILTERS.map((each) => (
              <option key={each} value={each}>
                {FILTER_LABELS[each]} ({formatCount(store.nodes.filter((node) => passes(node, each)).length)})
              </option>
            ))}
          </select>
        </label>
      </div>
      {areCards ? null : (
        <div class="row head" aria-hidden="true">
          <span>Id</span>
          <span>State</span>
          <span>Last reading</span>
          <span>Trend</span>
          <span>Queue</span>
          <span>Drops</span>
        </div>
      )}
      {shown.length === 0 ? <p class="empty">No node matches.</p> : null}
      <VirtualList
        items={shown}
        label="Nodes"
        heights={areCards ? CARD.heights : ROW.heights}
        minItemWidth={areCards ? CARD.minWidth : undefined}
        gap={areCards ? CARD.gap : ROW.gap}
        chosen={shown.findIndex(({ id }) => id === chosen)}
        choose={({ id }) => choose(id)}
        keyOf={({ id }) => id}
        nameOf={describe}
        draw={(node) => (areCards ? <Card node={node} windowMs={windowMs} /> : <Row node={node} windowMs={windowMs} />)}
      />
    </section>
  );
}

/** A node in one sentence. */
function describe(node: NodeRecord): string {
  const { last, report } = node;
  const parts = [`Node ${node.id}`, STATES[stateOf(node)].label, notes(node)];
  parts.push(last === undefined ? "no reading yet" : formatCelsius(last.value));
  if (report.queued !== null) parts.push(`queue ${report.queued}`);
  parts.push(`drops ${report.dropped}`);
  return parts.filter((part) => part !== "").join(", ");
}

function Card({ node, windowMs }: { node: NodeRecord; windowMs: number }) {
  const { last, report, history } = node;
  return (
    <div class="card">
      <div class="card-head">
        <span class="card-name">Node {node.id}</span>
        <StateChip node={node} />
        <span class="card-time">{last === undefined ? "" : formatTime(last.at)}</span>
      </div>
      <div class="card-value">
        <span class="big">{last === undefined ? "– °C" : formatCelsius(last.value)}</span>
        <span class="card-notes">{notes(node)}</span>
      </div>
      <div class="card-chart">
        <Chart
          history={history}
          version={last?.at ?? 0}
          windowMs={windowMs}
          hasAxes={false}
          label={`Temperature of node ${node.id}`}
        />
      </div>
      <div class="card-foot">
        <span>
          Queue <b>{formatCount(report.queued)}</b>
        </span>
        <span>
          Drops <b>{formatCount(report.dropped)}</b>
        </span>
      </div>
    </div>
  );
}

function Row({ node, windowMs }: { node: NodeRecord; windowMs: number }) {
  const { last, report, history } = node;
  return (
    <div class="row">
      <span class="row-id">{node.id}</span>
      <span class="row-state">
        <StateChip node={node} />
        <span class="row-notes">{notes(node)}</span>
      </span>
      <span>{last === undefined ? "–" : formatCelsius(last.value)}</span>
      <Sparkline history={history} version={last?.at ?? 0} windowMs={windowMs} />
      <span>{formatCount(report.queued)}</span>
      <span>{formatCount(report.dropped)}</span>
    </div>
  );
}
