import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { str } from "../../../unit/harness/bytes.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { loadMirror, online } from "./nodes.ts";
import { ACCEPTED, connack, disconnect, reasonString, userProperty } from "./packets.ts";
import { isTabled } from "./reason-table.ts";

/** What becomes of a node whose connection a server refuses or ends. No clause says so: it is the policy of this client. */

let mirror: LoadedModule;
beforeAll(async () => {
  mirror = await loadMirror();
}, 300_000);

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** How long a node stays away: from, up to. */
type Delay = readonly [number, number];
/** The first of the delays that double. */
const SOON: Delay = [0, 2 * SECOND_MS];
const QUOTA: Delay = [MINUTE_MS, 2 * MINUTE_MS];
/** Whatever it is, a person must mend it. */
const REFUSED: Delay = [5 * MINUTE_MS, 10 * MINUTE_MS];
const TAKEN_OVER: Delay = [15 * MINUTE_MS, 30 * MINUTE_MS];

const DELAYS: ReadonlyMap<number, Delay> = new Map([
  // Normal, unspecified, unavailable, busy, shutting down, keep alive, maximum connect time: the server may soon be well.
  ...[0x00, 0x80, 0x88, 0x89, 0x8b, 0x8d, 0xa0].map((code) => [code, SOON] as const),
  // Another server may be well at once: moved, use another.
  ...[0x9c, 0x9d].map((code) => [code, SOON] as const),
  // Receive maximum, message rate, quota, connection rate: this node was too much.
  ...[0x93, 0x96, 0x97, 0x9f].map((code) => [code, QUOTA] as const),
  [0x8e, TAKEN_OVER],
]);

const SEEDS = [1, 2, 3, 4, 5];
const ALL = Array.from({ length: 256 }, (_, code) => code);

/** Milliseconds until the node opens a link again. */
function awayMs(node: TestNode): number {
  const since = node.nowMs;
  for (let steps = 0; !node.linked; steps++) {
    if (steps > 10_000) throw new Error("the node does not come back");
    node.stepUnchecked(node.waitMs);
  }
  return node.nowMs - since;
}

function expectDelay(delays: readonly number[], [from, to]: Delay, code: number): void {
  expect(Math.min(...delays), `code ${code}`).toBeGreaterThanOrEqual(from);
  expect(Math.max(...delays), `code ${code}`).toBeLessThan(to);
  expect(new Set(delays).size, `code ${code} at random`).toBeGreaterThan(SEEDS.length / 2);
}

describe("MQTT 5.0: how long a node stays away", () => {
  test("after a DISCONNECT follows from its Reason Code, and chance", () => {
    for (const code of ALL.filter((each) => isTabled("DISCONNECT", each))) {
      const delays = SEEDS.map((seed) =>
        awayMs(online(mirror, ACCEPTED, { seed, endpoints: 2 }).receive(disconnect(code))),
      );
      expectDelay(delays, DELAYS.get(code) ?? REFUSED, code);
    }
  }, 120_000);

  test("after a CONNACK follows from its Reason Code, and chance", () => {
    for (const code of ALL.filter((each) => each !== 0 && isTabled("CONNACK", each))) {
      const delays = SEEDS.map((seed) =>
        awayMs(new TestNode(mirror, { seed, endpoints: 2 }).dial().receive(connack({ reason: code }))),
      );
      expectDelay(delays, DELAYS.get(code) ?? REFUSED, code);
    }
  }, 120_000);

  test("grows while a server is busy again and again, up to two minutes", () => {
    const longest = Array.from({ length: 10 }, () => 0);
    for (const seed of SEEDS) {
      const node = new TestNode(mirror, { seed });
      for (const attempt of longest.keys()) {
        node.dial().receive(connack({ reason: 0x89 }));
        longest[attempt] = Math.max(longest[attempt] as number, awayMs(node));
      }
    }
    for (const [attempt, delay] of longest.entries())
      expect(delay).toBeLessThan(2 ** Math.min(attempt + 1, 7) * SECOND_MS);
    expect(Math.max(...longest.slice(5))).toBeGreaterThan(32 * SECOND_MS);
  });

  test("after it had to tell the server of a fault grows in the same way", () => {
    const longest = Array.from({ length: 8 }, () => 0);
    for (const seed of SEEDS) {
      const node = new TestNode(mirror, { seed });
      for (const attempt of longest.keys()) {
        expect(node.dial().receive("d000").sent()).toBe("e00182");
        longest[attempt] = Math.max(longest[attempt] as number, awayMs(node));
      }
    }
    for (const [attempt, delay] of longest.entries())
      expect(delay).toBeLessThan(2 ** Math.min(attempt + 1, 7) * SECOND_MS);
    expect(Math.max(...longest.slice(5))).toBeGreaterThan(16 * SECOND_MS);
  });
});

