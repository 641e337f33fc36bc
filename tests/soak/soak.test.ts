import { expect, test } from "vitest";
import { V3, V5 } from "../integration/nodes.ts";
import { type NodeKind, soak } from "./soak.ts";

/** Both engines, both QoS. */
const KINDS: readonly NodeKind[] = [
  { engine: "v8", qos: 1, version: V5, queue: 64 },
  { engine: "v8", qos: 2, version: V3, queue: 64 },
  { engine: "wasm3", qos: 1, version: V3, queue: 64 },
  { engine: "wasm3", qos: 2, version: V5, queue: 64 },
];
const KILLS = 6;

test("no reading is lost uncounted when Mosquitto and nodes on both engines are killed at random", {
  timeout: 180_000,
}, async () => {
  const { nodes, ...totals } = await soak({ seed: 1, isOver: (kills) => kills >= KILLS, nodes: KINDS });
  expect(totals.brokerKills).toBeGreaterThan(0);
  expect(totals.nodeKills).toBeGreaterThan(0);
  // A node may be killed again before it has said so.
  expect(totals.resumed).toBeGreaterThan(0);
  for (const node of nodes) {
    expect(node, node.id).toMatchObject({ violations: [], lostUncounted: 0 });
    expect(node.delivered, node.id).toBeGreaterThan(10);
    expect(node.acked, node.id).toBe(node.delivered + node.lostByBroker);
  }
});
