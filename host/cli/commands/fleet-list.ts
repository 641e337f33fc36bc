/** `wasmote fleet list`: the built-in scenarios. */

import { formatDuration } from "../../fleet/duration.ts";
import { scenarioLengthMs } from "../../fleet/faults.ts";
import type { Scenario } from "../../fleet/scenario.ts";
import { builtInScenarios, loadScenario } from "../../fleet/scenario-file.ts";
import { docsPage } from "../../project.ts";
import { printNote } from "../output.ts";
import type { FleetListValues } from "../table/fleet.ts";

export async function fleetList({ json }: FleetListValues): Promise<void> {
  const scenarios = await Promise.all(builtInScenarios().map(loadScenario));
  const width = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  console.log(scenarios.map((scenario) => (json ? toJson(scenario) : toLines(scenario, width))).join("\n"));
  if (!json) printNote(`${docsPage("scenarios.md")} says how to write one of your own`);
}

function toJson(scenario: Scenario): string {
  const { name, description, groups, faults } = scenario;
  return JSON.stringify({ name, description, groups, faults, lengthMs: scenarioLengthMs(scenario) });
}

function toLines(scenario: Scenario, width: number): string {
  const { name, description = "", groups, faults } = scenario;
  const until = faults.length === 0 ? "" : ` until ${formatDuration(scenarioLengthMs(scenario))}`;
  const facts = `${counted(groups.length, "group")}, ${counted(faults.length, "fault")}${until}`;
  return `${name.padEnd(width)}${description}\n${"".padEnd(width)}${facts}`;
}

function counted(count: number, what: string): string {
  return `${count === 0 ? "no" : count} ${what}${count === 1 ? "" : "s"}`;
}
