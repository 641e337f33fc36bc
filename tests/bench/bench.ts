/** `npm run bench`: how fast the nodes are on each engine, and what fleets of them take. */

import { withProgress } from "../../host/cli/output.ts";
import { main } from "./command.ts";
import { measureFleets } from "./fleet.ts";
import { measureInstructions } from "./instructions.ts";
import { measureRv32 } from "./rv32.ts";
import { measureV8 } from "./v8.ts";

await main({
  name: "bench",
  // One after the other: each wants the machine to itself.
  measure: async () => [
    ...(await withProgress("counting instructions under wasm3", measureInstructions)),
    ...(await withProgress("counting instructions on rv32imc", measureRv32)),
    ...(await withProgress("timing steps under V8", measureV8)),
    ...(await withProgress("running fleets", measureFleets)),
  ],
});
