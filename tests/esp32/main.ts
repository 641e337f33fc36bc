/**
 * `npm run test:esp32`: builds the firmware for every target whose compiler is there, and runs it on ESP-IDF's `linux`
 * target against Mosquitto. It needs ESP-IDF and is no part of `npm test`.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildExamples } from "../../host/build/examples.ts";
import { formatError } from "../../host/cli/output.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { build, hasCompiler, linuxIsReliable, TARGETS } from "./targets.ts";

const NO_IDF =
  "IDF_PATH is not set: install ESP-IDF 5.3.2 or newer (https://docs.espressif.com/projects/esp-idf, Get Started), run " +
  "`. <its folder>/export.sh` in this shell, and then `npm run test:esp32` again";

const OLD_IDF =
  "linux: not run, two tasks can run at once in this ESP-IDF's port for Linux, which 5.3.2 mends: check out ESP-IDF 5.3.2 or " +
  "newer, and then `npm run test:esp32` again";

/** @return whether all of it went well. */
async function main(): Promise<boolean> {
  const { IDF_PATH } = process.env;
  if (!IDF_PATH) {
    console.error(NO_IDF);
    return false;
  }
  await buildExamples();
  let good = true;
  let built = 0;
  for (const target of TARGETS) {
    if (!hasCompiler(target)) {
      console.log(`${target.name}: left out, there is no ${target.compilers.join(" or ")} on the PATH`);
      continue;
    }
    for (const network of target.networks) {
      const ok = tryToBuild(target.name, network);
      good &&= ok;
      built++;
    }
  }
  if (!linuxIsReliable(IDF_PATH)) {
    console.error(OLD_IDF);
    return false;
  }
  return built > 0 && runLinux() && good;
}

function tryToBuild(target: string, network: string): boolean {
  const label = target === "linux" ? target : `${target} (${network})`;
  try {
    build(target, network);
    console.log(`${label}: built`);
    return true;
  } catch (error) {
    console.error(`${label}: ${formatError(error)}`);
    return false;
  }
}

function runLinux(): boolean {
  const vitest = join(PROJECT_ROOT, "node_modules", "vitest", "vitest.mjs");
  const args = ["run", "--config", join("tests", "esp32", "vitest.config.ts"), ...process.argv.slice(2)];
  return spawnSync(process.execPath, [vitest, ...args], { cwd: PROJECT_ROOT, stdio: "inherit" }).status === 0;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(formatError(error));
  process.exitCode = 1;
}
