/** Installs and builds what the measurements need, as `npm test` does. */

import { buildExamples } from "../../host/build/examples.ts";
import { withProgress } from "../../host/cli/output.ts";
import { providePackages } from "../packages.ts";
import { capture } from "./program.ts";

/** Leaves the modules in build/. */
export async function prepareModules(): Promise<void> {
  const { log } = console;
  // stdout is for figures alone.
  console.log = console.error;
  try {
    providePackages();
  } finally {
    console.log = log;
  }
  await withProgress("building the modules", buildExamples);
}

/** Leaves the modules and the boards' programs in build/. */
export async function prepare(): Promise<void> {
  await prepareModules();
  await withProgress("building the boards", async () => {
    await capture("cmake", "-S", "boards", "-B", "build/boards");
    await capture("cmake", "--build", "build/boards", "--parallel", "2");
    await capture("cmake", "-S", "boards/virt-rv32", "-B", "build/virt-rv32");
    await capture("cmake", "--build", "build/virt-rv32", "--parallel", "2");
  });
}
