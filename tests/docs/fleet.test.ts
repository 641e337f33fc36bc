/** docs/fleet.md says what the commands for fleets do. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FLEET_MERGE, FLEET_RUN } from "../../host/cli/table/fleet.ts";
import { CONNECTION_OPTIONS } from "../../host/cli/table/shared.ts";
import { NODE_BYTES } from "../../host/fleet/limits.ts";
import { OVERRUN_MS } from "../../host/fleet/tally.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

const page = readFileSync(join(PROJECT_ROOT, "docs", "fleet.md"), "utf-8");

/** `--nodes` of `--nodes <count>`. */
function long(flags: string): string {
  return flags.match(/--[a-z-]+/)?.[0] ?? "";
}

describe("docs/fleet.md", () => {
  test("names every option of `fleet run`, but for those that docs/transports.md has", () => {
    const elsewhere = Object.values(CONNECTION_OPTIONS).map(({ flags }) => flags);
    for (const { flags } of Object.values(FLEET_RUN.options)) {
      if (!elsewhere.includes(flags)) expect(page, flags).toMatch(new RegExp(`${long(flags)}\\b`));
    }
  });

  test("names no option that there is not", () => {
    const there = [FLEET_RUN, FLEET_MERGE].flatMap(({ options }) =>
      Object.values(options).map(({ flags }) => long(flags)),
    );
    // Of prlimit and of `npm run bench:fleet`.
    const others = ["--pid", "--nofile", "--write", "--quick"];
    for (const [flag] of page.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) expect([...there, ...others]).toContain(flag);
  });

  test("has the rate, the overrun and the memory that the code has", () => {
    const { rate } = FLEET_RUN.options;
    expect(page).toContain(`${rate?.description.match(/default: (\d+)/)?.[1]} nodes start each second`);
    expect(page).toContain(`more than ${OVERRUN_MS} ms late`);
    expect(page).toContain(`${NODE_BYTES.tcp / 1_000} kB and its image; over TLS ${NODE_BYTES.tls / 1_000} kB`);
  });

  test("has every metric that it names", () => {
    const source = readFileSync(join(PROJECT_ROOT, "host", "fleet", "metrics.ts"), "utf-8");
    for (const [, name = ""] of page.matchAll(/`wasmote_fleet_(\w+)`/g))
      if (name !== "") expect(source).toContain(name);
  });
});
