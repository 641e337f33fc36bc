/** Connections to the broker: MQTT 3.1.1 over WebSocket, on the server's own port. */

import mqtt, { type IClientOptions, type MqttClient, type OnMessageCallback } from "mqtt";
import { MQTT_PATH } from "../../../protocol.ts";

export type Qos = 0 | 1 | 2;

export interface Message {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly topic: string;
  readonly payload: string;
  readonly qos: Qos;
  readonly retain: boolean;
}

const RECONNECT_MS = 1_000;
/** A payload as text, with a sign for each byte that is none. */
const decoder = new TextDecoder();

let clients = 0;

/** A name that no other page has. */
export function clientId(role: string): string {
  const unique = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return `page-${role}-${unique.toString(36)}-${++clients}`;
}

/** Begins to connect, and goes on for as long as the page lives, unless `end` is called. */
export function connect(role: string, options: IClientOptions = {}): MqttClient {
  const client = mqtt.connect(`ws://${location.host}${MQTT_PATH}`, {
    clientId: clientId(role),
    reconnectPeriod: RECONNECT_MS,
    // Its worker is a blob: URL, which the page's Content-Security-Policy does not let run.
    timerVariant: "native",
    ...options,
  });
  // Each attempt in vain is one; whoever is interested asks for `close`.
  client.on("error", () => {});
  return client;
}

/** Calls back for each message that a client gets. Returns what ends it. */
export function onMessage(client: MqttClient, handle: (message: Message) => void): () => void {
  const listener: OnMessageCallback = (topic, payload, { qos, retain }) => {
    handle({ at: Date.now(), topic, payload: decoder.decode(payload), qos, retain });
  };
  client.on("message", listener);
  return () => client.off("message", listener);
}

/** Subscribes; throws an error for a person if the broker refuses. */
export async function subscribe(client: MqttClient, filter: string, qos: Qos): Promise<void> {
  const [granted] = await client.subscribeAsync(filter, { qos });
  if (granted !== undefined && granted.qos >= 0x80) throw new Error(`The broker refuses ${filter}.`);
}

/** Resolves when the client is connected. */
export function connected(client: MqttClient): Promise<void> {
  if (client.connected) return Promise.resolve();
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("close", () => reject(new Error("The broker has closed the connection.")));
  });
}
