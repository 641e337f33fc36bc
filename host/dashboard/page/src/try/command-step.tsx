import { useEffect, useState } from "preact/hooks";
import type { Store } from "../data/store.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { useStore } from "../ui/hooks.ts";
import { Transcript } from "../ui/transcript.tsx";
import { NodeChoice } from "./node-choice.tsx";
import { Step } from "./steps.tsx";
import { useTranscript } from "./use-transcript.ts";

const TEXT =
  "A node that takes commands subscribes to sensor/<id>/cmd/+ and answers each on its topic with /result. " +
  "Send it another interval and see the answer; cut its network first, and the command waits in its session.";

const COMMAND = { qos: 1, retain: false } as const;
const INTERVALS = ["250", "1000", "5000", "50"] as const;

export function CommandStep({ store }: { store: Store }) {
  useStore(store);
  const announcer = useAnnouncer();
  const [chosen, choose] = useState<string>();
  const [interval, setInterval] = useState<string>(INTERVALS[0]);
  const { lines, received, published } = useTranscript();
  const able = store.nodes.filter(({ report }) => report.takesCommands !== false);
  const id = chosen ?? able.find(({ report }) => report.takesCommands)?.id ?? able[0]?.id ?? "";
  useEffect(() => {
    const topic = `sensor/${id}/cmd/interval/result`;
    return store.listenToMessages((message) => {
      if (message.topic === topic) received(message);
    });
  }, [store, id, received]);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const topic = `sensor/${id}/cmd/interval`;
    try {
      await store.client.publishAsync(topic, interval, COMMAND);
      published(topic, interval, COMMAND);
    } catch (error) {
      announcer.fail(error);
    }
  };
  return (
    <Step number={4} title="A command and its answer" text={TEXT}>
      <form class="actions" onSubmit={send}>
        <NodeChoice nodes={able} id={id} choose={choose} />
        <label class="field inline">
          <span>Interval</span>
          <select value={interval} onChange={(event) => setInterval(event.currentTarget.value)}>
            {INTERVALS.map((each) => (
              <option key={each} value={each}>
                {each} ms{each === "50" ? " (refused)" : ""}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={able.length === 0}>
          Send
        </button>
      </form>
      {able.length === 0 ? (
        <p class="hint">
          None of these nodes takes commands. <code>wasmote up</code> starts one that does.
        </p>
      ) : null}
      <Transcript lines={lines} label="Messages of this step" empty={`Topic sensor/${id}/cmd/interval`} />
    </Step>
  );
}
