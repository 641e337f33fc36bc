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
            <b>{formatCount(store.nodes.filter((node) => passes(node, filter)).length)}</b>{" "}
            {FILTER_LABELS[filter].toLowerCase()}
          </li>
        ))}
      </ul>
      <p class="broker">
        <span class={store.isConnected ? "dot on" : "dot"} aria-hidden="true" />
        <span>{store.isConnected ? "Live from the broker" : "Reconnecting to the broker …"}</span>
        <code>{overview.broker.mqtt}</code>
      </p>
      <ThemeSwitch />
    </header>
  );
}