describe("MQTT 5.0: which server a node goes to", () => {
  const MOVED = 0x9d;
  const USE_ANOTHER = 0x9c;
  /** A node with so many endpoints, online at the first. */
  const at = (endpoints: number): TestNode => online(mirror, ACCEPTED, { endpoints });
  /** Where the node connects to next. */
  const next = (node: TestNode): number => node.dial().endpoint;

  test.each([
    ["DISCONNECT", (node: TestNode, code: number) => node.receive(disconnect(code))],
    [
      "CONNACK",
      (node: TestNode, code: number) =>
        node
          .close(-10)
          .dial()
          .receive(connack({ reason: code })),
    ],
  ])("is the next one from now on where %s says that it has moved", (_, say) => {
    const node = at(3);
    say(node, MOVED);
    expect(next(node)).toBe(1);
    for (const end of [() => node.receive(ACCEPTED, "e0018b"), () => node.close(-10), () => node.receive("d000")]) {
      end();
      expect(next(node)).toBe(1);
    }
    node.receive(ACCEPTED, disconnect(MOVED));
    expect(next(node)).toBe(2);
  });

  test.each([
    ["DISCONNECT", (node: TestNode, code: number) => node.receive(disconnect(code))],
    [
      "CONNACK",
      (node: TestNode, code: number) =>
        node
          .close(-10)
          .dial()
          .receive(connack({ reason: code })),
    ],
  ])("is the next one for once where %s says to use another", (_, say) => {
    const node = at(2);
    say(node, USE_ANOTHER);
    expect(next(node)).toBe(1);
    node.receive(ACCEPTED).close(-10);
    expect(next(node)).toBe(0);
  });

  test.each([MOVED, USE_ANOTHER])("is the first again where there is no next one: after %i", (code) => {
    const node = at(1).receive(disconnect(code));
    node.logs();
    expect(next(node)).toBe(0);
    expect(node.logs()).toContain("2 link closed: -4");
    expect(node.receive(ACCEPTED).linked).toBe(true);
  });

  test("is the one that it is configured for, whatever server the broker names", () => {
    const node = at(2).receive(disconnect(USE_ANOTHER, `1c${str("evil.example:1883")}`));
    expect(node.logs()).toEqual([`3 disconnected: ${USE_ANOTHER}`, "3 evil.example:1883"]);
    expect(next(node)).toBe(1);
  });
});

describe("MQTT 5.0: [MQTT-4.13.2-1] a node whose connection the server ends", () => {
  test("says why, with the reason and the server that the broker names, and closes its side", () => {
    for (const code of ALL.filter((each) => isTabled("DISCONNECT", each))) {
      const words = [reasonString("because"), `1c${str("there.example")}`, userProperty("k", "v")];
      const node = online(mirror).receive(disconnect(code, ...words));
      const level = code < 0x80 ? 2 : 3;
      expect({ linked: node.linked, sent: node.sent(), logs: node.logs() }).toEqual({
        linked: false,
        sent: "",
        logs: [`${level} disconnected: ${code}`, `${level} because`, `${level} there.example`],
      });
    }
  });
});
