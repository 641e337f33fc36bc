/** A client of the broker that has nothing to do with the nodes: it shows what really arrives. */

import mqtt, { type MqttClient } from "mqtt";
import { WasmoteError } from "../errors.ts";
import { describeEndpoint, type Endpoint, isSecure } from "../hal/endpoint.ts";
import { loadTls, type TlsSettings, tlsOptions } from "../hal/tls.ts";
import { reasonOf } from "../hal/transport.ts";
import type { Message } from "./output.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 1_000;

export interface SubscriberOptions {
  readonly broker: Endpoint;
  readonly tls: TlsSettings;
  readonly topicFilter: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly onMessage: (message: Message) => void;
}

/** Connects and subscribes. Throws `EBROKER` if the broker is out of reach or lets nobody in, and `ETLS`. */
export async function subscribe(options: SubscriberOptions): Promise<MqttClient> {
  const { scheme, host, port, path } = options.broker;
  const tls = isSecure(options.broker) ? tlsOptions(options.broker, loadTls(options.tls)) : {};
  const client = mqtt.connect({
    ...tls,
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
  client.on("message", (topic, payload, { qos, retain }) => {
    options.onMessage({ time: new Date(), topic, payload: payload.toString("utf-8"), qos, retain });
  });
  try {
    await connected(client);
    const [granted] = await client.subscribeAsync(options.topicFilter, { qos: 1 });
    if (granted === undefined || granted.qos >= 0x80) throw new Error(`it refused ${options.topicFilter}`);
  } catch (cause) {
    client.end(true);
    throw new WasmoteError(
      "EBROKER",
      "peer",
      `can't use the broker at ${describeEndpoint(options.broker)}: ${reason(cause)}`,
      {
        cure: "check the address and that the broker runs, or leave out --broker to start one",
        cause,
      },
    );
  }
  // From here on a broker that restarts is waited for, as the nodes do.
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
