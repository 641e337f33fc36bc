/** `npm run build`: every example becomes build/<example>.wasm. */

import { buildExamples } from "./examples.ts";

for (const { name, bytes } of await buildExamples()) console.log(`build/${name}.wasm  ${bytes} bytes`);
