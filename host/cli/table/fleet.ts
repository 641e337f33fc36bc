/** The commands that run many nodes at once. */

import { command, option, type Values } from "../command.ts";

const FLEET_LIST_OPTIONS = {
  json: option<boolean | undefined>({ flags: "--json", description: "print one JSON line for each scenario" }),
};

export type FleetListValues = Values<typeof FLEET_LIST_OPTIONS>;

export const FLEET_LIST = command({
  name: "fleet list",
  summary: "shows the built-in scenarios",
  arguments: [],
  options: FLEET_LIST_OPTIONS,
  run: async (options) => (await import("../commands/fleet-list.ts")).fleetList(options),
});
