/** The simulation has teeth: three bugs of the table of `npm run simulate:mutants`, and that the whole table fits the source. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { hunt, spoil } from "./hunt.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";
import { VARIANTS } from "./variants.ts";

const TIMEOUT_MS = 600_000;

/** Bugs of different kinds that are caught soon. */
const SOME = ["sends again without DUP", "forgets the will", "drops a reading and does not count it"];

describe("a deliberate bug in the SDK", () => {
  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))("fits the source: %s", (_, mutant) => {
    const source = readFileSync(join(PROJECT_ROOT, mutant.file), "utf-8");
    expect(spoil(source, mutant)).not.toBe(source);
    const names = VARIANTS.map(({ name }) => name);
    for (const name of mutant.variants) expect(names).toContain(name);
  });

  test("that does not fit is an error, not a bug that was caught", () => {
    const mutant = { ...(MUTANTS[0] as Mutant), text: "no such text" };
    expect(() => spoil("some source", mutant)).toThrow(/does not fit/);
  });

  test.each(SOME)(
    "is caught by the invariant that it breaks: %s",
    async (name) => {
      const mutant = MUTANTS.find((each) => each.name === name) as Mutant;
      const found = await hunt(mutant);
      expect(mutant.breaks).toContain(found?.failure.name);
    },
    TIMEOUT_MS,
  );
});
