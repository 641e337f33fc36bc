/** Nodes at a real Mosquitto, recorded under each engine: each trace replays under both. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningNode } from "../../host/node/running-node.ts";
import { startNode } from "../../host/node/start.ts";
import { Trace } from "../../host/trace/reader.ts";
import { file, program } from "../boards/programs.ts";
import { Mosquitto } from "../integration/mosquitto.ts";
import { Observer } from "../integration/observer.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { collect, PATIENCE_MS, replayUnderBoth } from "./traces.ts";

const PASSWORD = "correct horse battery";

let broker: Mosquitto;
beforeAll(async () => {
  broker = await Mosquitto.start({ users: { node: PASSWORD } });
});
afterAll(() => broker.dispose());

const MODULES = [
  ["MQTT 3.1.1", "examples/commands/index.ts", "examples/commands/asconfig.json"],
  ["MQTT 5.0", "examples/full/index.ts", "examples/full/asconfig.json"],
] as const;
const CASES = MODULES.flatMap((each) => (["v8", "wasm3"] as const).map((engine) => [engine, ...each] as const));

/** Resolves when the node has said that so many times. */
function said(node: RunningNode, text: string, times: number): Promise<void> {
  const isDone = (): boolean => node.logs.filter((line) => line.text === text).length >= times;
  return new Promise((resolve) => {
    if (isDone()) resolve();
    node.on("log", () => isDone() && resolve());
  });
}

test.each(CASES)(
  "recorded under %s, %s: through an outage, to its good-bye",
  { timeout: PATIENCE_MS },
  async (engine, version, entry, config) => {
    const wasm = await compileApp(entry, [], config);
    const id = `${engine}-${version.slice(5, 6)}`;
    const observer = await Observer.connect(broker.port, { username: "node", password: PASSWORD });
    const trace = file("");
    const node = await startNode({
      ...{ engine, module: file(wasm), id, brokers: [`mqtt://127.0.0.1:${broker.port}`], username: "node" },
      ...{ password: PASSWORD, intervalMs: 100, sensor: "walk:1", trace, program: program("posix", "sanitize") },
    });
    await said(node, "online", 1);
    await observer.messages.first(
      "a reading",
      ({ topic }) => topic.startsWith(`sensor/${id}/`) && !topic.endsWith("status"),
    );
    await broker.stop();
    await broker.start();
    await said(node, "online", 2);
    await node.stop();
    const bytes = readFileSync(trace);
    expect(bytes.toString("latin1")).not.toContain("horse");
    const { events, onEvent } = collect();
    const replayed = await replayUnderBoth(bytes, wasm);
    expect(replayed).toMatchObject({ difference: undefined, cutOffAt: undefined, last: { kind: "returned" } });
    await replayUnderBoth(bytes, wasm, { onEvent });
    const calls = [...new Trace(bytes).frames()].flatMap((frame) => (frame.kind === "call" ? [frame.name] : []));
    expect(calls[0]).toBe("setup");
    expect(calls).toContain("stop");
    expect(events.filter((each) => each.kind === "import" && each.name === "net_send").length).toBeGreaterThan(5);
  },
);
