import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { packet, puback, publish, raw, str } from "./harness/bytes.ts";
import { loadCommands } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let module: LoadedModule;
beforeAll(async () => {
  module = await loadCommands();
});

function online(): TestNode {
  const node = new TestNode(module, { config: { interval: "86400000" } }).online();
  node.receive("9003010001", "9003020001", puback("0080"));
  node.packets();
  return node;
}

/** An answer under QoS 0, not retained. */
function answer(name: string, result: string): string {
  return packet(0x30, str(`sensor/7/cmd/${name}/result`), raw(result));
}

/** Sends a command; returns everything that the node sends. */
function command(node: TestNode, name: string, payload: string): string[] {
  return node.receive(publish(`sensor/7/cmd/${name}`, payload)).packets();
}

describe("the command `interval`", () => {
  test.each(["100", "5000", "86400000", "000000250"])("takes %s ms and answers with it", (payload) => {
    const node = online();
    expect(command(node, "interval", payload)).toEqual([answer("interval", `{"result":${Number(payload)}}`)]);
    const dueMs = Number(payload);
    expect(node.waitMs).toBeLessThanOrEqual(dueMs);
    node.run(Math.min(dueMs, 10_000) - 1);
    expect(node.packets()).toEqual([]);
    if (dueMs <= 10_000) expect(node.run(1).acknowledge().length).toBe(1);
  });

  test.each([
    "",
    "99",
    "0",
    "86400001",
    "-1000",
    "1e3",
    "1000.0",
    " 1000",
    "1000 ",
    "abc",
    "0x100",
    "9999999999",
    "4294968296",
  ])("refuses %s as EINVAL and changes nothing", (payload) => {
    const node = online();
    command(node, "interval", "5000");
    expect(command(node, "interval", payload)).toEqual([answer("interval", '{"error":2}')]);
    expect(node.run(4999).packets()).toEqual([]);
    expect(node.run(1).acknowledge().length).toBe(1);
  });

  test("is obeyed from the moment it arrives", () => {
    const node = online();
    node.run(3000);
    command(node, "interval", "1000");
    const readings: number[] = [];
    for (let elapsedMs = 100; elapsedMs <= 5000; elapsedMs += 100) {
      if (node.run(100).acknowledge().length > 0) readings.push(elapsedMs);
    }
    expect(readings).toEqual([1000, 2000, 3000, 4000, 5000]);
  });
});

describe("the application's own command", () => {
  test("is given its number, and its result is the answer", () => {
    const node = online();
    expect(command(node, "led", "42")).toEqual([answer("led", '{"result":0}')]);
    expect(node.actuations()).toEqual([42]);
  });

  test("has -1 for a payload that is no number of at most nine digits", () => {
    const node = online();
    for (const payload of ["", "x", "1234567890", "1x", "+1"]) command(node, "led", payload);
    expect(node.actuations()).toEqual([-1, -1, -1, -1, -1]);
    command(node, "led", "999999999");
    expect(node.actuations()).toEqual([999_999_999]);
  });
});

describe("an answer", () => {
  test("precedes the PUBACK, so a broker that has the one has the other", () => {
    const node = online().receive(publish("sensor/7/cmd/led", "1", { qos: 1, identifier: 0x0a0b }));
    expect(node.packets()).toEqual([answer("led", '{"result":0}'), "40020a0b"]);
  });

  test("to a command that nobody knows is ENOENT", () => {
    for (const name of ["unknown", "Interval", "intervals", "LED", "le", "l/e", "ä"]) {
      expect(command(online(), name, "1")).toEqual([answer(name, '{"error":4}')]);
    }
  });

  test.each([
    ["another node's command", "sensor/8/cmd/led"],
    ["a node's whose id begins alike", "sensor/77/cmd/led"],
    ["no name", "sensor/7/cmd/"],
    ["no command", "sensor/7/cmdled"],
    ["this node's own reading", "sensor/7/temperature"],
    ["a command with something before it", "/sensor/7/cmd/led"],
  ])("is not given to %s", (_, topic) => {
    const node = online().receive(publish(topic, "1", { qos: 1 }));
    expect({ packets: node.packets(), actuations: node.actuations() }).toEqual({
      packets: ["40020001"],
      actuations: [],
    });
  });

  test("fits as long as the command's topic has at most 92 bytes; a longer one is acknowledged without", () => {
    const name = "n".repeat(92 - "sensor/7/cmd/".length);
    expect(command(online(), name, "1")).toEqual([answer(name, '{"error":4}')]);
    const node = online().receive(publish(`sensor/7/cmd/${name}n`, "1", { qos: 1 }));
    expect(node.packets()).toEqual(["40020001"]);
  });

  test("is given to each of many commands that come at once, in their order", () => {
    const node = online();
    const names = Array.from({ length: 40 }, (_, n) => `${n}${"x".repeat(70)}`);
    node.receive(...names.map((name, n) => publish(`sensor/7/cmd/${name}`, "1", { qos: 1, identifier: n + 1 })));
    node.run(1000);
    const expected = names.flatMap((name, n) => [
      answer(name, '{"error":4}'),
      puback((n + 1).toString(16).padStart(4, "0")),
    ]);
    expect(node.packets()).toEqual(expected);
  });

  test("is given to each of them over a link that takes little at a time", () => {
    const node = online();
    node.board.sendCap = 3;
    const names = Array.from({ length: 8 }, (_, n) => `${n}${"x".repeat(70)}`);
    node.board.receive(
      Buffer.from(
        names.map((name, n) => publish(`sensor/7/cmd/${name}`, "1", { qos: 1, identifier: n + 1 })).join(""),
        "hex",
      ),
    );
    for (let n = 0; n < 2000; n++) node.step(20);
    const expected = names.flatMap((name, n) => [
      answer(name, '{"error":4}'),
      puback((n + 1).toString(16).padStart(4, "0")),
    ]);
    // The link was slow but never silent.
    expect(node.packets().filter((each) => each !== "c000")).toEqual(expected);
  });
});
