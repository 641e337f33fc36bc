/** The page: nodes on one side; on the other one node, the steps to try, and the console. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Console } from "./console/console.tsx";
import type { Store } from "./data/store.ts";
import { NodePanel } from "./nodes/node-panel.tsx";
import { Nodes } from "./nodes/nodes.tsx";
import { Steps } from "./try/steps.tsx";
import { type Announcement, Announcements, AnnouncerContext } from "./ui/announcer.tsx";
import { Header } from "./ui/header.tsx";
import { useStore } from "./ui/hooks.ts";
import { Tabs } from "./ui/tabs.tsx";

/** A chart shows so many readings at the interval that the nodes began with, but no less than a minute. */
const READINGS_SHOWN = 120;
const MIN_WINDOW_MS = 60_000;

/** An announcement gives way to the next, or goes by itself. */
const ANNOUNCEMENT_MS = 8_000;

const TABS = { try: "Try it", node: "Node", console: "Console" } as const;
type Tab = keyof typeof TABS;

export function App({ store }: { store: Store }) {
  useStore(store);
  const [tab, setTab] = useState<Tab>("try");
  const [chosen, setChosen] = useState<string>();
  const [last, setLast] = useState<Announcement>();
  const aside = useRef<HTMLElement>(null);
  const announcer = useMemo(
    () => ({
      say: (text: string) => setLast({ text, isError: false }),
      fail: (error: unknown) =>
        setLast({ text: error instanceof Error ? error.message : String(error), isError: true }),
    }),
    [],
  );
  useEffect(() => {
    const timer = setTimeout(() => setLast(undefined), ANNOUNCEMENT_MS);
    return () => clearTimeout(timer);
  }, [last]);

  const { overview } = store;
  if (overview === undefined) {
    return <p class="waiting">{store.error ?? "Connecting to the host …"}</p>;
  }
  const windowMs = Math.max(MIN_WINDOW_MS, READINGS_SHOWN * overview.intervalMs);
  const shownNode = chosen ?? store.nodes[0]?.id;
  const choose = (id: string): void => {
    setChosen(id);
    setTab("node");
    // Where the panel is below the list, it would change out of sight.
    if (matchMedia("(max-width: 899px)").matches) aside.current?.scrollIntoView({ block: "start" });
  };
  return (
    <AnnouncerContext.Provider value={announcer}>
      <Header store={store} overview={overview} />
      <main>
        <Nodes store={store} chosen={shownNode} windowMs={windowMs} choose={choose} />
        <aside ref={aside} aria-label="Node, steps and console">
          <Tabs<Tab> tabs={TABS} chosen={tab} choose={setTab}>
            {{
              try: () => <Steps store={store} />,
              node: () => <NodePanel store={store} id={shownNode} windowMs={windowMs} />,
              console: () => <Console />,
            }}
          </Tabs>
        </aside>
      </main>
      <Announcements last={last} />
    </AnnouncerContext.Provider>
  );
}
