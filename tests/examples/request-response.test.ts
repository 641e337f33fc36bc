import mqtt from "mqtt";
import { describe, expect } from "vitest";
import { labTest } from "../integration/lab.ts";
import { ENGINES } from "./targets.ts";

const QUESTION = "demo/question";
const ANSWER = "demo/answer";

function reading(celsius: number): string {
  return String(celsius * 1_000);
}

describe.each(ENGINES)("examples/request-response under $name", (target) => {
  const test = labTest(target);
  const module = "request-response";

  test("asks another node for its temperature, and says the answer to its own question alone", async (lab) => {
    const broker = await lab.mosquitto();
    const asker = await lab.node(broker, { module, id: "asker", intervalMs: 500 });
    await broker.log.first("SUBSCRIBE", (line) => line === "Received SUBSCRIBE from asker");
    const stranger = await mqtt.connectAsync({
      protocol: "mqtt",
      host: "127.0.0.1",
      port: broker.port,
      protocolVersion: 5,
    });
    lab.finally(() => stranger.endAsync(true));
    await stranger.publishAsync(ANSWER, "99", { qos: 1, properties: { correlationData: Buffer.alloc(4, 0xff) } });
    await stranger.publishAsync(ANSWER, "98", { qos: 1 });
    await lab.node(broker, { module, id: "answerer", sensor: "constant:17.2" });
    await asker.log.all(3, "answers", ({ text }) => text === reading(17.2));
    const numbers = asker.log.entries.map(({ text }) => text).filter((text) => /^\d+$/.test(text));
    expect(new Set(numbers)).toEqual(new Set([reading(17.2)]));
  });

  test("answers whoever asks, on the topic and with the data that came along", async (lab) => {
    const broker = await lab.mosquitto();
    await lab.node(broker, { module, id: "answerer", sensor: "constant:-3.5" });
    await broker.log.first("SUBSCRIBE", (line) => line === "Received SUBSCRIBE from answerer");
    const stranger = await mqtt.connectAsync({
      protocol: "mqtt",
      host: "127.0.0.1",
      port: broker.port,
      protocolVersion: 5,
    });
    lab.finally(() => stranger.endAsync(true));
    await stranger.subscribeAsync("my/answers", { qos: 1 });
    const correlationData = Buffer.from("0001ff", "hex");
    const answered = new Promise<{ payload: string; correlation: unknown }>((resolve) => {
      stranger.once("message", (_topic, payload, { properties }) => {
        resolve({ payload: payload.toString("utf-8"), correlation: properties?.correlationData });
      });
    });
    // A question that asks for no answer gets none.
    await stranger.publishAsync(QUESTION, "", { qos: 1 });
    await stranger.publishAsync(QUESTION, "", { qos: 1, properties: { responseTopic: "my/answers", correlationData } });
    expect(await answered).toEqual({ payload: reading(-3.5), correlation: correlationData });
  });
});
