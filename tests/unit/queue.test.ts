import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, CONNACK_SESSION_PRESENT, identifierOf, payloadOf, puback } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let dropOldest: LoadedModule;
let dropNewest: LoadedModule;
beforeAll(async () => {
  dropOldest = await loadTemperature("NODE_PERSISTENT=1");
  dropNewest = await loadTemperature("NODE_PERSISTENT=1", "NODE_DROP_OLDEST=0");
});

const INTERVAL_MS = 100;

/** Takes readings of `from`, `from` + 1 … degrees, so many, while no link opens. */
function take(node: TestNode, from: number, count: number): TestNode {
  for (let n = from; n < from + count; n++) node.sensor(n * 1000).step(node.links === 0 ? 0 : INTERVAL_MS);
  return node;
}

/** Brings the node online and takes all it has out of it. No further reading falls due meanwhile. */
function drain(node: TestNode, connack = CONNACK): number[] {
  const values: number[] = [];
  node.sensorError(-1).dial();
  node.receive(connack);
  for (let round = 0; round < 40; round++) values.push(...node.acknowledge().map(degrees));
  return values;
}

function degrees(publish: string): number {
  return Number(payloadOf(publish).match(/"msg":"(.*)\.0"/)?.[1]);
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** A node that has never had a link but tries, with readings 0 to `count` - 1 taken. */
function offline(module: LoadedModule, count: number): TestNode {
  return take(new TestNode(module, { config: { interval: String(INTERVAL_MS) } }), 0, count);
}

describe("while offline", () => {
  test("32 readings are kept, in their order", () => {
    const node = offline(dropOldest, 32);
    expect(node.logs()).toEqual([]);
    expect(drain(node)).toEqual(numbers(0, 31));
  });

  test("the 33rd drops the oldest and every drop is counted", () => {
    const node = offline(dropOldest, 35);
    expect(node.logs()).toEqual(["2 readings dropped: 1", "2 readings dropped: 2", "2 readings dropped: 3"]);
    expect(drain(node)).toEqual(numbers(3, 34));
  });

  test("a thousand readings leave the last 32", () => {
    // The first link is never opened, and times out again and again meanwhile.
    const node = offline(dropOldest, 1000);
    expect(
      node
        .logs()
        .filter((line) => line.startsWith("2 readings dropped"))
        .at(-1),
    ).toBe("2 readings dropped: 968");
    expect(drain(node)).toEqual(numbers(968, 999));
  });

  test("the 33rd is itself dropped where the node was told to keep the oldest", () => {
    const node = offline(dropNewest, 35);
    expect(node.logs()).toEqual(["2 readings dropped: 1", "2 readings dropped: 2", "2 readings dropped: 3"]);
    expect(drain(node)).toEqual(numbers(0, 31));
  });

  test("the capacity is what was compiled", async () => {
    for (const capacity of [2, 256]) {
      const module = await loadTemperature(`NODE_QUEUE=${capacity}`);
      const node = offline(module, 300);
      expect(drain(node)).toEqual(numbers(300 - capacity, 299));
    }
  });
});

describe("readings in flight", () => {
  /** Readings 1 to 8 are in flight and 9 to 32 wait: the queue is full. */
  function full(module: LoadedModule): TestNode {
    const node = new TestNode(module, { config: { interval: String(INTERVAL_MS) } }).sensor(0).online();
    node.receive("40020080");
    take(node, 1, 32);
    expect(node.packets().map(degrees)).toEqual(numbers(1, 8));
    expect(node.logs()).toEqual([]);
    return node;
  }

  /** Acknowledges readings 1 to 8 and all that follow. */
  function rest(node: TestNode): number[] {
    node.sensorError(-1).receive(...numbers(1, 8).map((n) => puback(`0${n}80`)));
    const values: number[] = [];
    for (let round = 0; round < 10; round++) values.push(...node.acknowledge().map(degrees));
    return values;
  }

  test("are never dropped: the oldest that the broker has not seen goes", () => {
    const node = take(full(dropOldest), 33, 3);
    expect(node.logs().length).toBe(3);
    expect(rest(node)).toEqual(numbers(12, 35));
    expect(node.linked).toBe(true);
  });

  test("are kept with those behind them where the newest is dropped", () => {
    const node = take(full(dropNewest), 33, 3);
    expect(node.logs().length).toBe(3);
    expect(rest(node)).toEqual(numbers(9, 32));
  });

  test("are never dropped while they wait to be sent again either", () => {
    const node = full(dropOldest);
    node.close(-10);
    take(node, 33, 5);
    const values = drain(node, CONNACK_SESSION_PRESENT);
    expect(values).toEqual([...numbers(1, 8), ...numbers(14, 37)]);
    expect(node.linked).toBe(true);
  });

  test("keep their identifiers when readings behind them are dropped", () => {
    const node = full(dropOldest);
    node.close(-10);
    take(node, 33, 5);
    node.sensorError(-1).dial().receive(CONNACK_SESSION_PRESENT);
    const again = node.packets().slice(1);
    expect(again.map(identifierOf)).toEqual(numbers(1, 8).map((n) => `0${n}80`));
    expect(again.every((packet) => packet.startsWith("3a"))).toBe(true);
  });

  test("that fill the whole queue leave no other choice than to drop the newest", async () => {
    const module = await loadTemperature("NODE_QUEUE=8", "NODE_WINDOW=8");
    const node = new TestNode(module, { config: { interval: String(INTERVAL_MS) } }).sensor(0).online();
    node.receive("40020080");
    take(node, 1, 10);
    expect(node.packets().map(degrees)).toEqual(numbers(1, 8));
    expect(node.logs()).toEqual(["2 readings dropped: 1", "2 readings dropped: 2"]);
    expect(rest(node)).toEqual([]);
    expect(node.linked).toBe(true);
  });
});

test("outages again and again lose no reading, keep their order, and double none without DUP", () => {
  const node = new TestNode(dropOldest, { config: { interval: "1000" } }).sensor(0).online();
  node.receive("40020080");
  const got = [0];
  const take = (packets: readonly string[]): void => {
    for (const packet of packets) {
      const value = degrees(packet);
      if (got.includes(value)) expect(packet.slice(0, 2)).toBe("3a");
      else got.push(value);
    }
  };
  for (let n = 1; n <= 500; n++) {
    node.sensor(n * 1000).step(1000);
    // Every 40 s the link breaks with the last reading's PUBACK, or the reading itself, on its way.
    if (n % 40 === 39) node.close(-10);
    else if (n % 40 === 38) take(node.packets());
    else if (node.board.link === "connecting") {
      node.open().packets();
      node.receive(CONNACK_SESSION_PRESENT);
    }
    if (n % 40 !== 38) take(node.acknowledge());
  }
  expect(got).toEqual(numbers(0, 500));
  expect(node.links).toBe(13);
});
