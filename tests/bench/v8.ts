/** Nanoseconds of a step under V8, and the same packets with mqtt-packet. */

import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule, readModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import type { Measurement } from "./figures.ts";
import { MODULE, runScript } from "./program.ts";
import type { V8Times } from "./v8-script.ts";

/** What V8 decides as it compiles differs from process to process: the middle one of so many is taken, whole. */
const PROCESSES = 3;
const STEPS_TO_PUBLISH = 100;
/** The first byte of a PUBLISH of QoS 1 that is neither retained nor a duplicate: a reading, no status. */
const READING = 0x32;

/** Times the module in build/. */
export async function measureV8(): Promise<Measurement[]> {
  const published = await recordPublish();
  const runs: V8Times[] = [];
  for (let i = 0; i < PROCESSES; i++) runs.push(await runScript<V8Times>("v8-script.ts", [published.toString("hex")]));
  const { stepNs, packetsNs, ratio } = runs.sort((a, b) => a.stepNs - b.stepNs)[PROCESSES >> 1] as V8Times;
  return [
    { name: "lean.v8StepNs", value: stepNs, unit: "ns" },
    { name: "lean.v8StepVsMqttPacket", value: ratio, unit: "times" },
    { name: "mqtt-packet's generate + parse", value: packetsNs, unit: "ns" },
    { name: "mqtt-packet's generate + parse by one step", value: packetsNs / stepNs, unit: "times" },
  ];
}

/** A PUBLISH as the node sends it. */
async function recordPublish(): Promise<Buffer> {
  const board = createNullBoard();
  const { network } = board;
  const send = network.send.bind(network);
  let reading: Buffer | undefined;
  network.send = (handle, memory, offset, length) => {
    if (memory[offset] === READING) reading = Buffer.from(memory.subarray(offset, offset + length));
    return send(handle, memory, offset, length);
  };
  const node = new NodeInstance(loadModule(await readModule(MODULE)), board);
  node.setup();
  let nowMs = 0;
  for (let i = 0; i < STEPS_TO_PUBLISH; i++) nowMs += node.step(nowMs);
  if (reading !== undefined) return reading;
  throw new WasmoteError("EMEASURE", "module", `the node sent no reading in ${STEPS_TO_PUBLISH} steps`, {
    cure: "see why with `npm start`",
  });
}
