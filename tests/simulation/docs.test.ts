/** The examples of docs/simulation.md run as they stand, and its tables have what the code has. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildExamples } from "../../host/build/examples.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { INVARIANTS } from "../../host/testing/invariants/violation.ts";

const page = readFileSync(join(PROJECT_ROOT, "docs", "simulation.md"), "utf-8");
const FOLDER = join(PROJECT_ROOT, "build", "docs");

/** Each example with its heading, made a module that exports it as a function. */
const examples = [...page.matchAll(/^### ([^\n]+)\n\n(?:[^#`\n][^\n]*\n|\n)*```ts\n(.*?)^```$/gms)].map(
  ([, title = "", code = ""], index) => {
    const path = join(FOLDER, `simulation-${index + 1}.ts`);
    const imports = `import { createWorld, hours, minutes, seconds } from "../../host/testing/index.ts";`;
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, `${imports}\nexport async function run(expect: any) {\n${code}\n}\n`);
    return [title, path] as const;
  },
);

await buildExamples(["temperature", "battery", "commands"]);

describe("docs/simulation.md", () => {
  test("has three examples", () => {
    expect(examples.map(([title]) => title)).toEqual([
      "An outage",
      "A power cut in the middle of a step",
      "A command that waits for its node",
    ]);
  });

  test.each(examples)("shows what runs: %s", async (_, path) => {
    const example = (await import(path)) as { run(check: typeof expect): Promise<void> };
    await example.run(expect);
  });

  test("names every invariant, and none that is not checked", () => {
    const section = page.slice(page.indexOf("### What is checked"), page.indexOf("### Power cuts"));
    const named = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(named).toEqual([...INVARIANTS]);
  });
});
