/** The commands for a project of one's own. */

import { command, option, type Values } from "../command.ts";
import { parseCount, parseUse } from "../parse.ts";
import { json } from "./shared.ts";

export const NEW = command({
  name: "new",
  group: "Projects",
  summary: "begins a project: an application, its test, a scenario",
  arguments: [{ name: "<folder>", description: "where; its name is the project's: a-z 0-9 -, at most 40" }],
  options: {},
  notes: `Example:
  wasmote new my-node && cd my-node && npm install && npm test`,
  run: async (folder) => (await import("../commands/new.ts")).newProject(folder),
});

const BUILD_OPTIONS = {
  config: option<string | undefined>({
    flags: "--config <file>",
    description: "the compiler's configuration (default: the nearest asconfig.json in the project)",
  }),
  use: option<readonly string[] | undefined>({
    flags: "--use <NAME=value>",
    description: "what the node can do, such as NODE_QUEUE=64, over the configuration's; may be repeated",
    parse: parseUse,
  }),
  out: option<string | undefined>({
    flags: "--out <file>",
    description: "where the module goes (default: the configuration's outFile, or build/NAME.wasm)",
  }),
  debugNames: option<boolean | undefined>({
    flags: "--debug-names",
    description: "keep the functions' names in the module, for inspect and profilers; it grows",
  }),
  watch: option<boolean | undefined>({ flags: "--watch", description: "build again whenever a source changes" }),
  json,
};

export type BuildValues = Values<typeof BUILD_OPTIONS>;

export const BUILD = command({
  name: "build",
  group: "Projects",
  summary: "compiles an application to a module",
  arguments: [{ name: "[entry]", description: "its entry file or folder (default: assembly/index.ts of the project)" }],
  options: BUILD_OPTIONS,
  notes: `Examples:
  wasmote build
  wasmote build --use NODE_QUEUE=64 --use NODE_QOS=2 --out build/deep.wasm
  wasmote build assembly/door.ts --watch`,
  run: async (entry, options) => (await import("../commands/build.ts")).build(entry, options),
});

const INSPECT_OPTIONS = {
  functions: option<number>({
    flags: "--functions <count>",
    description: "list so many functions, the largest first; 0 lists none",
    parse: parseCount,
    default: 20,
  }),
  json,
};

export type InspectValues = Values<typeof INSPECT_OPTIONS>;

export const INSPECT = command({
  name: "inspect",
  group: "Projects",
  summary: "says what is in a module, and how many bytes each part takes",
  arguments: [{ name: "<module>", description: "the .wasm file" }],
  options: INSPECT_OPTIONS,
  notes: `Examples:
  wasmote inspect build/node.wasm
  wasmote build --debug-names --out build/named.wasm && wasmote inspect build/named.wasm`,
  run: async (module, options) => (await import("../commands/inspect.ts")).inspect(module, options),
});
