import { beforeAll, expect, test } from "vitest";
import { NodeInstance } from "../../host/engine/instance.ts";
import type { LoadedModule } from "../../host/engine/module.ts";
import { Fleet } from "../../host/fleet/images.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { loadTestModule } from "./modules.ts";

let counter: LoadedModule;
beforeAll(async () => {
  counter = await loadTestModule("counter");
});

function fleetOf(size: number): Fleet {
  const fleet = new Fleet(counter, size, createNullBoard({ nodes: size }));
  for (let node = 0; node < size; node++) fleet.setup(node);
  return fleet;
}

test("nodes that are stepped in any order end as nodes that were stepped alone", () => {
  const size = 50;
  const fleet = fleetOf(size);
  const steps = new Array<number>(size).fill(0);
  const order = new Xorshift32(7);
  for (let i = 0; i < 5_000; i++) {
    const node = (order.next() >>> 0) % size;
    steps[node] = (steps[node] ?? 0) + 1;
    expect(fleet.step(node, i)).toBe(1_000 + (steps[node] ?? 0));
  }
  for (let node = 0; node < size; node++) {
    const board = createNullBoard({ nodes: size });
    board.select(node);
    const alone = new NodeInstance(counter, board);
    alone.setup();
    for (let i = 0; i < (steps[node] ?? 0); i++) alone.step(0);
    expect(fleet.readImage(node)).toEqual(alone.readImage());
  }
});

test("a node that is stepped leaves every other node's image alone", () => {
  const fleet = fleetOf(3);
  const before = [0, 1, 2].map((node) => fleet.readImage(node));
  fleet.step(1, 0);
  fleet.resume(1, 0, 77);
  expect(fleet.readImage(0)).toEqual(before[0]);
  expect(fleet.readImage(2)).toEqual(before[2]);
  expect(fleet.readImage(1)).not.toEqual(before[1]);
  expect(fleet.step(1, 0)).toBe(78);
});

test("an image moves from node to node, and a reset node is fresh", () => {
  const fleet = fleetOf(2);
  fleet.step(0, 0);
  fleet.writeImage(1, fleet.readImage(0));
  expect(fleet.step(1, 0)).toBe(1_002);
  fleet.reset(1);
  expect(fleet.step(1, 0)).toBe(1);
  expect(fleet.step(0, 0)).toBe(1_002);
  fleet.stop(0);
  expect(fleet.step(0, 0)).toBe(1);
});

test("a node that writes past its image is named by the step, and the next node is not blamed", async () => {
  const module = await loadTestModule("stores");
  let address = 0;
  const board = createNullBoard({ nodes: 2 });
  const fleet = new Fleet(module, 2, {
    ...board,
    sensors: {
      read(_channel, out) {
        out[0] = address;
        return 0;
      },
    },
  });
  address = module.metadata.imageSize;
  const before = fleet.readImage(0);
  expect(() => fleet.step(0, 0)).toThrow(expect.objectContaining({ code: "ECANARY" }));
  expect(fleet.readImage(0)).toEqual(before);
  address = 0;
  expect(fleet.step(1, 0)).toBe(0);
  fleet.checkCanary();
});

test("a write far past the image is found before a node could find it", async () => {
  const module = await loadTestModule("stores");
  const fleet = new Fleet(module, 1, createNullBoard({ reading: 40_000 }));
  const run = (): void => {
    for (let i = 0; i < 2_000; i++) fleet.step(0, 0);
  };
  expect(run).toThrow("wrote at 40000");
});

test("there is no node outside the fleet", () => {
  const fleet = fleetOf(2);
  for (const node of [-1, 2, 1.5, Number.NaN]) {
    expect(() => fleet.step(node, 0)).toThrow(expect.objectContaining({ code: "ENODE" }));
  }
});

test("50,000 nodes take their images and little else", () => {
  const size = 50_000;
  const before = process.memoryUsage();
  const fleet = fleetOf(size);
  for (let node = 0; node < size; node++) fleet.step(node, 0);
  const after = process.memoryUsage();
  expect(fleet.imageBytes).toBe(size * counter.metadata.imageSize);
  const others = after.heapUsed - before.heapUsed + (after.arrayBuffers - before.arrayBuffers) - fleet.imageBytes;
  expect(others / size).toBeLessThan(300);
  expect(fleet.step(size - 1, 0)).toBe(1_002);
});
