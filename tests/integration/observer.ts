/** An independent client of the broker, which sees what really arrives there. */

import mqtt, { type MqttClient } from "mqtt";
import { Journal, type Search } from "./journal.ts";

export interface ObserverOptions {
  readonly username?: string;
  readonly password?: string;
  /** The broker keeps its session, so nothing is missed while the observer is away. */
  readonly persistent?: boolean;
  readonly filter?: string;
  /** Most QoS that it asks for; 1 unless told otherwise. */
  readonly qos?: 0 | 1 | 2;
}

export interface Observed {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  /** Whether the broker had kept it, rather than just received it [MQTT-3.3.1-8]. */
  readonly retain: boolean;
  readonly atMs: number;
}

/** What JSON readings hold. */
export interface Reading {
  readonly value: number;
  readonly unit: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly seq: number;
}

let observers = 0;

export class Observer {
  readonly messages = new Journal<Observed>("the observer saw", ({ topic, payload, qos }) => {
    return `${topic} ${payload.slice(0, 80)} (QoS ${qos})`;
  });
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("error", () => {});
    client.on("message", (topic, payload, { qos, retain }) => {
      this.messages.add({ topic, payload: payload.toString("utf-8"), qos, retain, atMs: performance.now() });
    });
  }

  /** Connects and subscribes, to everything unless told otherwise. */
  static async connect(port: number, options: ObserverOptions = {}): Promise<Observer> {
    const { persistent = false, filter = "#", qos = 1, ...credentials } = options;
    const client = mqtt.connect({
      protocol: "mqtt",
      host: "127.0.0.1",
      port,
      clientId: `observer-${process.pid}-${observers++}`,
      clean: !persistent,
      reconnectPeriod: 100,
      ...credentials,
    });
    const observer = new Observer(client);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
    });
    await client.subscribeAsync(filter, { qos });
    return observer;
  }

  get isConnected(): boolean {
    return this.#client.connected;
  }

  async publish(topic: string, payload: string, qos: 0 | 1 = 1): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos });
  }

  /** The first message on a topic, after entry `from`. */
  on(topic: string, search: Search = {}): Promise<Observed> {
    return this.messages.first(`message on ${topic}`, (message) => message.topic === topic, search);
  }

  /** Payloads on a topic so far. */
  payloads(topic: string, from = 0): string[] {
    return this.messages.entries
      .slice(from)
      .filter((message) => message.topic === topic)
      .map(({ payload }) => payload);
  }

  /** JSON readings on a topic so far. */
  readings(topic: string, from = 0): Reading[] {
    return this.payloads(topic, from).map((payload) => JSON.parse(payload) as Reading);
  }

  /** When this resolves, whatever the broker had taken before has arrived here. */
  async catchUp(): Promise<void> {
    const topic = `barrier/${observers++}`;
    const from = this.messages.end;
    await this.publish(topic, "");
    await this.on(topic, { from });
  }

  async end(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
