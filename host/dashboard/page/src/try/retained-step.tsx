import { connect, connected, onMessage, subscribe } from "../data/broker.ts";
import type { Store } from "../data/store.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Transcript } from "../ui/transcript.tsx";
import { Step } from "./steps.tsx";
import { useTranscript } from "./use-transcript.ts";

const TEXT =
  "The broker keeps the last retained message of a topic and gives it to whoever subscribes later. " +
  "Publish two, then subscribe with a new client: it gets the second one, though it came late.";

const TOPIC = "demo/retained";
const RETAINED = { qos: 1, retain: true } as const;
/** What a late subscriber gets, it gets at once; after so long it is told that there is nothing. */
const PATIENCE_MS = 1_500;

export function RetainedStep({ store }: { store: Store }) {
  const announcer = useAnnouncer();
  const { lines, received, published, note } = useTranscript();

  const publish = async (...payloads: readonly string[]): Promise<void> => {
    try {
      for (const payload of payloads) {
        await store.client.publishAsync(TOPIC, payload, RETAINED);
        published(TOPIC, payload, RETAINED);
      }
    } catch (error) {
      announcer.fail(error);
    }
  };
  const subscribeLate = async (): Promise<void> => {
    const client = connect("late", { reconnectPeriod: 0 });
    const arrived = new Promise<true>((resolve) => {
      onMessage(client, (message) => {
        received(message, "late subscriber");
        resolve(true);
      });
    });
    try {
      await connected(client);
      note(`a new client subscribes to ${TOPIC}`);
      await subscribe(client, TOPIC, 1);
      const patience = new Promise<false>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS));
      if (!(await Promise.race([arrived, patience]))) note("nothing is retained there");
    } catch (error) {
      announcer.fail(error);
    } finally {
      client.end();
    }
  };
  return (
    <Step number={2} title="Retained messages" text={TEXT}>
      <div class="actions">
        <button type="button" class="primary" onClick={() => publish("first", "second")}>
          Publish two
        </button>
        <button type="button" onClick={subscribeLate}>
          Subscribe late
        </button>
        <button type="button" class="quiet" onClick={() => publish("")}>
          Remove it
        </button>
      </div>
      <Transcript
        lines={lines}
        label="Messages of this step"
        empty={`Topic ${TOPIC}; an empty payload removes what is retained`}
      />
    </Step>
  );
}
