/** A client of the visitor's own: subscribes to any filter, publishes any message. */

import type { MqttClient } from "mqtt";
import { useEffect, useRef, useState } from "preact/hooks";
import { connect, type Message, onMessage, type Qos, subscribe } from "../data/broker.ts";
import { filterError, topicError } from "../data/topics.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { formatTime } from "../ui/format.ts";

/** Older messages go. */
const MAX_MESSAGES = 200;
/** Messages are drawn so often, however many there are. */
const DRAW_MS = 200;
/** Longer payloads are cut for the eye. */
const MAX_SHOWN = 1_000;
/** What the broker takes in one message, with some room for its topic. */
const MAX_PAYLOAD_BYTES = 262_144;
const LEVELS: readonly Qos[] = [0, 1, 2];

interface Shown extends Message {
  readonly key: number;
}

export function Console() {
  const announcer = useAnnouncer();
  const [filters, setFilters] = useState<readonly { filter: string; qos: Qos }[]>([]);
  const [messages, setMessages] = useState<readonly Shown[]>([]);
  const [total, setTotal] = useState(0);
  const [isPaused, setIsPaused] = useState(false);
  const paused = useRef(false);
  const client = useRef<MqttClient | undefined>(undefined);

  /** The client connects when it is first needed. */
  const getClient = (): MqttClient => {
    if (client.current !== undefined) return client.current;
    const opened = connect("console");
    let gathered: Shown[] = [];
    let count = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    onMessage(opened, (message) => {
      count++;
      gathered.push({ ...message, key: count });
      if (gathered.length > MAX_MESSAGES) gathered = gathered.slice(-MAX_MESSAGES);
      if (timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        const news = gathered;
        gathered = [];
        setTotal(count);
        if (!paused.current) setMessages((old) => [...old, ...news].slice(-MAX_MESSAGES));
      }, DRAW_MS);
    });
    client.current = opened;
    return opened;
  };
  useEffect(() => () => void client.current?.end(), []);

  const add = async (filter: string, qos: Qos): Promise<void> => {
    try {
      await subscribe(getClient(), filter, qos);
      setFilters((old) => [...old.filter((each) => each.filter !== filter), { filter, qos }]);
      announcer.say(`Subscribed to ${filter} at QoS ${qos}.`);
    } catch (error) {
      announcer.fail(error);
    }
  };
  const remove = async (filter: string): Promise<void> => {
    try {
      await getClient().unsubscribeAsync(filter);
      setFilters((old) => old.filter((each) => each.filter !== filter));
      announcer.say(`Unsubscribed from ${filter}.`);
    } catch (error) {
      announcer.fail(error);
    }
  };
  const publish = async (topic: string, payload: string, qos: Qos, retain: boolean): Promise<void> => {
    try {
      await getClient().publishAsync(topic, payload, { qos, retain });
      announcer.say(`Published on ${topic}.`);
    } catch (error) {
      announcer.fail(error);
    }
  };
  return (
    <div class="console">
      <SubscribeForm add={add} />
      <ul class="filters" aria-label="Subscriptions">
        {filters.map(({ filter, qos }) => (
          <li key={filter}>
            <code>{filter}</code> <span class="flags">QoS {qos}</span>
            <button
              type="button"
              class="quiet"
              aria-label={`Unsubscribe from ${filter}`}
              onClick={() => remove(filter)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      <PublishForm publish={publish} />
      <div class="bar">
        <h3>Messages</h3>
        <p class="count">{total <= MAX_MESSAGES ? total : `the last ${MAX_MESSAGES} of ${total}`}</p>
        <button
          type="button"
          class="quiet"
          aria-pressed={isPaused}
          onClick={() => {
            paused.current = !isPaused;
            setIsPaused(!isPaused);
          }}
        >
          Pause
        </button>
        <button type="button" class="quiet" onClick={() => setMessages([])}>
          Clear
        </button>
      </div>
      <Messages messages={messages} />
    </div>
  );
}

function Messages({ messages }: { messages: readonly Shown[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <ol class="transcript tall" tabIndex={0} aria-label="Messages, newest first">
      {messages.length === 0 ? <li class="nothing">Subscribe to see messages here.</li> : null}
      {messages.toReversed().map(({ key, at, topic, payload, qos, retain }) => (
        <li key={key} class="in">
          <time>{formatTime(at)}</time>
          <code class="topic">{topic}</code>
          <code class="payload">{payload === "" ? "(empty)" : payload.slice(0, MAX_SHOWN)}</code>
          <span class="flags">{retain ? `QoS ${qos}, retained` : `QoS ${qos}`}</span>
        </li>
      ))}
    </ol>
  );
}

function SubscribeForm({ add }: { add(filter: string, qos: Qos): Promise<void> }) {
  const [filter, setFilter] = useState("sensor/#");
  const [qos, setQos] = useState<Qos>(1);
  const [error, setError] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    const wrong = filterError(filter);
    setError(wrong);
    if (wrong === undefined) add(filter, qos);
  };
  return (
    <form class="form" onSubmit={submit} aria-label="Subscribe">
      <h3>Subscribe</h3>
      <div class="line">
        <label class="field grow">
          <span>Topic filter</span>
          <input
            value={filter}
            spellcheck={false}
            aria-invalid={error !== undefined}
            aria-describedby="filter-error"
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <QosField qos={qos} choose={setQos} />
        <button type="submit" class="primary">
          Subscribe
        </button>
      </div>
      <p class="field-error" id="filter-error" role="alert">
        {error ?? ""}
      </p>
    </form>
  );
}

interface PublishFormProps {
  publish(topic: string, payload: string, qos: Qos, retain: boolean): Promise<void>;
}

function PublishForm({ publish }: PublishFormProps) {
  const [topic, setTopic] = useState("demo/hello");
  const [payload, setPayload] = useState("hello");
  const [qos, setQos] = useState<Qos>(1);
  const [retain, setRetain] = useState(false);
  const [error, setError] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    const isLong = new TextEncoder().encode(payload).length > MAX_PAYLOAD_BYTES;
    const wrong = topicError(topic) ?? (isLong ? "A payload here has at most 256 KiB." : undefined);
    setError(wrong);
    if (wrong === undefined) publish(topic, payload, qos, retain);
  };
  return (
    <form class="form" onSubmit={submit} aria-label="Publish">
      <h3>Publish</h3>
      <div class="line">
        <label class="field grow">
          <span>Topic</span>
          <input
            value={topic}
            spellcheck={false}
            aria-invalid={error !== undefined}
            aria-describedby="topic-error"
            onInput={(event) => setTopic(event.currentTarget.value)}
          />
        </label>
        <QosField qos={qos} choose={setQos} />
      </div>
      <div class="line">
        <label class="field grow">
          <span>Payload</span>
          <textarea
            rows={2}
            value={payload}
            spellcheck={false}
            onInput={(event) => setPayload(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={retain} onChange={(event) => setRetain(event.currentTarget.checked)} />
          <span>Retain</span>
        </label>
        <button type="submit" class="primary">
          Publish
        </button>
      </div>
      <p class="field-error" id="topic-error" role="alert">
        {error ?? ""}
      </p>
    </form>
  );
}

function QosField({ qos, choose }: { qos: Qos; choose(qos: Qos): void }) {
  return (
    <label class="field">
      <span>QoS</span>
      <select
        value={qos}
        onChange={(event) => choose(LEVELS.find((level) => String(level) === event.currentTarget.value) ?? 0)}
      >
        {LEVELS.map((level) => (
          <option key={level} value={level}>
            {level}
          </option>
        ))}
      </select>
    </label>
  );
}
