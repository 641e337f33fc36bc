import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { CHECKPOINT_SLOTS } from "../../host/bridge/flash.ts";
import { startRv32Node } from "../../host/node/rv32-node.ts";
import { file, module as makeModule } from "../boards/programs.ts";
import { ID, labTest } from "../integration/lab.ts";
import { compileVariant, RV32, type TestNode } from "../integration/nodes.ts";

const TOPIC = `sensor/${ID}/temperature`;

/** A node of a module in the text format, and what it logged. */
async function run(body: string, step: string): Promise<{ lines: string[]; faults: string[]; stop(): Promise<void> }> {
  const wasm = makeModule(body, { step: `(func (export "step") (param $now i32) (result i32) ${step})` });
  const settings = { module: file(wasm), id: "7", brokers: ["mqtt://127.0.0.1:1"], sensor: "sine" };
  const node = await startRv32Node(settings);
  const lines: string[] = [];
  const faults: string[] = [];
  node.on("log", ({ text }) => lines.push(text));
  node.on("fault", ({ message }) => faults.push(message));
  return { lines, faults, stop: () => node.stop() };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("rv32: a node that goes wrong", () => {
  test("and hangs is ended by the watchdog, and the board starts anew", async () => {
    const node = await run("", "(loop (br 0)) (i32.const -1)");
    await until(() => node.lines.filter((line) => line.startsWith("heap")).length === 2);
    await node.stop();
    const [, ...lines] = node.lines;
    expect(lines.slice(0, 2)).toEqual(["watchdog: the module did not return within 5000 ms", "the device resets"]);
    expect(node.faults[0]).toMatch(/^watchdog/);
  });

  test("and uses up the C stack runs into the page that guards it, and the board starts anew", async () => {
    const loops = 6;
    const nest = `${"(loop ".repeat(loops)} (call $deep) ${")".repeat(loops)}`;
    const node = await run(`(func $deep ${nest})`, "(call $deep) (i32.const -1)");
    await until(() => node.lines.filter((line) => line.startsWith("heap")).length === 2);
    await node.stop();
    // A store to the guard: cause 7.
    expect(node.lines[1]).toMatch(/^the board trapped: cause 7 at 0x8000[0-9a-f]{4}, value 0x80100[0-9a-f]{3}$/);
    expect(node.lines[2]).toBe("the device resets");
  });

  test("and traps starts again on a fresh image after a second", async () => {
    const node = await run("", "(unreachable)");
    await until(() => node.lines.filter((line) => line.includes("trapped")).length === 2);
    await node.stop();
    expect(node.faults.slice(0, 2)).toEqual(Array(2).fill("trap: [trap] unreachable executed"));
    expect(node.lines[1]).toBe("the node trapped: [trap] unreachable executed; it restarts in 1000 ms");
  });

  test("and whose code does not fit the engine is refused, and the machine ends", async () => {
    const node = await run('(import "hal" "unknown" (func))', "(i32.const -1)");
    await until(() => node.faults.length > 0);
    expect(node.lines[0]).toContain("it imports unknown, which is not in the ABI");
    expect(node.faults[0]).toMatch(/exit code 3/);
  });
});

test("rv32: the password is in no process's arguments or environment", async () => {
  const secret = `secret-${process.pid}-of-rv32`;
  const node = await startRv32Node({
    module: "build/temperature.wasm",
    id: "7",
    brokers: ["mqtt://127.0.0.1:1"],
    username: "u",
    password: secret,
    sensor: "sine",
  });
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const open = (path: string): string => {
    try {
      return readFileSync(path, "latin1");
    } catch {
      return "";
    }
  };
  const texts = processes.flatMap((pid) => [open(`/proc/${pid}/cmdline`), open(`/proc/${pid}/environ`)]);
  expect(texts.filter((text) => text.includes("wasmote-virt-rv32")).length).toBeGreaterThan(0);
  expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  await node.stop();
});

/** Bytes at the beginning of a slot that a checkpoint of the temperature module takes. */
const CHECKPOINT_BYTES = 1_024;

/** Looks at the flash of a node that runs until one of its slots is erased and not yet written again. */
async function untilErased(flash: string): Promise<boolean> {
  const file = openSync(flash, "r");
  const bytes = Buffer.alloc(CHECKPOINT_BYTES);
  try {
    for (let look = 0; look < 20_000; look++) {
      for (const slot of CHECKPOINT_SLOTS) {
        readSync(file, bytes, 0, bytes.length, slot);
        // Erased bytes are ones; a file's holes are zeros.
        const erased = bytes.findIndex((_, at) => at % 4 === 0 && bytes.readUInt32LE(at) === 0xffff_ffff);
        const isWritten = bytes.subarray(0, 4).toString("latin1") === "WMCK";
        if (isWritten && erased > 32 && erased < 600) return true;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return false;
  } finally {
    closeSync(file);
  }
}

describe("rv32: a power cut in the middle of a write to flash", () => {
  const lab = labTest(RV32);
  let exact: string;
  beforeAll(async () => {
    const options = ["NODE_PERSISTENT=1", "NODE_PAYLOAD=2", "NODE_QOS=2", "NODE_CHECKPOINT=2"];
    exact = await compileVariant("temperature", ...options);
  });

  lab("leaves a torn checkpoint, which the next life passes over without losing a reading", async (lab) => {
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { filter: TOPIC, qos: 2, persistent: true });
    const settings = { module: exact, image: lab.path("flash"), intervalMs: 100 };
    const nodes: TestNode[] = [];
    let torn = 0;
    for (let life = 0; life < 30 && torn < 3; life++) {
      const node = await lab.node(broker, settings);
      nodes.push(node);
      await node.says("online");
      const isCaught = await untilErased(settings.image);
      await node.kill();
      expect(isCaught, "a checkpoint being written").toBe(true);
      torn = nodes.filter((each) => each.said("checkpoints are damaged") > 0).length;
    }
    expect(torn).toBe(3);
    const last = await lab.node(broker, settings);
    await last.says("goes on from checkpoint");
    const from = observer.messages.end;
    await observer.messages.all(5, "readings", () => true, { from });
    const seen = observer.readings(TOPIC).map(({ seq }) => seq);
    expect(seen).toEqual(seen.map((_, index) => index));
  });
});
