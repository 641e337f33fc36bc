import { afterEach, expect, test } from "vitest";
import { loadModule } from "../../host/engine/module.ts";
import { V8Node } from "../../host/node/v8-node.ts";
import { MemorySlots, SLOT_BYTES } from "../../host/storage/slots.ts";
import { module as assemble } from "../boards/programs.ts";
import { until } from "./modules.ts";

const nodes: V8Node[] = [];
afterEach(() => {
  for (const node of nodes.splice(0)) node.kill();
});

/** Counts its steps at address 16, logs how many there were and asks for a checkpoint in each; `step` and `resume` go first. */
function counter({ step = "", resume = "" } = {}) {
  const body = `
    (import "hal" "checkpoint" (func $checkpoint (result i32)))
    (import "hal" "log" (func $log (param i32 i32 i32) (result i32)))
    (data (i32.const 8) "step 0")`;
  return loadModule(
    assemble(body, {
      step: `(func (export "step") (param i32) (result i32)
        (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
        (i32.store8 (i32.const 13) (i32.add (i32.const 48) (i32.load (i32.const 16))))
        (drop (call $log (i32.const 1) (i32.const 8) (i32.const 6)))
        ${step} (drop (call $checkpoint)) (i32.const 5))`,
      resume: `(func (export "resume") (param i32 i32) ${resume})`,
    }),
  );
}

function start(module: ReturnType<typeof counter>, slots: MemorySlots, config: Record<string, string> = {}): V8Node {
  const settings = { module: "", id: "7", brokers: ["mqtt://127.0.0.1:1"], sensor: "constant:1", config };
  const node = new V8Node(module, settings, { slots, restartMs: 10 });
  nodes.push(node);
  node.start();
  return node;
}

const texts = (node: V8Node): string[] => node.logs.map(({ text }) => text.replace(/, \d+ s old$/, ""));
const said = (node: V8Node, text: string): Promise<void> => until(`it says ${text}`, () => texts(node).includes(text));

test("a node that is killed goes on from its last checkpoint", async () => {
  const slots = new MemorySlots();
  const first = start(counter(), slots);
  await said(first, "step 3");
  first.kill();
  const done = texts(first).at(-1)?.slice(-1);
  const second = start(counter(), slots);
  await said(second, `step ${Number(done) + 1}`);
  expect(texts(second)[0]).toBe(`goes on from checkpoint ${Number(done) - 1}`);
  expect(texts(second)[1]).toBe(`step ${Number(done) + 1}`);
});

test("a node that traps goes on from its last checkpoint, and gives it up if it traps again", async () => {
  const slots = new MemorySlots();
  // Its third step traps, as long as the image is not a fresh one of a life after that.
  const node = start(
    counter({ step: "(if (i32.eq (i32.load (i32.const 16)) (i32.const 3)) (then unreachable))" }),
    slots,
  );
  await until("it has begun anew", () => texts(node).filter((text) => text === "step 1").length === 2);
  const lines = texts(node).filter((text) => !text.startsWith("trap"));
  expect(lines.slice(0, 7)).toEqual([
    "step 1",
    "step 2",
    "step 3",
    "goes on from checkpoint 1",
    "step 3",
    "the node failed after checkpoint 1 was resumed: a fresh start",
    "step 1",
  ]);
});

test("a node whose resume traps begins anew, and the next start does not come back to it", async () => {
  const slots = new MemorySlots();
  const first = start(counter(), slots);
  await said(first, "step 1");
  first.kill();
  const second = start(counter({ resume: "unreachable" }), slots);
  await said(second, "step 1");
  second.kill();
  const third = start(counter(), slots);
  await until("it goes on", () => texts(third).length > 1);
  expect(texts(third)[0]).toMatch(/^goes on from checkpoint [2-9]/);
});

test("a node goes on although its storage fails, and says so", async () => {
  const slots = new MemorySlots();
  slots.write = () => {
    throw new Error("the disk is full");
  };
  const node = start(counter(), slots);
  await said(node, "step 3");
  expect(texts(node)).toContain("the checkpoint could not be written: the disk is full");
});

test("a node says why it begins anew: damage, another module, other settings", async () => {
  const slots = new MemorySlots();
  const first = start(counter(), slots);
  await said(first, "step 2");
  first.kill();
  const other = start(counter(), slots, { color: "red" });
  await said(other, "step 1");
  expect(texts(other)[0]).toMatch(/^checkpoint \d+ was made with other settings: a fresh start$/);
  other.kill();
  for (const slot of [0, 1]) slots.write(slot, new Uint8Array(SLOT_BYTES).fill(0x5a));
  const damaged = start(counter(), slots);
  await said(damaged, "step 1");
  expect(texts(damaged).slice(0, 2)).toEqual([
    "2 of 2 checkpoints are damaged",
    "no checkpoint is valid: a fresh start, and what was queued is lost",
  ]);
});
