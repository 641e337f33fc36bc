/** Nanoseconds of a step under V8, and the same packets with mqtt-packet. */

import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule, readModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import type { Measurement } from "./figures.ts";
import { FULL, LEAN, runScript, type Subject } from "./program.ts";
import type { V8Times } from "./v8-script.ts";
import { record } from "./wire.ts";

/** What V8 decides as it compiles differs from process to process: the middle one of so many is taken, whole. */
const PROCESSES = 3;
const STEPS_TO_PUBLISH = 100;
/** The first byte of a PUBLISH of QoS 1 that is neither retained nor a duplicate: a reading, no status. */
const READING = 0x32;
/** The version in CONNECT. */
const VERSION_3_1_1 = "4";
const VERSION_5 = "5";

/** Times the modules in build/. */
export async function measureV8(): Promise<Measurement[]> {
  const lean = await time(LEAN, VERSION_3_1_1);
  const full = await time(FULL, VERSION_5);
  return [
    { name: "lean.v8StepNs", value: lean.referenceStepNs, unit: "ns" },
    { name: "full.v8StepNs", value: full.referenceStepNs, unit: "ns" },
    { name: "the lean node's step in this machine's own time", value: lean.stepNs, unit: "ns" },
    { name: "the full node's step in this machine's own time", value: full.stepNs, unit: "ns" },
    { name: "lean.v8StepVsMqttPacket", value: lean.ratio, unit: "times" },
    { name: "mqtt-packet's generate + parse", value: lean.packetsNs, unit: "ns" },
    { name: "mqtt-packet's generate + parse by one step", value: lean.packetsNs / lean.stepNs, unit: "times" },
    { name: "the same of MQTT 5.0 by the full node's publish", value: full.ratio, unit: "times" },
  ];
}

async function time(subject: Subject, version: string): Promise<V8Times> {
  const publish = (await recordPublish(subject)).toString("hex");
  const runs: V8Times[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    runs.push(await runScript<V8Times>("v8-script.ts", [subject.module, version, publish]));
  }
  return runs.sort((a, b) => a.referenceStepNs - b.referenceStepNs)[PROCESSES >> 1] as V8Times;
}

/** A PUBLISH as the node sends it. */
async function recordPublish({ name, module }: Subject): Promise<Buffer> {
  const board = createNullBoard();
  const { sent } = record(board);
  const node = new NodeInstance(loadModule(await readModule(module)), board);
  node.setup();
  let nowMs = 0;
  for (let i = 0; i < STEPS_TO_PUBLISH; i++) nowMs += node.step(nowMs);
  const reading = sent.findLast((packet) => packet[0] === READING);
  if (reading !== undefined) return reading;
  throw new WasmoteError("EMEASURE", "module", `the ${name} node sent no reading in ${STEPS_TO_PUBLISH} steps`, {
    cure: "see why with `npm start`",
  });
}
