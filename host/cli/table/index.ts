/** Every command, in the order of `--help`. */

import type { CommandDefinition } from "../command.ts";
import { CONFIG, FLASH, FLASH_IMAGE, MONITOR } from "./boards.ts";
import { FLEET_LIST, FLEET_MERGE, FLEET_RUN } from "./fleet.ts";
import { RUN, START } from "./nodes.ts";

export const COMMANDS: readonly CommandDefinition[] = [
  START,
  RUN,
  FLEET_RUN,
  FLEET_LIST,
  FLEET_MERGE,
  FLASH,
  FLASH_IMAGE,
  CONFIG,
  MONITOR,
];

/** What the first words of commands with two stand for. */
export const GROUPS: Readonly<Record<string, string>> = {
  fleet: "many nodes at once",
};
