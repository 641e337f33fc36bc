/** Every command, in the order of `--help`. */

import type { CommandDefinition } from "../command.ts";
import { CONFIG, FLASH, FLASH_IMAGE, MONITOR } from "./boards.ts";
import { FLEET_LIST } from "./fleet.ts";
import { RUN, START } from "./nodes.ts";

export const COMMANDS: readonly CommandDefinition[] = [START, RUN, FLASH, FLASH_IMAGE, CONFIG, MONITOR, FLEET_LIST];

/** What the first words of commands with two stand for. */
export const GROUPS: Readonly<Record<string, string>> = {
  fleet: "many nodes at once",
};
