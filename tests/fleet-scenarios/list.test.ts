import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { builtInScenarios, loadScenario } from "../../host/fleet/scenario-file.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

function fleetList(...args: readonly string[]): { status: number | null; stdout: string } {
  const command = join(PROJECT_ROOT, "host/cli/wasmote.js");
  return spawnSync(process.execPath, [command, "fleet", "list", ...args], { encoding: "utf-8" });
}

test("fleet list shows every built-in scenario, what happens in it, and for how long", () => {
  const { status, stdout } = fleetList();
  expect(status).toBe(0);
  expect(stdout).toContain(
    "outage           The broker is gone for 5 minutes, and all nodes come back.\n                 1 group, 1 fault until 7m\n",
  );
  expect(stdout.match(/^[a-z-]+/gm)).toEqual(builtInScenarios());
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("fleet list --json has each of them in one line, as it is loaded", async () => {
  const { status, stdout } = fleetList("--json");
  expect(status).toBe(0);
  const shown = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const scenarios = await Promise.all(builtInScenarios().map(loadScenario));
  expect(shown.map(({ lengthMs, ...scenario }) => scenario)).toEqual(scenarios);
  expect(shown.find(({ name }) => name === "outage").lengthMs).toBe(420_000);
});
