import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { Xorshift32 } from "../../../../host/hal/random.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import {
  connack,
  Do,
  identifier,
  loadLab,
  message,
  onlineLab,
  order,
  puback,
  reading,
  VERSIONS,
} from "../../outbound.ts";

const OPTIONS = ["NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_STATUS=0"];

let small: LoadedModule;
let odd: LoadedModule;
let roomy: LoadedModule;
beforeAll(async () => {
  small = await loadLab(...OPTIONS, "NODE_OUTBOX=256");
  odd = await loadLab(...OPTIONS, "NODE_OUTBOX=255");
  roomy = await loadLab(...OPTIONS, "NODE_OUTBOX=4096", "NODE_QUEUE=8");
});

function payload(n: number, length: number): string {
  return `${n}:`.padEnd(length, String.fromCharCode(97 + (n % 26)));
}

describe.each(VERSIONS)("%s: the outbox", (_, version) => {
  test.each([
    ["256 bytes", () => small],
    ["255 bytes", () => odd],
  ])(
    "of %s takes messages of all sizes while its ring goes round, and hands out each as it was, once and in order",
    (_, module) => {
      const random = new Xorshift32(7);
      const below = (limit: number): number => (random.next() >>> 0) % limit;
      const node = onlineLab(module(), version);
      let queued = 0;
      const waiting: string[] = [];
      const refusals = { full: 0, wrong: 0 };
      for (let round = 0; round < 3000; round++) {
        const text = payload(queued, 1 + below(90));
        const [, sent] = order(node, Do.message("t", text, 1));
        if (sent === 1) {
          waiting.push(message(version, "t", text, { qos: 1, identifier: identifier(queued) }));
          queued++;
        } else if (waiting.length === 0) refusals.wrong++;
        else refusals.full++;
        // The broker answers now and then, in its order.
        const answers = below(3);
        for (let n = 0; n < answers && waiting.length > 0; n++) {
          const expected = waiting.shift() ?? "";
          expect(next(node)).toBe(expected);
          node.receive(`4002${idOf(expected)}`);
        }
      }
      expect(node.linked).toBe(true);
      expect(queued).toBeGreaterThan(1000);
      expect(refusals.full).toBeGreaterThan(100);
      expect(refusals.wrong, "an empty outbox takes any of these").toBe(0);
    },
  );

  const unread = new WeakMap<TestNode, string[]>();
  /** The next packet that the node sends. */
  function next(node: TestNode): string | undefined {
    const packets = [...(unread.get(node) ?? []), ...node.packets()];
    unread.set(node, packets.slice(1));
    return packets[0];
  }

  /** Behind the topic `t`. */
  function idOf(publish: string): string {
    const header = Number.parseInt(publish.slice(2, 4), 16) > 127 ? 6 : 4;
    return publish.slice(header + 6, header + 10);
  }

  test("that is full takes no further message, however small, and one again once the oldest is acknowledged", () => {
    const node = onlineLab(small, version);
    let taken = 0;
    while (order(node, Do.message("t", "x".repeat(40), 1))[1] === 1) taken++;
    expect(taken).toBeGreaterThan(2);
    while (order(node, Do.message("t", "", 1))[1] === 1) taken++;
    node.sent();
    expect(order(node, Do.begin("t", 0))).toEqual([0]);
    node.receive(puback(0));
    expect(order(node, Do.message("t", "y", 1))).toEqual([1, 1]);
    expect(node.packets().at(-1)).toBe(message(version, "t", "y", { qos: 1, identifier: identifier(taken) }));
  });

  test("goes round where a message has filled the ring to its last byte, whatever the ring's length", () => {
    for (const [module, rest] of [
      [small, 115],
      [odd, 114],
    ] as const) {
      const node = onlineLab(module, version);
      // A message takes 21 bytes besides its payload; the first ends at 120.
      expect(order(node, Do.message("t", "x".repeat(99), 1), Do.message("t", "y".repeat(rest), 1))).toEqual([
        1, 1, 1, 1,
      ]);
      expect(order(node, Do.message("t", "z", 1))).toEqual([0, 0]);
      node.receive(puback(0)).sent();
      order(node, Do.message("t", "z", 1));
      expect(node.packets()).toEqual([message(version, "t", "z", { qos: 1, identifier: identifier(2) })]);
      expect(node.receive(puback(1), puback(2)).linked).toBe(true);
    }
  });

  test("keeps what an abandoned draft has left, and what one that did not fit", () => {
    const node = onlineLab(small, version);
    order(node, Do.message("t", "first", 1));
    for (let n = 0; n < 10; n++) {
      expect(order(node, Do.begin("t", 1), Do.text("never sent"))).toEqual([1]);
      expect(order(node, Do.begin("t", 1), Do.text("z".repeat(300)), Do.send)).toEqual([1, 0]);
      expect(order(node, Do.send)).toEqual([0]);
    }
    order(node, Do.message("t", "second", 1));
    expect(node.packets()).toEqual([
      message(version, "t", "first", { qos: 1, identifier: identifier(0) }),
      message(version, "t", "second", { qos: 1, identifier: identifier(1) }),
    ]);
  });

  test("loses no message to readings: those make room among themselves, and the newest goes where there are none", () => {
    const node = onlineLab(roomy, version);
    node.close(-10);
    order(node, Do.message("t", "0", 1), Do.reading(1000), Do.message("t", "2", 1), Do.reading(3000));
    order(node, ...[4, 5, 6, 7, 8, 9].map((n) => Do.reading(n * 1000)));
    expect(order(node, Do.dropped)).toEqual([2]);
    // The queue is full: a message that comes now is refused, and displaces nothing either.
    expect(order(node, Do.message("t", "no", 1))).toEqual([0, 0]);
    node.dial().receive(connack(version));
    expect(node.packets()).toEqual([
      message(version, "t", "0", { qos: 1, identifier: identifier(0) }),
      message(version, "t", "2", { qos: 1, identifier: identifier(1) }),
      ...[4, 5, 6, 7, 8, 9].map((n, index) => reading(version, `${n}.0`, 1, identifier(index + 2))),
    ]);
  });

  test("full of messages leaves no place for a reading", () => {
    const node = onlineLab(roomy, version);
    node.close(-10);
    order(node, ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => Do.message("t", String(n), 1)));
    order(node, Do.reading(1000), Do.reading(2000));
    expect(order(node, Do.dropped)).toEqual([2]);
    node.dial().receive(connack(version));
    expect(node.packets()).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => message(version, "t", String(n), { qos: 1, identifier: identifier(n) })),
    );
  });

  test("sends nothing into a link that breaks in the middle of it, and all of it on the next", async () => {
    const module = await loadLab(...OPTIONS, "NODE_OUTBOX=1024", "NODE_WINDOW=1");
    const node = onlineLab(module, version);
    order(node, Do.message("t", "0", 1), Do.message("t", "1", 0), Do.message("t", "2", 1));
    node.sent();
    // The PUBACK is the last that comes: the link is gone when the next message is to go out.
    node.board.receive(Buffer.from(puback(0), "hex"));
    node.close(-10);
    expect(node.packets()).toEqual([]);
    expect(node.logs()).toEqual(["2 link closed: -10"]);
    node.dial().receive(connack(version, true));
    // The one under QoS 0 is lost with its link.
    expect(node.packets().map((each) => each.replace(/^3a/, "32"))).toEqual([
      message(version, "t", "2", { qos: 1, identifier: identifier(2) }),
    ]);
  });
});
