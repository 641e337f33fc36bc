import { beforeEach, describe, expect, test } from "vitest";
import { loadTestApp } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

const INTERVAL_MS = 1_000;

describe("a message of the application's own", () => {
  let node: TestNode;
  beforeEach(async () => {
    node = new TestNode(await loadTestApp("drafts", "NODE_OUTBOX=256", "NODE_STATUS=0"));
  });

  test("is not made of what was written for one that could not begin", () => {
    expect(node.actuations()).toEqual([0]);
    node.dial();
    node.receive("20020000");
    expect(node.sent()).not.toContain(Buffer.from("one").toString("hex"));
  });

  test("goes out with the step that published it, though nothing else happens", () => {
    node.online();
    // The two from before the connection are acknowledged, and the node is idle.
    node.run(INTERVAL_MS - 1);
    node.acknowledge();
    node.sent();
    node.actuations();
    node.step(1);
    expect(node.actuations()).toEqual([1, 0]);
    expect(node.packets()).toEqual([expect.stringMatching(/^330c0003612f62....77686f6c65$/)]);
  });

  test("has a line of the log for a number, whose text is cut off from it rather than cut", () => {
    node.online();
    node.logs();
    node.run(INTERVAL_MS);
    expect(node.logs()).toEqual(["1 12345678901234567890-2147483648", "1 123456789012345678901"]);
  });
});
