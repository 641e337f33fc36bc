import type { MqttClient } from "mqtt";
import { useEffect, useRef, useState } from "preact/hooks";
import { clientId, connect, connected, onMessage, subscribe } from "../data/broker.ts";
import type { Store } from "../data/store.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Transcript } from "../ui/transcript.tsx";
import { Step } from "./steps.tsx";
import { useTranscript } from "./use-transcript.ts";

const TEXT =
  "With “clean session: false” the broker keeps a client’s subscriptions while it is away, and what arrives for them under QoS 1 and 2. " +
  "Subscribe and leave, publish while nobody listens, then come back: what waited is delivered in its order.";

const TOPIC = "demo/notices";
const NOTICE = { qos: 1, retain: false } as const;
const NUMBERS = ["one", "two", "three"] as const;

/** Whether a session waits at the broker, and whether its client is there. */
type Session = "none" | "away" | "here";

export function SessionStep({ store }: { store: Store }) {
  const announcer = useAnnouncer();
  const { lines, received, published, note } = useTranscript();
  const [session, setSession] = useState<Session>("none");
  const [waiting, setWaiting] = useState(0);
  const id = useRef(clientId("session"));
  const client = useRef<MqttClient | undefined>(undefined);
  useEffect(() => () => void client.current?.end(), []);

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      announcer.fail(error);
    }
  };
  const begin = async (clean: boolean): Promise<MqttClient> => {
    const opened = connect("session", { clientId: id.current, clean, reconnectPeriod: 0 });
    onMessage(opened, (message) => {
      received(message);
      setWaiting((count) => Math.max(0, count - 1));
    });
    await connected(opened);
    client.current = opened;
    return opened;
  };
  const leave = (): Promise<void> =>
    attempt(async () => {
      const opened = client.current ?? (await begin(false));
      await subscribe(opened, TOPIC, 1);
      note(`client ${id.current}: clean session false, subscribed to ${TOPIC} at QoS 1`);
      await opened.endAsync();
      client.current = undefined;
      note("it has left; its session waits at the broker");
      setSession("away");
    });
  const publish = (): Promise<void> =>
    attempt(async () => {
      for (const payload of NUMBERS) {
        await store.client.publishAsync(TOPIC, payload, NOTICE);
        published(TOPIC, payload, NOTICE);
        if (session === "away") setWaiting((count) => count + 1);
      }
    });
  const comeBack = (): Promise<void> =>
    attempt(async () => {
      note(`client ${id.current} comes back`);
      await begin(false);
      setSession("here");
    });
  const forget = (): Promise<void> =>
    attempt(async () => {
      await client.current?.endAsync();
      // A clean session in its place ends the one that waits.
      const opened = await begin(true);
      await opened.endAsync();
      client.current = undefined;
      note("the session is ended");
      setSession("none");
      setWaiting(0);
    });
  return (
    <Step number={3} title="A session that waits" text={TEXT}>
      <div class="actions">
        <button type="button" class={session === "away" ? "" : "primary"} disabled={session === "away"} onClick={leave}>
          Subscribe and leave
        </button>
        <button type="button" class={session === "away" && waiting === 0 ? "primary" : ""} onClick={publish}>
          Publish three
        </button>
        <button
          type="button"
          class={session === "away" && waiting > 0 ? "primary" : ""}
          disabled={session !== "away"}
          onClick={comeBack}
        >
          Come back
        </button>
        <button type="button" class="quiet" disabled={session === "none"} onClick={forget}>
          End session
        </button>
      </div>
      <p class="hint">
        Waiting at the broker: <b>{waiting}</b>
      </p>
      <Transcript lines={lines} label="Messages of this step" empty={`Topic ${TOPIC}`} />
    </Step>
  );
}
