/** Prints the hash of an hour of three nodes on a bad network, for a test that compares two processes: seed, module. */

import { createWorld, hours, minutes } from "../../host/testing/index.ts";

const [seed, module = ""] = process.argv.slice(2);
const world = createWorld({
  seed: Number(seed),
  network: { splits: 0.5, loss: 0.1, duplicates: 0.1, sendBuffer: 20 },
});
for (const id of ["1", "2", "3"]) world.node(module, { id, sensor: (_, atMs) => atMs % 90_000 });
await world.run(minutes(20));
for (const node of world.nodes) node.network.cut();
world.nodes[0]?.power.cut(minutes(1));
await world.run(minutes(2));
for (const node of world.nodes) node.network.restore();
world.broker.restart({ downMs: minutes(1) });
await world.run(hours(0.5));
console.log(world.digest);
