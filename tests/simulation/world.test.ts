import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type LoadedModule, loadModule } from "../../host/engine/module.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { createWorld, hours, minutes, seconds, type World } from "../../host/testing/index.ts";
import { compileApp } from "../unit/harness/modules.ts";

const wasm = await compileApp("examples/temperature/index.ts");
const module: LoadedModule = loadModule(wasm);

/** A world with one node that has been online for ten minutes, a reading a second. */
async function running(seed: number): Promise<World> {
  const world = createWorld({ seed });
  world.node(module, { id: "42", sensor: (_, atMs) => atMs / 10 });
  await world.run(minutes(10));
  return world;
}

test("a node publishes its readings, in order, at the time that they are due", async () => {
  const world = await running(1);
  const messages = world.broker.messages("sensor/42/temperature");
  expect(messages.map(({ text }) => text).slice(0, 3)).toEqual(['{"msg":"0.0"}', '{"msg":"0.1"}', '{"msg":"0.2"}']);
  // The last may still be on its way.
  expect(messages.length).toBeGreaterThanOrEqual(600);
  expect(world.broker.retained("sensor/42/status")?.text).toBe("online");
});

test("the broker speaks for a node that a cut has silenced, and the node comes back when the cut ends", async () => {
  const world = await running(2);
  const [node] = world.nodes;
  node?.network.cut();
  await world.run(hours(3));
  expect(world.broker.retained("sensor/42/status")?.text).toBe("offline");
  node?.network.restore();
  expect(world.runUntil(() => world.broker.clients.includes("42"), minutes(3))).toBe(true);
  await world.run(seconds(1));
  expect(world.broker.retained("sensor/42/status")?.text).toBe("online");
});

test("the same seed gives the same run, byte for byte, and another seed another one", async () => {
  const one = await running(3);
  expect((await running(3)).digest).toBe(one.digest);
  expect((await running(4)).digest).not.toBe(one.digest);
});

test("the same seed gives the same run in another process", async () => {
  const program = fileURLToPath(new URL("digest.ts", import.meta.url));
  const folder = join(PROJECT_ROOT, "build", "simulation");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "digest.wasm");
  writeFileSync(path, wasm);
  const digest = (): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", program, "5", path], {
      encoding: "utf-8",
    });
    expect(status, stderr).toBe(0);
    return stdout.trim();
  };
  const first = digest();
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(digest()).toBe(first);
});
