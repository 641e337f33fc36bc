#!/usr/bin/env node
/** The command `wasmote`: the compiled main.js of an installed package, or a checkout's main.ts, which tsx reads. */

import { existsSync } from "node:fs";

if (existsSync(new URL("./main.ts", import.meta.url))) {
  const { register } = await import("tsx/esm/api");
  register();
  await import("./main.ts");
} else {
  await import("../../dist/cli/main.js");
}
