/** `replay`: runs a recorded node again, and stops where it goes another way. */

import { readFile } from "node:fs/promises";
import { loadModule, readModule } from "../../engine/module.ts";
import { systemCode, WasmoteError } from "../../errors.ts";
import { provideProgram } from "../../node/programs.ts";
import { Narrator } from "../../trace/narrator.ts";
import type { Trace } from "../../trace/reader.ts";
import {
  checkModule,
  cureFor,
  describeDifference,
  describeOutcome,
  type ReplayEvent,
  type Replayed,
} from "../../trace/replay.ts";
import { replayUnderV8 } from "../../trace/replay-v8.ts";
import { replayUnderWasm3 } from "../../trace/replay-wasm3.ts";
import { readTrace } from "../../trace/trace-file.ts";
import { paint, withProgress } from "../output.ts";
import { usage } from "../parse.ts";
import type { ReplayValues } from "../table/nodes.ts";

/** Throws `EDIFFERS` where the replay is not what was recorded. */
export async function replay(tracePath: string, modulePath: string, options: ReplayValues): Promise<void> {
  if (options.print === true && options.json === true) throw usage("--print and --json exclude each other", "give one");
  const trace = await readTrace(tracePath);
  const module = loadModule(await readModule(modulePath));
  if (options.otherBuild !== true || trace.header.imageSize !== module.metadata.imageSize) {
    checkModule(trace.header, module.metadata);
  }
  if (options.image !== undefined) await checkFirstImage(trace, options.image);
  const narrator = new Narrator();
  const onEvent = options.print ? (event: ReplayEvent) => printEvent(narrator, event) : undefined;
  const { until, imageOut, otherBuild } = options;
  const run = async (): Promise<Replayed> => {
    if (options.engine === "v8") return replayUnderV8(trace, module, { until, onEvent, imageOut });
    const program = await provideProgram("wasmote-replay");
    return replayUnderWasm3(tracePath, modulePath, { program, until, onEvent, imageOut, otherBuild });
  };
  const replayed = options.print ? await run() : await withProgress("replaying", run);
  if (options.json) process.stdout.write(`${JSON.stringify(toJson(replayed, options.engine))}\n`);
  const { difference } = replayed;
  if (difference !== undefined) {
    throw new WasmoteError("EDIFFERS", "module", `it goes another way: ${describeDifference(difference)}`, {
      cure: cureFor(difference),
    });
  }
  if (!options.json) process.stdout.write(`${summary(replayed, options.engine)}\n`);
}

function printEvent(narrator: Narrator, event: ReplayEvent): void {
  for (const line of narrator.lines(event)) {
    process.stdout.write(`${event.kind === "call" ? paint("bold", line) : line}\n`);
  }
}

function summary({ calls, steps, last, cutOffAt }: Replayed, engine: string): string {
  const many = `${calls} ${calls === 1 ? "call" : "calls"}, ${steps} of step, under ${engine}`;
  const isUsual = last === undefined || last.kind === "returned";
  const end = isUsual ? "" : `; in the last ${describeOutcome(last)}`;
  const cutOff = cutOffAt === undefined ? "" : `; the trace was cut off at offset ${cutOffAt}`;
  return `as recorded: ${many}${end}${cutOff}`;
}

function toJson({ calls, steps, last, difference, cutOffAt }: Replayed, engine: string): unknown {
  return { engine, calls, steps, last, difference, cutOffAt };
}

/** Throws `EDIFFERS` unless the trace begins with that image. */
async function checkFirstImage(trace: Trace, path: string): Promise<void> {
  const given = await readImage(path, trace.header.imageSize);
  const [first] = trace.frames();
  if (first?.kind !== "start" || first.image === undefined) {
    throw new WasmoteError("EDIFFERS", "usage", "the trace begins with a fresh image, not with one that is given", {
      cure: "leave out --image",
    });
  }
  const { image, hidden } = first;
  const isHidden = (at: number): boolean => hidden.some(({ start, length }) => at >= start && at < start + length);
  const at = image.findIndex((byte, index) => byte !== given[index] && !isHidden(index));
  if (at < 0) return;
  throw new WasmoteError("EDIFFERS", "usage", `the trace does not begin with that image: byte ${at} is another`, {
    cure: "leave out --image: a trace has the image that it begins with",
  });
}

async function readImage(path: string, imageSize: number): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    if (bytes.length === imageSize) return bytes;
    throw new Error(`it has ${bytes.length} bytes, an image of this module ${imageSize}`);
  } catch (cause) {
    const why = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    throw new WasmoteError("EIMAGEFILE", "usage", `can't read the image ${path}: ${why}`, {
      cure: "give a file that --image-out wrote",
      cause,
    });
  }
}
