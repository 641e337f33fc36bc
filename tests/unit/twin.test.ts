import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModule } from "../../host/engine/module.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { puback, publish } from "./harness/bytes.ts";
import { fnv1a } from "./harness/fnv1a.ts";
import { compileApp } from "./harness/modules.ts";
import { play } from "./harness/play.ts";
import { ScriptWriter } from "./harness/script.ts";

/** These tests hold the tests' board under V8 against the one under wasm3: boards/script/README.md is what both are. */

const folder = mkdtempSync(join(tmpdir(), "wasmote-twin-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let wasm: Uint8Array;
beforeAll(async () => {
  wasm = await compileApp("examples/commands/index.ts", [], "examples/commands/asconfig.json");
  writeFileSync(join(folder, "module.wasm"), wasm);
});

/** Every line that each board prints for a script. */
function both(script: ScriptWriter): { v8: string[]; wasm3: string[] } {
  const v8: string[] = [];
  v8.push(JSON.stringify(play(loadModule(wasm), script.bytes, (line) => v8.push(line))));
  const program = join(PROJECT_ROOT, "build", "wasmote-script");
  const { stdout, stderr } = spawnSync(program, [join(folder, "module.wasm"), "--print"], {
    input: script.bytes,
    encoding: "utf-8",
  });
  expect(stderr).toBe("");
  return { v8, wasm3: stdout.trimEnd().split("\n") };
}

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

describe("the two boards of the tests", () => {
  test("print the same lines for a script with every record in it", () => {
    const script = new ScriptWriter().config("id", "wrong").config("id", "7").config("username", "ü").seed(42);
    script.receive(bytes("d000")).open().close(-9).step(1000).receive(bytes("20020000")).step(1001).open().step(1002);
    script
      .clock(1_793_620_800_123)
      .sensor(-50)
      .step(2500)
      .receive(bytes("9003010001"))
      .receive(bytes("90030200"))
      .step(2600);
    script
      .receive(bytes("01"))
      .sendCap(7)
      .receiveCap(3)
      .receive(bytes(publish("sensor/7/cmd/led", "5", { qos: 1 })));
    for (let nowMs = 2700; nowMs < 6000; nowMs += 20) script.step(nowMs);
    script
      .sendCap(0xffff)
      .receiveCap(0xffff)
      .sensorError(-5)
      .step(6500)
      .receive(bytes(puback("0080")))
      .close(-10);
    script.step(7600).step(8000).step(9500).open().close(-11).step(9600).resume(500, 10).step(600).open().step(601);
    script
      .clock(-5)
      .sensor(2 ** 31 - 1)
      .sendCap(0)
      .step(3000)
      .stop()
      .step(4500)
      .step(9000)
      .fresh()
      .seed(0);
    script.config("interval", "250").step(1).step(0xffff_ffff).step(0).stop().step(1).fresh();
    const { v8, wasm3 } = both(script);
    expect(v8).toEqual(wasm3);
    for (const word of ["setup", "step", "resume", "stop", "open", "send", "close", "actuator", "log"]) {
      expect(
        v8.some((line) => line.startsWith(word)),
        word,
      ).toBe(true);
    }
  });

  test("have the same image where nothing ran, and after a FRESH with nothing behind it", () => {
    for (const script of [new ScriptWriter(), new ScriptWriter().config("id", "7").step(1).step(2).fresh()]) {
      const { v8, wasm3 } = both(script);
      expect(v8).toEqual(wasm3);
    }
  });
});

test("the hash is FNV-1a of 64 bits", () => {
  // The test vectors of its authors.
  expect(fnv1a(Buffer.from(""))).toBe("cbf29ce484222325");
  expect(fnv1a(Buffer.from("a"))).toBe("af63dc4c8601ec8c");
  expect(fnv1a(Buffer.from("foobar"))).toBe("85944171f73967e8");
});
