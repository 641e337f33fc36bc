/** wasmote-posix as it is built without mbedTLS and wslay. */

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { file, module, type Outcome, run } from "./programs.ts";

const output = join(PROJECT_ROOT, "build", "no-tls");
const build = join(PROJECT_ROOT, "build", "boards-no-tls");

describe("a program that is built with -DWASMOTE_TLS=OFF", () => {
  const wasm = file(module(""));
  const posix = (...args: string[]): Outcome => run(join(output, "wasmote-posix"), [wasm, "--id", "7", ...args]);

  beforeAll(() => {
    const options = ["-DWASMOTE_TLS=OFF", `-DWASMOTE_OUTPUT=${output}`];
    for (const args of [
      ["-S", join(PROJECT_ROOT, "boards"), "-B", build, ...options],
      ["--build", build, "--target", "wasmote-posix"],
    ]) {
      const { status, stdout, stderr } = run("cmake", args, undefined, 110_000);
      if (status !== 0) throw new Error(`cmake failed:\n${stdout}${stderr}`);
    }
  }, 120_000);

  test("runs a node over TCP", () => {
    expect(posix("--broker", "mqtt://127.0.0.1:1")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test.each(["mqtts://h", "ws://h", "wss://h"])("says of %s that it can't", (url) => {
    expect(posix("--broker", url)).toEqual({
      status: 2,
      stdout: "",
      stderr: `wasmote-posix: error: "${url}" needs TLS and WebSocket, which this program was built without (use mqtt://host:port, or build it with -DWASMOTE_TLS=ON)\n`,
    });
  });

  test.each([
    ["--ca", "FILE"],
    ["--cert", "FILE"],
    ["--key", "FILE"],
    ["--tls-servername", "h"],
    ["--alpn", "mqtt"],
    ["--insecure"],
  ])("says of %s that it can't", (...args) => {
    expect(posix(...args)).toEqual({
      status: 2,
      stdout: "",
      stderr: "wasmote-posix: error: this program was built without TLS (build it with -DWASMOTE_TLS=ON)\n",
    });
  });
});
