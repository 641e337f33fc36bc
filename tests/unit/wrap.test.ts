import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, identifierOf, PINGREQ, PINGRESP, puback } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { ENDED, TestNode } from "./harness/node.ts";

let module: LoadedModule;
beforeAll(async () => {
  module = await loadTemperature();
});

/**
 * One life with every phase in it, and every timer: a link that does not open, a broker that does not answer CONNECT, one
 * that refuses, readings, PINGREQ, a broker that falls silent, a good-bye that nobody acknowledges. Returns all that a
 * host sees, with times since the beginning, and notes when something happened.
 */
function live(startMs: number, moments: number[] = []): string[] {
  const node = new TestNode(module, { nowMs: startMs, config: { interval: "30000" } });
  const seen: string[] = [];
  const look = (): void => {
    const elapsedMs = (node.nowMs - startMs) >>> 0;
    const [sent, logs] = [node.sent(), node.logs()];
    if (sent !== "" || logs.length > 0) moments.push(elapsedMs);
    seen.push(`${elapsedMs} ${node.waitMs} ${sent} ${logs.join()} ${node.linked}`);
  };
  /** Runs the node as a host does; `react` plays the broker. */
  const run = (durationMs: number, react: (sent: string) => void = () => {}): void => {
    for (let leftMs = durationMs; ; ) {
      const waitMs = Math.min(node.waitMs, leftMs);
      node.step(waitMs);
      leftMs -= waitMs;
      const sent = node.sent();
      seen.push(`sent ${sent}`);
      if (sent !== "") moments.push((node.nowMs - startMs) >>> 0);
      react(sent);
      look();
      if (leftMs === 0 || node.waitMs === ENDED) return;
    }
  };
  const dial = (): void => {
    while (node.board.link === "none") run(Math.max(1, node.waitMs));
    node.open();
    look();
  };
  const acknowledge = (sent: string): void => {
    if (sent === PINGREQ) node.receive(PINGRESP);
    else if (sent.startsWith("32")) node.receive(puback(identifierOf(sent)));
  };
  node.step();
  look();
  run(15_000);
  dial();
  run(10_000);
  dial();
  node.receive("20020005");
  look();
  run(600_000);
  dial();
  node.receive(CONNACK);
  look();
  while (node.board.link === "open") run(1000);
  dial();
  node.receive(CONNACK);
  for (const packet of node.packets()) acknowledge(packet);
  run(290_000, acknowledge);
  run(29_000, acknowledge);
  node.stop();
  run(5000);
  return seen;
}

describe("the clock wraps at 2^32", () => {
  test("whenever that happens in a node's life, the node does as if it had not", () => {
    const moments: number[] = [];
    const usual = live(1000, moments);
    expect(usual.at(-1)).toContain(`${ENDED}`);
    expect(new Set(moments).size).toBeGreaterThan(20);
    const wraps = new Set(
      moments.flatMap((atMs) => [atMs - 1, atMs, atMs + 1, atMs + 500, atMs + 9_000, atMs + 20_000]),
    );
    for (const wrapMs of wraps) {
      if (wrapMs < 1) continue;
      expect(live(2 ** 32 - wrapMs), `the wrap ${wrapMs} ms after the beginning`).toEqual(usual);
    }
  });

  test("a node that begins at the last millisecond begins well", () => {
    expect(live(2 ** 32 - 1)).toEqual(live(0));
  });
});
