/** `npm run size`: how large the lean node is. */

import { main } from "./command.ts";
import { measureSize } from "./measure-size.ts";

await main({ name: "size", measure: measureSize });
