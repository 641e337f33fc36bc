/** Writes scenario.schema.json anew: `npx tsx host/fleet/write-schema.ts`, after each change of scenario-schema.ts. */

import { writeFileSync } from "node:fs";
import { jsonSchemaText } from "./scenario-schema.ts";

writeFileSync(new URL("scenario.schema.json", import.meta.url), jsonSchemaText());
