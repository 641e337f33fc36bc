import { describe, expect, test } from "vitest";
import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { file, program, run, start } from "../boards/programs.ts";
import { type BoardOutcome, OUTCOMES } from "./hostile/outcomes.ts";
import { hostileModule, hostileNames } from "./hostile.ts";

const REFUSED_EXIT = 3;

test("every hostile module has a row in the table of outcomes, and every row a module", () => {
  expect(Object.keys(OUTCOMES).sort()).toEqual(hostileNames());
});

const rows = Object.entries(OUTCOMES);
const ending = (...ends: BoardOutcome["end"][]): typeof rows =>
  rows.filter(([, { board }]) => ends.includes(board.end));

describe("on a board, under ASan and UBSan", () => {
  const path = program("posix", "sanitize");

  test.each(ending("refused", "ran"))("%s", (name, { board }) => {
    const { status, stderr } = run(path, [file(hostileModule(name)), "--id", "7"]);
    if (board.end === "ran") expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    else expect({ status, stderr }).toEqual({ status: REFUSED_EXIT, stderr: expect.stringContaining(board.says) });
  });

  test.each(ending("trapped"))("%s: it traps, and starts again", async (name, { board }) => {
    const node = start(path, [file(hostileModule(name)), "--id", "7"]);
    try {
      await node.says(/restarts in/);
      expect(node.stderr).toContain(`the node trapped: ${board.says}; it restarts in 1000 ms`);
    } finally {
      node.child.kill("SIGKILL");
    }
  });

  test.concurrent.for(ending("watchdog"))("%s: the watchdog ends it", async ([name, { board }], { onTestFinished }) => {
    const node = start(path, [file(hostileModule(name)), "--id", "7"]);
    onTestFinished(() => void node.child.kill("SIGKILL"));
    await node.says(new RegExp(board.says));
    await node.says(/the device resets/);
  });
});

describe("under V8", () => {
  test.each(rows.filter(([, { host }]) => host.end !== "not run"))("%s", (name, { host }) => {
    expect(runUnderV8(hostileModule(name))).toEqual({ end: host.end, says: expect.stringContaining(host.says) });
  });
});

/** Loads a module, makes its first calls, and looks whether it wrote outside its image. */
function runUnderV8(wasm: Uint8Array): { end: string; says: string } {
  try {
    const instance = new NodeInstance(loadModule(wasm), createNullBoard());
    instance.setup();
    instance.step(0);
    instance.checkCanary();
    return { end: "ran", says: "" };
  } catch (error) {
    if (!(error instanceof WasmoteError)) throw error;
    return { end: error.code, says: error.message };
  }
}
