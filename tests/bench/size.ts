/** `npm run size`: how large the nodes are. */

import { main } from "./command.ts";
import { measureSize } from "./measure-size.ts";

await main({ name: "size", measure: measureSize });
