/**
 * The other side: clients of MQTT.js that publish the same bytes as the nodes, with the same will, keep alive and status, in a
 * process of its own with --expose-gc. `Load` is its arguments.
 */

import mqtt, { type MqttClient } from "mqtt";
import { KEEP_ALIVE_S, type Load, measure, PAYLOAD, parseLoad, type Running, TOPIC_PREFIX } from "./load.ts";

function start({ nodes, rate, intervalMs, port }: Load, prefix: string): Running {
  const clients: MqttClient[] = [];
  const timers: NodeJS.Timeout[] = [];
  let connected = 0;
  let acknowledged = 0;

  const startOne = (index: number): void => {
    const id = `${prefix}${index}`;
    const status = `${TOPIC_PREFIX}${id}/status`;
    const topic = `${TOPIC_PREFIX}${id}/temperature`;
    const client = mqtt.connect({
      protocol: "mqtt",
      host: "127.0.0.1",
      port,
      clientId: id,
      keepalive: KEEP_ALIVE_S,
      protocolVersion: 4,
      clean: true,
      will: { topic: status, payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    clients.push(client);
    const publish = (): void => {
      client.publish(topic, PAYLOAD, { qos: 1 }, (error) => {
        if (error == null) acknowledged++;
      });
    };
    client.on("connect", () => {
      connected++;
      client.publish(status, "online", { qos: 0, retain: true });
    });
    client.on("close", () => {
      connected--;
    });
    publish();
    timers.push(setInterval(publish, intervalMs));
  };

  const startMs = performance.now();
  const ramp = setInterval(() => {
    const due = Math.min(nodes, Math.ceil(((performance.now() - startMs) * rate) / 1_000));
    while (clients.length < due) startOne(clients.length);
    if (clients.length === nodes) clearInterval(ramp);
  }, 1);
  return {
    get connected() {
      return connected;
    },
    get acknowledged() {
      return acknowledged;
    },
    async stop() {
      clearInterval(ramp);
      for (const timer of timers) clearInterval(timer);
      // By force: one that has something in flight when its connection breaks would be waited for without end.
      await Promise.all(clients.map((client) => client.endAsync(true)));
    },
  };
}

await measure(parseLoad(process.argv.slice(2)), start);
