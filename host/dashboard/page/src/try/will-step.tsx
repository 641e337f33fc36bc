import { useEffect, useState } from "preact/hooks";
import type { Store } from "../data/store.ts";
import { useAction } from "../nodes/node-panel.tsx";
import { useStore } from "../ui/hooks.ts";
import { Transcript } from "../ui/transcript.tsx";
import { NodeChoice } from "./node-choice.tsx";
import { Step } from "./steps.tsx";
import { useTranscript } from "./use-transcript.ts";

const TEXT =
  "With its CONNECT a node leaves a will with the broker, which publishes it when the connection ends without DISCONNECT. " +
  "Cut a node’s network and see the will arrive; restore it, and the node comes back with all that it has queued.";

export function WillStep({ store }: { store: Store }) {
  useStore(store);
  const run = useAction(store);
  const [chosen, choose] = useState<string>();
  const { lines, received, note } = useTranscript();
  const id = chosen ?? store.nodes[0]?.id ?? "";
  const node = store.node(id);
  useEffect(() => {
    const topic = `sensor/${id}/status`;
    return store.listenToMessages((message) => {
      if (message.topic === topic) received(message);
    });
  }, [store, id, received]);
  const isCut = node?.report.isCut ?? false;
  const toggle = async (): Promise<void> => {
    note(isCut ? `node ${id}: network restored` : `node ${id}: network cut`);
    await run(id, isCut ? "restore" : "cut");
  };
  const impossible = node === undefined ? "There is no such node." : node.report.uncuttable;
  return (
    <Step number={1} title="The last will" text={TEXT}>
      <div class="actions">
        <NodeChoice nodes={store.nodes} id={id} choose={choose} />
        <button type="button" class="primary" disabled={impossible !== null} onClick={toggle}>
          {isCut ? "Restore network" : "Cut network"}
        </button>
      </div>
      {impossible === null ? null : <p class="hint">{impossible}</p>}
      <Transcript lines={lines} label="Status messages" empty={`Subscribed to sensor/${id}/status`} />
    </Step>
  );
}
