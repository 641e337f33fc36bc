import { describe, expect, test } from "vitest";
import { compileApp } from "../unit/harness/modules.ts";
import { attack } from "./attack.ts";

/** What the suite says of the module with that fault. */
async function verdict(fault: number): Promise<string | undefined> {
  const wasm = await compileApp("tests/hostile/modules/fragile.ts", [`FAULT=${fault}`]);
  return attack({ name: `fragile-${fault}`, wasm }, { seed: 1, packets: 3000 });
}

describe("a module that breaks on one packet is reported", () => {
  test("unless it does not break", async () => {
    expect(await verdict(0)).toBeUndefined();
  });

  test("when it traps, by both engines at the same record", async () => {
    const said = await verdict(1);
    const record = said?.match(/^V8: {4}broke at record (\d+): trap in step\(\): unreachable$/m)?.[1];
    expect(said).toContain(`wasm3: exit code 1: {"trap":"[trap] unreachable executed","record":${record}}`);
  });

  test("when it writes the byte behind its image", async () => {
    const said = await verdict(2);
    expect(said).toMatch(/^V8: {4}broke at record \d+: the module wrote at \d+, outside its image/m);
    expect(said).toMatch(/^wasm3: exit code 1: {"trap":"\[trap\] out of bounds memory access"/m);
  });

  test("when it writes far behind its image", async () => {
    expect(await verdict(3)).toMatch(/^V8: {4}broke at record \d+: the module wrote at 40000, outside its image/m);
  });

  test("when it reads behind its image, which only a device's memory shows", async () => {
    const said = await verdict(4);
    expect(said).toMatch(/^V8: {4}{"steps":/m);
    expect(said).toMatch(/^wasm3: exit code 1: {"trap":"\[trap\] out of bounds memory access"/m);
  });

  test("when it writes over a constant, which neither engine minds", async () => {
    const said = await verdict(5);
    expect(said).toMatch(/^V8: {4}broke at record \d+: the node wrote over its constant at \d+$/m);
  });

  test("when a step of it does not end", async () => {
    const said = await verdict(6);
    expect(said).toMatch(/^V8: {4}broke at record \d+: the step does not end$/m);
    expect(said).toMatch(/^wasm3: the step does not end$/m);
  });

  test("with the seed and the commands that show it again", async () => {
    const said = await verdict(1);
    expect(said).toContain("fragile-1 fails under seed 1, 3000 packets");
    expect(said).toContain("again: HOSTILE_SEED=1 npx vitest run tests/hostile");
    expect(said).toMatch(/^watch: .*wasmote-script .*fragile-1\.wasm --print < .*fragile-1-1\.script/m);
  });
});
