import { beforeAll, describe, expect, test } from "vitest";
import { compileApp } from "../unit/harness/modules.ts";
import { attack, seeds, type Target } from "./attack.ts";

/** Half a million packets: with the other example's, a million on each engine. */
const SEEDS = 20;
const PACKETS = 25_000;

let target: Target;
beforeAll(async () => {
  const wasm = await compileApp("examples/commands/index.ts", [], "examples/commands/asconfig.json");
  target = { name: "commands", wasm, persistent: true };
});

describe("the commands example", () => {
  test.each(seeds(SEEDS))(
    "takes 25,000 hostile packets on both engines, and does the same on each: seed %i",
    (seed) => {
      expect(attack(target, { seed, packets: PACKETS })).toBeUndefined();
    },
  );

  test.each(seeds(3))("takes hostile packets in a build with ASan and UBSan: seed %i", (seed) => {
    expect(attack(target, { seed: seed + 1000, packets: 3000, build: "sanitize" })).toBeUndefined();
  });
});
