/** 10,000 nodes lose their broker at one instant. */

import { expect, test } from "vitest";
import { createWorld, minutes, seconds, type World } from "../../host/testing/index.ts";
import { loadTemperature } from "../unit/harness/modules.ts";

const NODES = 10_000;
/** Half a million connections take a while where others work too. */
const TIMEOUT_MS = 300_000;
const module = await loadTemperature("NODE_INTERVAL_MS=3600000");

/** How many nodes the broker accepts in each second after it was lost for `downMs`. */
async function returns(downMs: number): Promise<number[]> {
  const world: World = createWorld({ seed: 1, broker: { keepMessages: 0 } });
  for (let id = 0; id < NODES; id++) world.node(module, { id: String(id) });
  await world.run(minutes(2));
  expect(world.broker.clients).toHaveLength(NODES);
  const lostMs = world.nowMs;
  const counts: number[] = [];
  world.broker.observers.push({
    onAccepted: () => {
      const second = Math.floor((world.nowMs - lostMs) / 1_000);
      counts[second] = (counts[second] ?? 0) + 1;
    },
  });
  world.broker.restart({ downMs });
  await world.run(downMs + minutes(5));
  expect(world.broker.clients).toHaveLength(NODES);
  return Array.from(counts, (count) => count ?? 0);
}

/** A row for every `bin` of the counts. */
function histogram(counts: readonly number[], bin: number, unit: string): string {
  const rows: string[] = [];
  for (let from = 0; from < counts.length; from += bin) {
    const sum = counts.slice(from, from + bin).reduce((total, count) => total + count, 0);
    if (sum > 0)
      rows.push(`${String(from).padStart(4)} ${unit} ${String(sum).padStart(6)} ${"#".repeat(Math.ceil(sum / 100))}`);
  }
  return rows.join("\n");
}

test(
  "10,000 nodes that lose their broker for half a minute come back spread out, no more than a tenth in any second",
  async () => {
    const counts = await returns(seconds(30));
    console.log(
      `10,000 nodes, broker away for 30 s: connections accepted in each 10 s after it was lost\n${histogram(counts, 10, "s")}`,
    );
    expect(Math.max(...counts)).toBeLessThan(NODES / 10);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(30);
  },
  TIMEOUT_MS,
);

test(
  "10,000 nodes whose broker is back at once do not come back within the same second, nor many of them at one moment",
  async () => {
    const world: World = createWorld({ seed: 2, broker: { keepMessages: 0 }, network: { latencyMs: [1, 1] } });
    for (let id = 0; id < NODES; id++) world.node(module, { id: String(id) });
    await world.run(minutes(2));
    const lostMs = world.nowMs;
    const counts: number[] = [];
    const hundredths = new Map<number, number>();
    world.broker.observers.push({
      onAccepted: () => {
        const atMs = world.nowMs - lostMs;
        const tenth = Math.floor(atMs / 100);
        counts[tenth] = (counts[tenth] ?? 0) + 1;
        const hundredth = Math.floor(atMs / 10);
        hundredths.set(hundredth, (hundredths.get(hundredth) ?? 0) + 1);
      },
    });
    world.broker.restart({ downMs: 0 });
    await world.run(seconds(3));
    const tenths = Array.from(counts, (count) => count ?? 0);
    console.log(
      `10,000 nodes, broker back at once: connections accepted in each tenth of a second\n${histogram(tenths, 1, "/10 s")}`,
    );
    expect(world.broker.clients).toHaveLength(NODES);
    for (let from = 0; from < tenths.length; from++) {
      const inOneSecond = tenths.slice(from, from + 10).reduce((total, count) => total + count, 0);
      expect(inOneSecond, `from ${from * 100} ms on`).toBeLessThan(NODES * 0.55);
    }
    expect(Math.max(...hundredths.values())).toBeLessThan(NODES / 100);
  },
  TIMEOUT_MS,
);
