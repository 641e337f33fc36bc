import type { Overview } from "../../../protocol.ts";
import { FILTER_LABELS, type Filter, passes } from "../data/state.ts";
import type { Store } from "../data/store.ts";
import { formatCount } from "./format.ts";
import { ThemeSwitch } from "./theme.tsx";

const COUNTED: readonly Filter[] = ["online", "queueing", "will"];

export function Header({ store, overview }: { store: Store; overview: Overview }) {
  return (
    <header>
      <h1>wasmote</h1>
      <ul class="counts" aria-label="Nodes by state">
        {COUNTED.map((filter) => (
          <li key={filter}>
            {`${formatCount(store.nodes.filter((node) => passes(node, filter)).length)} ${FILTER_LABELS[filter].toLowerCase()}`}
          </li>
        ))}
      </ul>
      <p class="broker">
        <code>{overview.broker.mqtt}</code>
        <span class={store.isConnected ? "dot on" : "dot"} aria-hidden="true" />
        <span class="broker-state">{store.isConnected ? "Live from the broker" : "Reconnecting to the broker …"}</span>
      </p>
      <ThemeSwitch />
    </header>
  );
}
