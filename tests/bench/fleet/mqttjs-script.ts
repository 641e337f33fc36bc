/**
 * The other side: clients of MQTT.js that publish the same bytes as the nodes, with the same will, keep alive and status, in a
 * process of its own with --expose-gc. `Load` is its arguments.
 */

import mqtt from "mqtt";
import {
  intervalOf,
  KEEP_ALIVE_S,
  type Load,
  measure,
  PAYLOAD,
  parseLoad,
  type Running,
  TOPIC_PREFIX,
} from "./load.ts";

function start(load: Load): Running {
  const { nodes, rate, port } = load;
  const intervalMs = intervalOf(load);
  let started = 0;
  let connected = 0;
  let acknowledged = 0;

  const startOne = (id: string): void => {
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
    setInterval(publish, intervalMs);
  };

  const startMs = performance.now();
  const ramp = setInterval(() => {
    const due = Math.min(nodes, Math.ceil(((performance.now() - startMs) * rate) / 1_000));
    while (started < due) startOne(`n${started++}`);
    if (started === nodes) clearInterval(ramp);
  }, 1);
  return {
    get connected() {
      return connected;
    },
    get acknowledged() {
      return acknowledged;
    },
  };
}

await measure(parseLoad(process.argv.slice(2)), start);
