import { beforeAll, describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, PINGREQ, PINGRESP } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let module: LoadedModule;
beforeAll(async () => {
  module = await loadTemperature();
});

/** A node whose only deadline is the next attempt: it takes a reading at once and none for a day. */
function node(seed: number): TestNode {
  return new TestNode(module, {
    seed: Math.imul(seed + 1, 0x9e37_79b9) >>> 0,
    config: { interval: "86400000" },
  }).step();
}

/** Refuses the link that is being opened; returns how long the node waits before it opens the next. */
function refuse(node: TestNode): number {
  node.close(Errno.ECONNREFUSED);
  expect(node.linked).toBe(false);
  const delayMs = node.waitMs;
  if (delayMs > 0) {
    node.step(delayMs - 1);
    expect(node.linked).toBe(false);
    node.step(1);
  } else {
    node.step();
  }
  expect(node.linked).toBe(true);
  return delayMs;
}

/** Delays of so many attempts in a row, of many nodes: `delays[attempt][node]`. */
function delays(attempts: number, nodes: number): number[][] {
  const fleet = Array.from({ length: nodes }, (_, seed) => node(seed));
  return Array.from({ length: attempts }, () => fleet.map(refuse));
}

describe("after a failed attempt", () => {
  test("delays are spread evenly from 0 up to a limit that doubles, 2 s to 128 s", () => {
    delays(11, 300).forEach((row, attempt) => {
      const limitMs = 2000 * 2 ** Math.min(attempt, 6);
      expect(Math.max(...row)).toBeLessThan(limitMs);
      // Full jitter: as many in each quarter, give or take what chance does to 75 of 300.
      for (let quarter = 0; quarter < 4; quarter++) {
        const share = row.filter((delayMs) => Math.floor((delayMs * 4) / limitMs) === quarter).length;
        expect(share, `attempt ${attempt}, quarter ${quarter}`).toBeGreaterThan(40);
        expect(share, `attempt ${attempt}, quarter ${quarter}`).toBeLessThan(115);
      }
    });
  });

  test("a fleet that lost its broker at one moment does not come back at one", () => {
    const [first = []] = delays(1, 200);
    expect(new Set(first).size).toBeGreaterThan(150);
  });

  test("of any kind the limit goes on doubling: no link, no CONNACK, a broken standard", () => {
    const limits = Array.from({ length: 200 }, (_, seed) => {
      const one = node(seed);
      refuse(one);
      one.run(15_000);
      one.dial().run(10_000);
      one.dial().receive("d000");
      return one.waitMs;
    });
    // The fourth: up to 16 s.
    expect(Math.max(...limits)).toBeGreaterThan(8000);
    expect(Math.max(...limits)).toBeLessThan(16_000);
  });
});

describe("a connection", () => {
  /** Delays after so many connections that lasted so long. */
  function delaysAfter(connections: number, onlineMs: number): number[] {
    return Array.from({ length: 100 }, (_, seed) => {
      const one = node(seed);
      for (let n = 0; n < connections; n++) {
        one.dial().receive(CONNACK).acknowledge();
        for (let leftMs = onlineMs; leftMs > 0; leftMs -= 1000) {
          if (one.run(Math.min(leftMs, 1000)).sent() === PINGREQ) one.receive(PINGRESP);
        }
        expect(one.linked).toBe(true);
        one.close(Errno.ECONNRESET);
      }
      return one.waitMs;
    });
  }

  test.each([0, 1000, 5000])("that ends %i ms after its CONNACK does not reset the limit", (onlineMs) => {
    // The fifth: up to 32 s.
    const waits = delaysAfter(5, onlineMs);
    expect(Math.max(...waits)).toBeGreaterThan(16_000);
    expect(Math.max(...waits)).toBeLessThan(32_000);
  });

  test("that lasted 40 s resets it: the next attempt comes within two seconds", () => {
    expect(Math.max(...delaysAfter(3, 40_000))).toBeLessThan(2000);
  });

  test("that is refused for good does not: 5 to 10 minutes, then where it was", () => {
    const one = node(1);
    for (let n = 0; n < 3; n++) refuse(one);
    one.open().receive("20020004");
    expect(one.waitMs).toBeGreaterThanOrEqual(300_000);
    one.dial().close(Errno.EPIPE);
    expect(one.waitMs).toBeLessThan(16_000);
  });
});

test("a board without a network is asked again and again, and never in a tight loop", () => {
  const one = new TestNode(module, { config: { interval: "1000" } });
  // Another link is open already, so net_open fails.
  one.board.network.open(0);
  one.run(600_000);
  const attempts = one.logs().filter((line) => line === `2 link closed: ${Errno.EMFILE}`).length;
  expect(attempts).toBeGreaterThan(5);
  expect(attempts).toBeLessThan(40);
});
