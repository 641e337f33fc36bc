/**
 * `npm run simulate:mutants`: each deliberate bug is put into the SDK, one at a time, and must be caught. Names after `--` are
 * looked for in the bugs' names. Exit code 1 if one is not caught, or by something else than it breaks.
 */

import { formatError } from "../../host/cli/output.ts";
import { HUNT, hunt } from "./hunt.ts";
import { MUTANTS } from "./mutants.ts";

const wanted = process.argv.slice(2);
const mutants = MUTANTS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
let missed = 0;
if (mutants.length === 0) {
  console.error(`no bug's name has ${wanted.map((word) => JSON.stringify(word)).join(" or ")} in it`);
  process.exitCode = 2;
}
for (const mutant of mutants) {
  try {
    const found = await hunt(mutant);
    const name = found?.failure.name;
    const isExpected = name !== undefined && (mutant.breaks as readonly string[]).includes(name);
    if (!isExpected) missed++;
    const verdict =
      found === undefined
        ? `NOT CAUGHT by ${HUNT.seeds} seeds`
        : isExpected
          ? `${name}, seed ${found.seed}`
          : `CAUGHT BY ${name}, seed ${found.seed}, and not by ${mutant.breaks.join(", ")}\n  ${found.failure.message}`;
    console.log(`${mutant.name}: ${verdict}`);
  } catch (error) {
    missed++;
    console.log(`${mutant.name}: ${formatError(error)}`);
  }
}
if (mutants.length > 0) {
  console.log(`${mutants.length - missed} of ${mutants.length} caught`);
  if (missed > 0) process.exitCode = 1;
}
