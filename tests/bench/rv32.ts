/** What the firmware of boards/virt-rv32 takes, and the nodes on it: the same on every machine with the same compiler. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flashModule } from "../../host/bridge/flash.ts";
import { WasmoteError } from "../../host/errors.ts";
import { QEMU_RV32, RV32_FIRMWARE, rv32Machine, startRv32Node } from "../../host/node/rv32-node.ts";
import { Mosquitto } from "../integration/mosquitto.ts";
import type { Measurement } from "./figures.ts";
import { BUILD, capture, SUBJECTS, type Subject } from "./program.ts";

const NULL_FIRMWARE = join(BUILD, "wasmote-virt-rv32-null.elf");

/** How long a node lives at a real broker before its memory is read, with a reading each 100 ms. */
const LIFE_MS = 2_000;

/** What the null firmware prints. */
interface Counts {
  readonly publishes: number;
  /** Instructions of all of them. */
  readonly instructions: number;
}

/** Memory as the board's log has it. */
const MEMORY = /^heap (\d+) of \d+ bytes, stack (\d+) of (\d+) bytes$/;

/** Measures what build/ holds. */
export async function measureRv32(): Promise<Measurement[]> {
  const measurements = await measureSections();
  for (const subject of SUBJECTS) measurements.push(...(await measureNode(subject)));
  return measurements;
}

/** Code and constants, variables with an initial value, and those without; neither the heap nor the stack is among them. */
async function measureSections(): Promise<Measurement[]> {
  const table = await capture("riscv64-unknown-elf-size", "-A", RV32_FIRMWARE);
  const bytes = (section: string): number => Number(table.match(new RegExp(`^\\.${section} +(\\d+)`, "m"))?.[1]);
  return ["text", "data", "bss"].map((section) => ({
    name: `rv32.${section}Bytes`,
    value: bytes(section),
    unit: "bytes",
  }));
}

async function measureNode(subject: Subject): Promise<Measurement[]> {
  const { publishes, instructions } = await countInstructions(subject);
  const { heap, stack } = await measureMemory(subject);
  return [
    { name: `${subject.name}.publishInstructionsRv32`, value: instructions / publishes, unit: "instructions" },
    { name: `${subject.name}.rv32HeapBytes`, value: heap, unit: "bytes" },
    { name: `${subject.name}.rv32StackBytes`, value: stack, unit: "bytes" },
  ];
}

/** Under -icount the hart's counter is exact. */
async function countInstructions({ module }: Subject): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "wasmote-bench-"));
  try {
    const flash = join(folder, "flash");
    await flashModule(flash, await readFile(module));
    const said = await capture(
      QEMU_RV32,
      ...rv32Machine(NULL_FIRMWARE, flash),
      "-icount",
      "shift=0",
      "-serial",
      "stdio",
    );
    return JSON.parse(said) as Counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The most that a node's heap and the painted stack took while it lived at a real broker, and took its leave. */
async function measureMemory({ name, module }: Subject): Promise<{ heap: number; stack: number }> {
  const broker = await Mosquitto.start();
  try {
    const node = await startRv32Node({
      module,
      id: "7",
      brokers: [`mqtt://127.0.0.1:${broker.port}`],
      intervalMs: 100,
      sensor: "constant:17.2",
      seed: 1,
    });
    await new Promise((resolve) => setTimeout(resolve, LIFE_MS));
    await node.stop();
    const isOnline = node.logs.some(({ text }) => text === "online");
    const [, ...memory] = node.logs.findLast(({ text }) => MEMORY.test(text))?.text.match(MEMORY) ?? [];
    const [heap, stack, painted] = memory.map(Number);
    if (isOnline && heap && stack && painted && stack < painted) return { heap, stack };
    const story = node.logs.map(({ text }) => text).join("; ");
    throw new WasmoteError("EMEASURE", "device", `the ${name} node's memory on rv32 can't be told: ${story}`, {
      cure: "`npm run test:rv32` says more",
    });
  } finally {
    await broker.dispose();
  }
}
