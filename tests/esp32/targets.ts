/** The targets of boards/esp32, what each needs, and how it is built. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

export interface Target {
  readonly name: string;
  /** Compilers that build it, by the names that versions of ESP-IDF have for them; any one will do. */
  readonly compilers: readonly string[];
  /** The values of `WASMOTE_NET` that are built. */
  readonly networks: readonly ("wifi" | "eth" | "w5500" | "emac")[];
}

const RISC_V = ["riscv32-esp-elf-gcc"];

export const TARGETS: readonly Target[] = [
  { name: "linux", compilers: ["gcc"], networks: ["eth"] },
  { name: "esp32c3", compilers: RISC_V, networks: ["eth", "w5500", "wifi"] },
  { name: "esp32c6", compilers: RISC_V, networks: ["wifi"] },
  { name: "esp32", compilers: ["xtensa-esp-elf-gcc", "xtensa-esp32-elf-gcc"], networks: ["eth", "emac", "wifi"] },
  { name: "esp32s3", compilers: ["xtensa-esp-elf-gcc", "xtensa-esp32s3-elf-gcc"], networks: ["wifi"] },
];

/** The program of ESP-IDF's `linux` target. */
export const LINUX_PROGRAM = join(folderOf("linux", "eth"), "wasmote.elf");

export function folderOf(target: string, network: string): string {
  return join(PROJECT_ROOT, "build", "esp32", `${target}-${network}`);
}

/**
 * Whether FreeRTOS's port for Linux can be relied on. Before ESP-IDF 5.3.2 `vTaskPlaceOnEventListRestricted` of FreeRTOS
 * leaves a critical section that it has not entered, so that the timer task is suspended with the tick's signal unblocked;
 * once the system delivers a tick to it, two threads run at once: the program stands still, or fails an assertion.
 */
export function linuxIsReliable(idfPath: string): boolean {
  const text = readFileSync(join(idfPath, "tools", "cmake", "version.cmake"), "utf-8");
  const [major = 0, minor = 0, patch = 0] = ["MAJOR", "MINOR", "PATCH"].map((part) =>
    Number(new RegExp(`IDF_VERSION_${part} (\\d+)`).exec(text)?.[1]),
  );
  return major * 10_000 + minor * 100 + patch >= 5_03_02;
}

/** Whether one of the target's compilers is on the PATH. */
export function hasCompiler({ compilers }: Target): boolean {
  const { PATH = "" } = process.env;
  const folders = PATH.split(delimiter);
  return compilers.some((compiler) => folders.some((folder) => existsSync(join(folder, compiler))));
}

/** Configures and builds as `idf.py build` does, in a folder of its own. Throws with the end of the output if it fails. */
export function build(target: string, network: string): void {
  const folder = folderOf(target, network);
  const variables = [`-DIDF_TARGET=${target}`, `-DWASMOTE_NET=${network}`, "-DPYTHON_DEPS_CHECKED=1"];
  run("cmake", "-G", "Ninja", "-S", join("boards", "esp32"), "-B", folder, ...variables);
  run("cmake", "--build", folder);
}

function run(command: string, ...args: string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: PROJECT_ROOT,
    encoding: "utf-8",
    maxBuffer: 1 << 28,
  });
  if (status === 0) return;
  const output = error?.message ?? `${stdout}${stderr}`.split("\n").slice(-40).join("\n");
  throw new WasmoteError("BUILD_FAILED", "configuration", `${command} ${args.join(" ")} failed:\n${output}`);
}
