/** A slice of what `npm run simulate` runs: fixed seeds, so a run is the same everywhere. */

import { describe, expect, test } from "vitest";
import { loadModule } from "../../host/engine/module.ts";
import { BROKER_FAULTS, NODE_FAULTS } from "../../host/testing/fault-plan.ts";
import { runSeed } from "./seed.ts";
import { Totals } from "./totals.ts";
import { buildVariants } from "./variants.ts";

/** Compiling every kind of node takes a while. */
const TIMEOUT_MS = 600_000;
const SEEDS = 12;
const SETTINGS = { hours: 3, nodes: 10 } as const;

const variants = (await buildVariants()).map(({ variant, wasm }) => ({ variant, wasm, module: loadModule(wasm) }));

describe("random nodes under random faults", () => {
  test(
    "lose no reading that is not counted, and keep every other invariant",
    async () => {
      const totals = new Totals();
      for (let seed = 1; seed <= SEEDS; seed++) {
        const result = await runSeed({ seed, ...SETTINGS }, variants);
        if (result.failure !== undefined) {
          expect.fail(`seed ${seed}: ${result.failure.message}\n${result.failure.story.join("\n")}`);
        }
        totals.add(result);
      }
      expect(totals.readings.lost).toBe(0);
      expect(totals.readings.delivered).toBeGreaterThan(10_000);
      expect(totals.notes.heard).toBeGreaterThan(100);
      // Every kind of fault befell somebody, or this slice says little.
      expect(Object.keys(totals.faults).toSorted()).toEqual([...NODE_FAULTS, ...BROKER_FAULTS].toSorted());
    },
    TIMEOUT_MS,
  );

  test(
    "make the same run of the same seed, faults and all",
    async () => {
      const settings = { seed: 3, hours: 1, nodes: 6 };
      const [one, other] = [await runSeed(settings, variants), await runSeed(settings, variants)];
      expect(other).toEqual(one);
    },
    TIMEOUT_MS,
  );
});
