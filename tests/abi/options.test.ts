import { describe, expect, test } from "vitest";
import { compileApp } from "../unit/harness/modules.ts";

const TEMPERATURE = "examples/temperature/index.ts";

describe("an option out of its range does not compile, and the message says what may be", () => {
  test.each([
    [["NODE_MQTT=3"], "NODE_MQTT is 4 for 3.1.1"],
    [["NODE_KEEP_ALIVE_S=4"], "NODE_KEEP_ALIVE_S is 5 to 65535"],
    [["NODE_QUEUE=33"], "NODE_QUEUE is a power of two"],
    [["NODE_QUEUE=8192"], "NODE_QUEUE is a power of two"],
    [["NODE_QOS=3"], "NODE_QOS is 0, 1 or 2"],
    [["NODE_WINDOW=33"], "NODE_WINDOW is 1 to 32"],
    [["NODE_INTERVAL_MS=99"], "NODE_INTERVAL_MS is 100 ms"],
    [["NODE_CHECKPOINT=3"], "NODE_CHECKPOINT is 0, 1 or 2"],
    [["NODE_CHECKPOINT=2", "NODE_QOS=0"], "NODE_CHECKPOINT=2 needs NODE_QOS 1 or 2"],
    [
      ["NODE_CHECKPOINT=1", "NODE_PERSISTENT=1", "NODE_QOS=2"],
      "a kept session with QoS 2 needs NODE_CHECKPOINT 0 or 2",
    ],
    [["NODE_AWAKE_S=4"], "NODE_AWAKE_S is 5 to 3600"],
    [
      ["NODE_SLEEP=1", "NODE_MQTT=5", "NODE_PERSISTENT=1", "NODE_INTERVAL_MS=60000", "NODE_SESSION_EXPIRY_S=100"],
      "NODE_SESSION_EXPIRY_S is less than two intervals",
    ],
    [["NODE_UPLOAD=1"], "NODE_UPLOAD needs NODE_OUTBOX"],
    [["NODE_DOWNLOAD=1"], "NODE_DOWNLOAD needs NODE_MESSAGES"],
    [["NODE_AUTH=1"], "NODE_AUTH needs NODE_MQTT=5"],
    [["NODE_MQTT=5", "NODE_RECEIVE=63"], "NODE_RECEIVE is at least 16"],
    [["NODE_TRANSMIT=223"], "NODE_TRANSMIT is smaller"],
  ])("%s", async (options, message) => {
    const refused = await compileApp(TEMPERATURE, options).then(
      () => "compiled",
      (error: Error) => error.message,
    );
    expect(refused).toContain(message);
  });

  test("its bounds do", async () => {
    const bounds = ["NODE_KEEP_ALIVE_S=65535", "NODE_QUEUE=512", "NODE_WINDOW=32", "NODE_INTERVAL_MS=86400000"];
    expect((await compileApp(TEMPERATURE, [...bounds, "NODE_TRANSMIT=224"])).length).toBeGreaterThan(4_000);
  });
});
