import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { labTest } from "./lab.ts";
import { TARGETS } from "./nodes.ts";

/** The delay before attempt n + 1 is at random from 0 to this, times 2^n. */
const BASE_MS = 2_000;
const WATCHED_MS = 8_000;
/** What connecting, or a busy machine, may add to a delay. */
const SLACK_MS = 1_000;
const NODES = ["a", "b", "c", "d", "e", "f"] as const;

/**
 * Six nodes together begin about 23 attempts in 8 seconds: the delays of each are 1, 2, 4 and 8 seconds in the mean. With
 * delays that never grow, 1 second in the mean, there would be 54.
 */
const MOST_ATTEMPTS = 40;

describe.each(TARGETS)("the back-off of nodes under $name", (target) => {
  const test = labTest(target);

  for (const [what, accepts] of [
    ["a server that accepts a connection and closes it at once", true],
    ["a server that closes each connection without a word", false],
  ] as const) {
    test(`grows with ${what}`, async (lab) => {
      const server = await lab.fakeBroker(({ packet }, link) => {
        if (packet.cmd !== "connect") return;
        if (accepts) link.accept();
        link.end();
      });
      await Promise.all(NODES.map((id, index) => lab.node(server, { id, seed: index + 1, intervalMs: 60_000 })));
      for (const id of NODES) {
        await server.received.first(
          `CONNECT of ${id}`,
          ({ client, packet }) => client === id && packet.cmd === "connect",
        );
      }
      await sleep(WATCHED_MS);

      const attempts = NODES.map((id) => server.attempts(id));
      const total = attempts.reduce((sum, { length }) => sum + length, 0);
      expect(total).toBeLessThan(MOST_ATTEMPTS);
      expect(total, "they do try again").toBeGreaterThanOrEqual(3 * NODES.length);
      for (const times of attempts) {
        for (const [n, delayMs] of delays(times).entries()) expect(delayMs).toBeLessThan(BASE_MS * 2 ** n + SLACK_MS);
      }
      const firstMs = attempts.map((times) => delays(times)[0] ?? 0);
      expect(Math.max(...firstMs) - Math.min(...firstMs), "jitter spreads a fleet").toBeGreaterThan(BASE_MS / 4);
    });
  }
});

function delays(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}
