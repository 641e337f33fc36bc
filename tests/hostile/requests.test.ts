import { beforeAll, describe, expect, test } from "vitest";
import { compileApp } from "../unit/harness/modules.ts";
import { attack, seeds, type Target } from "./attack.ts";

let target: Target;
beforeAll(async () => {
  target = { name: "lab", wasm: await compileApp("tests/unit/modules/lab.ts", ["NODE_COMMANDS=1"]), persistent: false };
});

describe("an application that does what messages tell it: subscribe, unsubscribe, match, answer", () => {
  test.each(seeds(4))("takes 25,000 hostile packets on both engines, and does the same on each: seed %i", (seed) => {
    expect(attack(target, { seed, packets: 25_000 })).toBeUndefined();
  });
});
