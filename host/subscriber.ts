/** A client of the broker that has nothing to do with the nodes: it shows what really arrives. */

import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { systemCode, WasmoteError } from "./errors.ts";
import { describeEndpoint, type Endpoint, isSecure } from "./hal/endpoint.ts";
import { loadTls, type TlsSettings, tlsOptions } from "./hal/tls.ts";
import { reasonOf } from "./hal/transport.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 1_000;
const NOT_FOUND = ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH"];

export interface SubscriberOptions {
  readonly broker: Endpoint;
  readonly tls: TlsSettings;
  readonly topicFilter: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /**
   * For so many seconds the broker keeps what comes while the connection is broken. That needs MQTT 5.0; a broker that does not
   * speak it keeps nothing.
   */
  readonly keptForS?: number;
  /** What to do if the broker can't be used. */
  readonly cure: string;
  readonly onMessage: (topic: string, payload: Buffer, packet: IPublishPacket) => void;
}

/**
 * Connects and subscribes. Throws `EBROKER` if the broker is out of reach or lets nobody in, and `ETLS`. From then on a broker
 * that restarts is waited for, as nodes do.
 */
export async function connectSubscriber(options: SubscriberOptions): Promise<MqttClient> {
  try {
    if (options.keptForS === undefined) return await connectOnce(options, {});
    try {
      const properties = { sessionExpiryInterval: options.keptForS };
      return await connectOnce(options, { protocolVersion: 5, clean: false, properties });
    } catch (error) {
      if (NOT_FOUND.includes(systemCode(error) ?? "")) throw error;
      return await connectOnce(options, {});
    }
  } catch (cause) {
    const { broker, cure } = options;
    const what = `can't use the broker at ${describeEndpoint(broker)}: ${reason(cause)}`;
    throw new WasmoteError("EBROKER", "peer", what, { cure, cause });
  }
}

async function connectOnce(options: SubscriberOptions, session: IClientOptions): Promise<MqttClient> {
  const { scheme, host, port, path } = options.broker;
  const tls = isSecure(options.broker) ? tlsOptions(options.broker, loadTls(options.tls)) : {};
  const client = mqtt.connect({
    ...tls,
    ...session,
    protocol: scheme,
    // Between a host and a port, as in an address, an IPv6 address stands in brackets.
    host: path !== undefined && host.includes(":") ? `[${host}]` : host,
    port,
    ...(path === undefined ? {} : { path, wsOptions: { ...tls, perMessageDeflate: false } }),
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
  });
  client.on("message", options.onMessage);
  try {
    await connected(client);
    const [granted] = await client.subscribeAsync(options.topicFilter, { qos: 1 });
    if (granted === undefined || granted.qos >= 0x80) throw new Error(`it refused ${options.topicFilter}`);
  } catch (error) {
    client.end(true);
    throw error;
  }
  client.options.reconnectPeriod = RECONNECT_MS;
  client.on("error", () => {});
  return client;
}

function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("it does not answer")), CONNECT_TIMEOUT_MS);
    const settle = (settled: () => void): void => {
      clearTimeout(timer);
      settled();
    };
    client.once("connect", () => settle(resolve));
    client.once("error", (error) => settle(() => reject(error)));
    client.once("close", () => settle(() => reject(new Error("it closed the connection"))));
  });
}

function reason(cause: unknown): string {
  return cause instanceof Error ? reasonOf(cause) : String(cause);
}
