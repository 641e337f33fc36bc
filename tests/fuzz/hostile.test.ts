import { describe, expect, onTestFinished, test } from "vitest";
import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { file, program, run, start } from "../boards/programs.ts";
import { OUTCOMES } from "./hostile/outcomes.ts";
import { hostileModule, hostileNames } from "./hostile.ts";

const REFUSED_EXIT = 3;

test("every hostile module has a row in the table of outcomes, and every row a module", () => {
  expect(Object.keys(OUTCOMES).sort()).toEqual(hostileNames());
});

const rows = Object.entries(OUTCOMES);
const endless = rows.filter(([, { board }]) => board.end === "watchdog");
const bounded = rows.filter(([, { board }]) => board.end !== "watchdog");

describe("on a board, under ASan and UBSan", () => {
  const flags = ["--id", "7", "--duration", "1ms"];

  test.each(bounded)("%s", (name, { board }) => {
    const { status, stderr } = run(program("posix", "sanitize"), [file(hostileModule(name)), ...flags]);
    const ends = { refused: REFUSED_EXIT, trapped: 0, ran: 0, watchdog: undefined }[board.end];
    expect({ status, stderr }).toEqual({ status: ends, stderr: expect.stringContaining(board.says) });
    expect(stderr.includes("the node trapped")).toBe(board.end === "trapped");
    if (board.end === "ran") expect(stderr).toBe("");
  });

  test.concurrent.each(endless)("%s: the watchdog ends it", async (name, { board }) => {
    const node = start(program("posix", "sanitize"), [file(hostileModule(name)), "--id", "7"]);
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
