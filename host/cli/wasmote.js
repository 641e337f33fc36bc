#!/usr/bin/env node
/** The command `wasmote`: main.ts, which Node.js itself does not read. */

import { register } from "tsx/esm/api";

register();
await import("./main.ts");
