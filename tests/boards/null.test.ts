import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../host/build/compile.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { file, module, type Program, program, run } from "./programs.ts";

let publisher: string;

beforeAll(async () => {
  const { wasm } = await compile({
    baseDir: PROJECT_ROOT,
    entry: join(PROJECT_ROOT, "tests", "boards", "modules", "publisher.ts"),
    config: join(PROJECT_ROOT, "asconfig.json"),
  });
  publisher = file(wasm);
});

interface Measured {
  readonly publishes: number;
  readonly steps: number;
  readonly imageBytes: number;
  readonly heapBytes: number;
  readonly heapPeakBytes: number;
}

const measure = (name: Program, publishes: number, path = publisher): Measured => {
  const { status, stdout, stderr } = run(program(name), [path, "--publishes", String(publishes)]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Measured;
};

describe("wasmote-null", () => {
  test("a publish is two steps: one when its reading is due, one when its PUBACK has arrived", () => {
    const [hundred, thousand] = [measure("null", 100), measure("null", 1000)];
    expect([hundred.publishes, thousand.publishes]).toEqual([100, 1000]);
    expect(thousand.steps - hundred.steps).toBe(1800);
  });

  test("the heap does not depend on how long the node runs", () => {
    expect(measure("null", 2000).heapBytes).toBe(measure("null", 1).heapBytes);
  });

  test("the heap holds the image and the stack, and pointers of 32 bits make it smaller", () => {
    const { heapBytes, heapPeakBytes, imageBytes } = measure("null", 1);
    expect(heapBytes).toBeGreaterThan(imageBytes + 1024);
    expect(heapPeakBytes).toBeGreaterThanOrEqual(heapBytes);
    expect(existsSync(program("null32"))).toBe(true);
    expect(measure("null32", 1).heapBytes).toBeLessThan(heapBytes * 0.8);
  });

  test.each([
    ["3.1.1", 1],
    ["3.1.1", 2],
    ["5.0", 1],
    ["5.0", 2],
  ])("answers all that a node of MQTT %s asks, and takes its readings under QoS %d", async (version, qos) => {
    // 100 readings take 100 s of the node's time, so with this keep alive there are PINGREQs.
    const options = [
      "NODE_MESSAGES=1",
      "NODE_KEEP_ALIVE_S=5",
      `NODE_MQTT=${version === "5.0" ? 5 : 4}`,
      `NODE_QOS=${qos}`,
    ];
    const asker = file(await compileApp("tests/boards/modules/asker.ts", options));
    expect(measure("null", 100, asker).publishes).toBeGreaterThanOrEqual(100);
  });

  test("a node that never publishes ends the run", () => {
    const silent = file(module("", { step: '(func (export "step") (param i32) (result i32) (i32.const 1000))' }));
    const { status, stderr } = run(program("null"), [silent, "--publishes", "1"]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "wasmote-null: error: the node fails: it does not publish\n",
    });
  });
});
