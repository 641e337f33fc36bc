import fc from "fast-check";
import { expect, test } from "vitest";
import { Sequences } from "../../host/fleet/sequences.ts";

/** Readings of node 0, each a second after the one before. */
function follow(numbers: readonly number[]): Sequences {
  const sequences = new Sequences(2);
  for (const number of numbers) sequences.add(0, number, 1_000 + number * 1_000);
  return sequences;
}

test("readings in order have no gaps", () => {
  const numbers = Array.from({ length: 500 }, (_, number) => number);
  expect(follow(numbers).observed()).toEqual({
    messages: 500,
    unnumbered: 0,
    gaps: 0,
    duplicates: 0,
    reordered: 0,
    unseen: 0,
  });
});

test("readings that are missing are gaps, those before the first included", () => {
  expect(follow([2, 3, 7]).observed()).toMatchObject({ gaps: 5, duplicates: 0, reordered: 0 });
});

test("a reading that comes late is no gap", () => {
  expect(follow([0, 1, 4, 3, 2, 5]).observed()).toMatchObject({ gaps: 0, duplicates: 0, reordered: 2 });
});

test("a reading that comes again is a duplicate", () => {
  expect(follow([0, 1, 1, 2, 0, 40, 0, 1]).observed()).toMatchObject({ gaps: 37, duplicates: 4, reordered: 0 });
});

test("of readings that are at most a window apart, each is counted as what it is", () => {
  const events = fc.array(fc.record({ lost: fc.boolean(), twice: fc.boolean(), back: fc.nat(20) }), { maxLength: 150 });
  fc.assert(
    fc.property(events, (all) => {
      const arriving = all.flatMap(({ lost, twice, back }, number) => {
        if (lost) return [];
        const first = { number, at: number + back };
        return twice ? [first, { number, at: number + back + 5 }] : [first];
      });
      const numbers = arriving.toSorted((a, b) => a.at - b.at).map(({ number }) => number);
      const highest = Math.max(-1, ...numbers);
      const distinct = new Set(numbers).size;
      const { messages, gaps, duplicates } = follow(numbers);
      expect(messages).toBe(numbers.length);
      expect(gaps).toBe(highest + 1 - distinct);
      expect(duplicates).toBe(numbers.length - distinct);
    }),
  );
});

test("a node that begins again with a fresh image has lost nothing by it", () => {
  const sequences = follow([0, 1, 2, 3]);
  sequences.add(0, 0, 60_000);
  sequences.add(0, 1, 61_000);
  sequences.add(0, 1, 61_000);
  expect(sequences.observed()).toMatchObject({ messages: 7, gaps: 0, duplicates: 1, reordered: 0 });
});

test("what passed while the observer was away is unseen, once for each node", () => {
  const sequences = follow([0, 1]);
  sequences.add(1, 0, 1_000);
  sequences.wasAway();
  sequences.add(0, 5, 6_000);
  sequences.add(1, 1, 2_000);
  sequences.add(0, 7, 8_000);
  expect(sequences.observed()).toMatchObject({ unseen: 3, gaps: 1 });
});

test("what the broker delivers to the observer once more is no duplicate of the node's", () => {
  const sequences = follow([0, 1]);
  sequences.add(0, 1, 2_000, true);
  sequences.add(0, 2, 3_000, true);
  expect(sequences.observed()).toMatchObject({ messages: 3, gaps: 0, duplicates: 0 });
});
