import { afterEach, beforeEach, expect, test } from "vitest";
import type { FleetResults } from "../../host/fleet/results.ts";
import { checkResults } from "../../host/fleet/results-check.ts";
import { wasmote } from "../device/command.ts";
import { acceptedIds, address, allAccepted, Lab, NUMBERED } from "./lab.ts";

const NODES = 80;
const SHARDS = 4;

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.dispose());

const ids = (count: number): Set<string> => new Set(Array.from({ length: count }, (_, index) => `n${index}`));

test("four processes are one fleet: one of them dies and comes back with the same ids, nobody takes another's over, and the results add up", async () => {
  const broker = await lab.broker();
  const startAt = new Date(Date.now() + 4_000).toISOString();
  const args = [
    "--nodes",
    String(NODES),
    "--shard-count",
    String(SHARDS),
    "--start-at",
    startAt,
    "--interval",
    "500ms",
  ];
  const start = (shard: number) =>
    lab.start([...args, "--broker", address(broker), "--results", lab.path(`${shard}.json`), NUMBERED], {
      JOB_COMPLETION_INDEX: String(shard),
    });
  const commands = Array.from({ length: SHARDS }, (_, shard) => start(shard));
  await allAccepted(broker, NODES);
  expect(acceptedIds(broker).toSorted()).toEqual([...ids(NODES)].toSorted());

  const killed = broker.log.end;
  commands[2]?.kill();
  await commands[2]?.outcome();
  const isOfKilled = (line: string): boolean => {
    const [, index] = line.match(/^Client n(\d+) closed its connection/) ?? [];
    return index !== undefined && Number(index) % SHARDS === 2;
  };
  await broker.log.all(NODES / SHARDS, "broken connections", isOfKilled, { from: killed });
  const restarted = broker.log.end;
  commands[2] = start(2);
  await allAccepted(broker, NODES / SHARDS, restarted);
  const again = acceptedIds(broker, restarted);
  expect(new Set(again)).toEqual(new Set([...ids(NODES)].filter((id) => Number(id.slice(1)) % SHARDS === 2)));
  expect(again).toHaveLength(NODES / SHARDS);

  for (const command of commands) command.interrupt();
  for (const command of commands) expect((await command.outcome()).code).toBe(0);
  expect(broker.log.count((line) => /already connected|taken over/i.test(line))).toBe(0);
  expect(new Set(acceptedIds(broker)).size).toBe(NODES);

  const paths = commands.map((_, shard) => lab.path(`${shard}.json`));
  const merged = await wasmote(["fleet", "merge", ...paths, "--results", lab.path("all.json")]);
  expect([merged.code, merged.stderr]).toEqual([0, ""]);
  const all = lab.results("all.json");
  const parts = paths.map((_, shard) => lab.results(`${shard}.json`));
  expect(all).toMatchObject({ shards: [0, 1, 2, 3], nodes: NODES, counters: { connected: NODES } });
  expect(all.counters.publishes).toBe(parts.reduce((sum, { counters }) => sum + counters.publishes, 0));
  expect(all.latency.count).toBe(all.counters.acknowledged);
  expect(all.observed).toMatchObject({ gaps: 0, duplicates: 0, reordered: 0, unseen: 0 });
  expect(all.observed?.messages).toBe(parts.reduce((sum, { observed }) => sum + (observed?.messages ?? 0), 0));
});

test("shards that are added up are the run in one piece: the same nodes, publishes and readings", async () => {
  /** Each node publishes once, when it starts: what is counted does not depend on time. */
  const runAll = async (shards: readonly (readonly string[])[]): Promise<FleetResults> => {
    const broker = await lab.broker();
    const startAt = new Date(Date.now() + 3_000).toISOString();
    const common = ["--nodes", "30", "--interval", "1h", "--start-at", startAt, "--broker", address(broker)];
    const files = shards.map((_, index) => lab.path(`${shards.length}-${index}.json`));
    const commands = shards.map((shard, index) =>
      lab.start([...common, ...shard, "--results", files[index] ?? "", NUMBERED]),
    );
    await broker.log.all(30, "acknowledgements", (line) => /^Sending PUBACK to n\d+ /.test(line), { withinMs: 40_000 });
    for (const command of commands) command.interrupt();
    for (const command of commands) expect((await command.outcome()).code).toBe(0);
    const { stdout } = await wasmote(["fleet", "merge", ...files, "--json"]);
    return checkResults(stdout, "merged");
  };
  const merged = await runAll([0, 1, 2].map((shard) => ["--shard", `${shard}/3`]));
  const whole = await runAll([[]]);
  // The machine may be busy with something else.
  expect({ ...merged.counters, overruns: 0 }).toEqual({ ...whole.counters, overruns: 0 });
  expect(merged.counters).toMatchObject({ connected: 30, publishes: 90, acknowledged: 30 });
  expect([merged.nodes, merged.observed, merged.latency.count]).toEqual([30, whole.observed, 30]);
});
