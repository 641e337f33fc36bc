/** What a world is made of. */

import { expect, test } from "vitest";
import { GOOD_LINK, Random } from "../../host/testing/index.ts";
import { Pipe } from "../../host/testing/pipe.ts";
import { Scheduler } from "../../host/testing/scheduler.ts";
import { SimSlots } from "../../host/testing/sim-slots.ts";

test("events come in the order of their time, and of their making at one instant", () => {
  const scheduler = new Scheduler();
  const random = new Random(1, "test");
  const done: [number, number][] = [];
  for (let order = 0; order < 5_000; order++) {
    const atMs = random.below(300);
    scheduler.at(atMs, () => done.push([atMs, order]));
  }
  while (scheduler.step(1_000));
  expect(done).toHaveLength(5_000);
  expect(done).toEqual([...done].sort(([one, first], [other, second]) => one - other || first - second));
  expect(scheduler.nowMs).toBe(1_000);
});

test("events without end at one instant are an error that says so", () => {
  const scheduler = new Scheduler();
  const again = (): void => scheduler.after(0, again);
  again();
  expect(() => {
    while (scheduler.step(1));
  }).toThrow(/events without end/);
});

test("a stream of random numbers depends on its seed and its name alone", () => {
  const draw = (random: Random): number[] => Array.from({ length: 8 }, () => random.u32());
  const parent = new Random(7, "world");
  const before = draw(parent.fork("a"));
  draw(parent);
  draw(parent.fork("b"));
  expect(draw(parent.fork("a"))).toEqual(before);
  expect(draw(new Random(8, "world").fork("a"))).not.toEqual(before);
  expect(draw(parent.fork("b"))).not.toEqual(before);
});

test("bytes arrive whole, once and in order, however the network cuts, loses and repeats them", () => {
  const scheduler = new Scheduler();
  const random = new Random(3, "pipe");
  let isBlocked = false;
  let isEnded = false;
  const quality = { ...GOOD_LINK, splits: 0.8, loss: 0.3, duplicates: 0.5, latencyMs: [1, 50] as const };
  const counts = { sent: 0, lost: 0, duplicated: 0, split: 0 };
  const arrived: number[] = [];
  const world = { scheduler, random, counts, quality: () => quality, isBlocked: () => isBlocked };
  const pipe = new Pipe(
    world,
    (bytes) => arrived.push(...bytes),
    () => {
      isEnded = true;
    },
  );
  const sent = Array.from({ length: 3_000 }, (_, i) => (i * 7) & 0xff);
  for (let at = 0; at < sent.length; at += 30) {
    scheduler.at(at, () => pipe.write(Uint8Array.from(sent.slice(at, at + 30))));
  }
  scheduler.at(1_000, () => {
    isBlocked = true;
  });
  scheduler.at(60_000, () => {
    isBlocked = false;
    pipe.resume();
  });
  while (scheduler.step(59_999));
  expect(arrived.length).toBeLessThan(sent.length);
  pipe.end();
  while (scheduler.step(600_000));
  expect(arrived).toEqual(sent);
  expect(isEnded).toBe(true);
  expect(Math.min(counts.lost, counts.duplicated, counts.split)).toBeGreaterThan(50);
});

test.each([
  ["erased", 0xff],
  ["old", 1],
] as const)("a write that is torn leaves its beginning, and behind it what is %s", (rest, behind) => {
  let tornAfter: number | undefined;
  const slots = new SimSlots(8, () => tornAfter);
  slots.rest = rest;
  slots.write(0, new Uint8Array(40).fill(1));
  tornAfter = 10;
  expect(() => slots.write(0, new Uint8Array(40).fill(2))).toThrow();
  const bytes = slots.read(0);
  expect([...bytes.subarray(0, 10)]).toEqual(Array(10).fill(2));
  expect([...bytes.subarray(10)]).toEqual(Array(30).fill(behind));
  expect(slots.wasTorn).toBe(true);
});
