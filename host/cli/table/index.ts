/** Every command, in the order of `--help`. */

import type { CommandDefinition } from "../command.ts";
import { CONFIG, FLASH, FLASH_IMAGE, MONITOR } from "./boards.ts";
import { RUN, START } from "./nodes.ts";
import { UP } from "./up.ts";

export const COMMANDS: readonly CommandDefinition[] = [START, UP, RUN, FLASH, FLASH_IMAGE, CONFIG, MONITOR];

/** What the first words of commands with two stand for. */
export const GROUPS: Readonly<Record<string, string>> = {};
