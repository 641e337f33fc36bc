import { statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isUpToDate } from "../../host/build/up-to-date.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");
const { atime, mtime } = statSync(MODULE);

afterEach(() => utimesSync(MODULE, atime, mtime));

test("a module that was just built is up to date; one that is older than any of its sources is not", () => {
  const now = new Date();
  utimesSync(MODULE, now, new Date(now.getTime() + 1_000));
  expect(isUpToDate("temperature")).toBe(true);
  const source = statSync(join(PROJECT_ROOT, "assembly", "node", "queue.ts")).mtime;
  utimesSync(MODULE, now, new Date(source.getTime() - 1_000));
  expect(isUpToDate("temperature")).toBe(false);
});

test("a module that is not there is not up to date", () => {
  expect(isUpToDate("no-such-example")).toBe(false);
});
