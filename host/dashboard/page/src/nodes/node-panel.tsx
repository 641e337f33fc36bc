/** One node: its chart, what is known about it, its log, its power and its network. */

import { useEffect, useState } from "preact/hooks";
import { type Action, LOG_PREFIX, type LogEntry } from "../../../protocol.ts";
import { act, logOf } from "../data/api.ts";
import { onMessage, subscribe } from "../data/broker.ts";
import { stateOf } from "../data/state.ts";
import { STATES } from "../data/states.ts";
import type { NodeRecord, Store } from "../data/store.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Chart } from "../ui/chart.tsx";
import { formatBytes, formatCelsius, formatCount, formatTime } from "../ui/format.ts";
import { useStore } from "../ui/hooks.ts";
import { StateChip } from "./state-chip.tsx";

/** As many lines as the host keeps. */
const MAX_LINES = 100;

const LINKS: Readonly<Record<NodeRecord["report"]["phase"], string>> = {
  online: "connected",
  connecting: "being opened",
  "back-off": "none, in back-off",
  asleep: "none, asleep",
  trapped: "none, trapped",
  off: "none",
};

const DONE: Readonly<Record<Action, (id: string) => string>> = {
  cut: (id) => `The network of node ${id} is cut.`,
  restore: (id) => `The network of node ${id} is back; it connects when its back-off is over.`,
  kill: (id) => `Node ${id} has no power any more; its image is gone.`,
  start: (id) => `Node ${id} has power, and begins with a fresh image.`,
};

export function NodePanel({ store, id, windowMs }: { store: Store; id: string | undefined; windowMs: number }) {
  useStore(store);
  const node = store.node(id);
  if (node === undefined) return <p class="empty">Choose a node in the list.</p>;
  return (
    <div class="node-panel">
      <div class="bar">
        <h3>Node {node.id}</h3>
        <StateChip node={node} />
      </div>
      <p class="meaning">{STATES[stateOf(node)].meaning}</p>
      <div class="panel-chart">
        <Chart
          history={node.history}
          version={node.last?.at ?? 0}
          windowMs={windowMs}
          hasAxes={true}
          label={`Temperature of node ${node.id} in degrees Celsius over time`}
        />
      </div>
      <Power store={store} node={node} />
      <Facts node={node} />
      <Log key={node.id} store={store} id={node.id} />
    </div>
  );
}

export function useAction(store: Store): (id: string, action: Action) => Promise<void> {
  const announcer = useAnnouncer();
  return async (id, action) => {
    try {
      store.update(await act(id, action));
      announcer.say(DONE[action](id));
    } catch (error) {
      announcer.fail(error);
    }
  };
}

function Power({ store, node }: { store: Store; node: NodeRecord }) {
  const run = useAction(store);
  const { isCut, uncuttable, phase } = node.report;
  const network: Action = isCut ? "restore" : "cut";
  const power: Action = phase === "off" ? "start" : "kill";
  return (
    <div class="actions">
      <button
        type="button"
        class="toggle"
        disabled={uncuttable !== null}
        aria-describedby={uncuttable === null ? undefined : "uncuttable"}
        onClick={() => run(node.id, network)}
      >
        {isCut ? "Restore network" : "Cut network"}
      </button>
      <button type="button" class="toggle" onClick={() => run(node.id, power)}>
        {phase === "off" ? "Switch on" : "Cut power"}
      </button>
      {uncuttable === null ? null : (
        <p class="hint" id="uncuttable">
          The network can’t be cut: {uncuttable}.
        </p>
      )}
    </div>
  );
}

function Facts({ node }: { node: NodeRecord }) {
  const { last, report, availability } = node;
  const facts: [string, string][] = [
    ["Link", LINKS[report.phase]],
    ["Its status topic says", availability],
    ["Last reading", last === undefined ? "none yet" : `${formatCelsius(last.value)} at ${formatTime(last.at)}`],
    ["Queue", formatCount(report.queued)],
    ["Drops", formatCount(report.dropped)],
    ["Readings taken", formatCount(report.taken)],
    ["Acknowledged", formatCount(report.settled)],
    ["Sent / received", `${formatBytes(report.sentBytes)} / ${formatBytes(report.receivedBytes)}`],
    ["Traps", formatCount(report.traps)],
    ["Module", report.module],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Log({ store, id }: { store: Store; id: string }) {
  const [lines, setLines] = useState<readonly LogEntry[]>([]);
  const announcer = useAnnouncer();
  useEffect(() => {
    const topic = LOG_PREFIX + id;
    let isOver = false;
    const add = (entries: readonly LogEntry[]): void => setLines((old) => [...old, ...entries].slice(-MAX_LINES));
    const stop = onMessage(store.client, (message) => {
      if (message.topic === topic) add([JSON.parse(message.payload) as LogEntry]);
    });
    const begin = async (): Promise<void> => {
      try {
        await subscribe(store.client, topic, 0);
        const entries = await logOf(id);
        if (!isOver) setLines(entries);
      } catch (error) {
        announcer.fail(error);
      }
    };
    begin();
    return () => {
      isOver = true;
      stop();
      store.client.unsubscribe(topic);
    };
  }, [store, id]);
  return (
    <section class="log" aria-label={`Log of node ${id}`}>
      <h4>Log</h4>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <ol class="lines" tabIndex={0} aria-label="Lines, newest first">
        {lines.toReversed().map(({ at, level, text }, index) => (
          <li key={lines.length - index} class={level}>
            <time>{formatTime(at)}</time> <span class="level">{level}</span> {text}
          </li>
        ))}
      </ol>
    </section>
  );
}
