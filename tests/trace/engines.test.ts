/** Both engines agree: what the simulation's nodes did under V8, faults and all, wasm3 does again, byte for byte. */

import { beforeAll, describe, expect, test } from "vitest";
import { loadModule } from "../../host/engine/module.ts";
import { program } from "../boards/programs.ts";
import { type RunnableVariant, runSeed } from "../simulation/seed.ts";
import { buildVariants, VARIANTS } from "../simulation/variants.ts";

/** Compiling every kind of node takes a while. */
const TIMEOUT_MS = 600_000;
const SETTINGS = { hours: 2, nodes: 3, replay: program("replay", "sanitize") } as const;

let built: readonly RunnableVariant[];
beforeAll(async () => {
  built = (await buildVariants()).map(({ variant, wasm }) => ({ variant, wasm, module: loadModule(wasm) }));
}, TIMEOUT_MS);

describe("wasm3 does what V8 did", () => {
  test.each(VARIANTS.map(({ name }, index) => [name, index + 1] as const))(
    "in a simulated session of nodes of the kind %s",
    async (name, seed) => {
      const only = built.filter(({ variant }) => variant.name === name);
      const { failure, replayed, faults } = await runSeed({ ...SETTINGS, seed }, only);
      if (failure !== undefined) expect.fail(`seed ${seed}: ${failure.message}\n${failure.story.join("\n")}`);
      // Or there was nothing to agree about.
      expect(replayed.calls).toBeGreaterThan(100);
      expect(Object.keys(faults).length).toBeGreaterThan(1);
    },
    TIMEOUT_MS,
  );

  test("and the check finds out where it does not", { timeout: TIMEOUT_MS }, async () => {
    const lean = built.find(({ variant }) => variant.name === "lean");
    if (lean === undefined) throw new Error("there is no such kind");
    // wasm3 is given a module that waits up to 2,001 ms where the recorded one waits up to 2,000, as an engine with a bug might.
    const wasm = Buffer.from(lean.wasm);
    const constant = wasm.indexOf(Buffer.from([0x41, 0xd0, 0x0f]));
    expect(constant).toBeGreaterThan(0);
    wasm[constant + 1] = 0xd1;
    const { failure } = await runSeed({ ...SETTINGS, seed: 1 }, [{ ...lean, wasm }]);
    expect(failure?.name).toBe("EENGINES");
    expect(failure?.message).toMatch(/^node n\d-lean goes another way under wasm3: call \d+, /);
  });
});
