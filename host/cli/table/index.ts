/** Every command, in the order of `--help`. */

import { type CommandDefinition, type OptionDefinition, option } from "../command.ts";
import { CONFIG, FLASH, FLASH_IMAGE, MONITOR } from "./boards.ts";
import { FLEET_LIST, FLEET_MERGE, FLEET_RUN } from "./fleet.ts";
import { REPLAY, RUN, START } from "./nodes.ts";
import { COMPLETION } from "./other.ts";
import { BUILD, INSPECT, NEW } from "./projects.ts";
import { UP } from "./up.ts";

export const COMMANDS: readonly CommandDefinition[] = [
  ...[START, UP, RUN, REPLAY],
  ...[NEW, BUILD, INSPECT],
  ...[FLEET_RUN, FLEET_LIST, FLEET_MERGE],
  ...[FLASH, FLASH_IMAGE, CONFIG, MONITOR],
  COMPLETION,
];

/** What the first words of commands with two stand for. */
export const GROUPS: Readonly<Record<string, string>> = {
  fleet: "many nodes at once",
};

/** Of `wasmote` itself, and of every command that has none of its own: there it does this too. */
export const VERBOSE = option<boolean | undefined>({
  flags: "--verbose",
  description: "print the causes of an error, and where it arose",
});

/** All options of a command. */
export function optionsOf({ options }: CommandDefinition): readonly OptionDefinition<unknown>[] {
  return "verbose" in options ? Object.values(options) : [...Object.values(options), VERBOSE];
}
