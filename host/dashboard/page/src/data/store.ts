/** All that the page knows about the nodes. What changes is gathered, and told to whoever shows it a few times a second. */

import type { MqttClient } from "mqtt";
import { CHANGES, type NodeReport, type Overview } from "../../../protocol.ts";
import { overview } from "./api.ts";
import { connect, type Message, onMessage, subscribe } from "./broker.ts";
import { History } from "./history.ts";
import { parseReading, parseSensorError } from "./payload.ts";

/** What nobody's eye could follow is not drawn. */
const NOTIFY_MS = 100;

/** What the node's status topic says, and whether it was the will that said it. */
export type Availability = "online" | "offline" | "offline by will" | "asleep" | "unknown";

export class NodeRecord {
  readonly id: string;
  report: NodeReport;
  availability: Availability = "unknown";
  readonly history = new History();
  last: { readonly at: number; readonly value: number } | undefined;
  /** The error of its sensor, or 0. */
  sensorError = 0;

  constructor(report: NodeReport) {
    this.id = report.id;
    this.report = report;
  }
}

export class Store {
  readonly client: MqttClient;
  nodes: readonly NodeRecord[] = [];
  overview: Overview | undefined;
  isConnected = false;
  /** Why the page can't be filled, for a person. */
  error: string | undefined;
  readonly #byId = new Map<string, NodeRecord>();
  readonly #listeners = new Set<() => void>();
  readonly #messageListeners = new Set<(message: Message) => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** `nodes` lacks some that are known. */
  #isListStale = false;

  constructor() {
    this.client = connect("dashboard");
    onMessage(this.client, (message) => this.#take(message));
    this.client.on("connect", () => this.#begin());
    this.client.on("close", () => {
      this.isConnected = false;
      this.#notify();
    });
  }

  node(id: string | undefined): NodeRecord | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** Called after changes. Returns what ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called with every message of the nodes, as it comes. Returns what ends it. */
  listenToMessages(listener: (message: Message) => void): () => void {
    this.#messageListeners.add(listener);
    return () => this.#messageListeners.delete(listener);
  }

  /** Takes a report, unless it is older than what is known. */
  update(report: NodeReport): void {
    const record = this.#byId.get(report.id);
    if (record === undefined) {
      const added = new NodeRecord(report);
      this.#byId.set(report.id, added);
      this.#isListStale = true;
    } else if (report.revision >= record.report.revision) {
      record.report = report;
    }
    this.#notify();
  }

  /** After each connection: changes first, so that none is lost between the overview and them. */
  async #begin(): Promise<void> {
    try {
      await subscribe(this.client, CHANGES, 0);
      const whole = await overview();
      this.overview = whole;
      this.#replace(whole.nodes);
      this.isConnected = true;
      this.error = undefined;
      this.#notify();
      await subscribe(this.client, "sensor/+/temperature", 0);
      // QoS 1 tells the will, which has it, from what the node itself publishes.
      for (const topic of ["status", "error", "cmd/+/result"]) await subscribe(this.client, `sensor/+/${topic}`, 1);
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      this.#notify();
    }
  }

  /** The host may be another one than before. */
  #replace(reports: readonly NodeReport[]): void {
    const records = reports.map((report) => {
      const record = this.#byId.get(report.id) ?? new NodeRecord(report);
      record.report = report;
      return record;
    });
    this.#byId.clear();
    for (const record of records) this.#byId.set(record.id, record);
    this.nodes = records;
  }

  #take(message: Message): void {
    const { topic, payload, at, qos } = message;
    if (topic === CHANGES) {
      for (const report of JSON.parse(payload) as NodeReport[]) this.update(report);
      return;
    }
    const [, id, what] = topic.match(/^sensor\/([^/]+)\/(temperature|status|error)$/) ?? [];
    const record = this.node(id);
    if (record !== undefined) {
      if (what === "temperature") takeReading(record, payload, at);
      else if (what === "status") record.availability = availabilityOf(payload, qos);
      else record.sensorError = parseSensorError(payload) ?? record.sensorError;
      this.#notify();
    }
    for (const listener of this.#messageListeners) listener(message);
  }

  #notify(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isListStale) this.nodes = [...this.#byId.values()];
      this.#isListStale = false;
      for (const listener of this.#listeners) listener();
    }, NOTIFY_MS);
  }
}

function takeReading(record: NodeRecord, payload: string, at: number): void {
  const reading = parseReading(payload);
  if (reading === undefined) return;
  const time = reading.time ?? at;
  record.history.add(time, reading.value);
  record.last = { at: time, value: reading.value };
}

function availabilityOf(payload: string, qos: number): Availability {
  if (payload === "online" || payload === "asleep") return payload;
  if (payload !== "offline") return "unknown";
  return qos === 1 ? "offline by will" : "offline";
}
