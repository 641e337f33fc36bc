/** Traces to replay, and both engines to do it. */

import { crc32 } from "node:zlib";
import { expect } from "vitest";
import { loadModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { createWorld, hours, minutes } from "../../host/testing/index.ts";
import { Trace } from "../../host/trace/reader.ts";
import { describeDifference, type ReplayEvent, type Replayed, type ReplayOptions } from "../../host/trace/replay.ts";
import { replayUnderV8 } from "../../host/trace/replay-v8.ts";
import { replayUnderWasm3 } from "../../host/trace/replay-wasm3.ts";
import { file, program } from "../boards/programs.ts";

const CRC_BYTES = 4;

/** Of what compiles a module, or runs a broker: every wait in it is for something that happens. */
export const PATIENCE_MS = 240_000;

export type Replay = (trace: Uint8Array, wasm: Uint8Array, options?: ReplayOptions) => Promise<Replayed>;

/** The engines by name; wasm3's program is the one with sanitizers. */
export const ENGINES: readonly (readonly [name: string, replay: Replay])[] = [
  ["v8", (trace, wasm, options) => replayUnderV8(new Trace(trace), loadModule(wasm), options)],
  [
    "wasm3",
    (trace, wasm, options) =>
      replayUnderWasm3(file(trace), file(wasm), {
        ...options,
        program: program("replay", "sanitize"),
        otherBuild: true,
      }),
  ],
];

/** Replays under each engine; both must say the same. */
export async function replayUnderBoth(trace: Uint8Array, wasm: Uint8Array, options?: ReplayOptions): Promise<Replayed> {
  const [v8, wasm3] = await Promise.all(ENGINES.map(([, replay]) => replay(trace, wasm, options)));
  if (v8 === undefined) throw new Error("there is no engine");
  expect(wasm3).toEqual(v8);
  return v8;
}

/** A difference as a line. */
export function differenceOf({ difference }: Replayed): string | undefined {
  return difference && describeDifference(difference);
}

/** An hour of a node with an outage, a power cut in a host call and a trap. */
export async function recordLife(wasm: Uint8Array, config: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  const world = createWorld({ seed: 7 });
  const options = { id: "42", intervalMs: minutes(1), trace: true, config };
  const node = world.node(wasm, { ...options, sensor: (_, atMs) => atMs % 100_000 });
  await world.run(minutes(10));
  node.network.cut();
  await world.run(hours(0.5));
  node.network.restore();
  await world.run(minutes(5));
  node.power.cutAt({ point: node.power.points() + 7, forMs: 1_000 });
  await world.run(minutes(5));
  node.trap();
  await world.run(minutes(10));
  return node.trace();
}

/** What happens in a replay, with copies of its bytes. */
export function collect(): { readonly events: ReplayEvent[]; readonly onEvent: (event: ReplayEvent) => void } {
  const events: ReplayEvent[] = [];
  const onEvent = (event: ReplayEvent): void => {
    const isImport = event.kind === "import";
    events.push(
      isImport ? { ...event, given: Uint8Array.from(event.given), handed: Uint8Array.from(event.handed) } : event,
    );
  };
  return { events, onEvent };
}

/** Where each frame begins, and where the last ends. */
export function frameOffsets(trace: Uint8Array): number[] {
  return [...[...new Trace(trace).frames()].map(({ offset }) => offset), trace.length];
}

/** The trace with the byte at an offset changed, and the CRC of its frame made good again. */
export function forged(trace: Uint8Array, offset: number, change: (byte: number) => number): Uint8Array {
  const copy = Buffer.from(trace);
  copy[offset] = change(copy[offset] ?? 0);
  const offsets = frameOffsets(trace);
  const start = offsets.findLast((each) => each <= offset) ?? 0;
  const end = offsets.find((each) => each > offset) ?? trace.length;
  copy.writeUInt32LE(crc32(copy.subarray(start, end - CRC_BYTES)), end - CRC_BYTES);
  return copy;
}

/** The code of what a function throws; undefined where it throws nothing. Any other error is a defect. */
export function codeOf(run: () => void): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof WasmoteError) return error.code;
    throw error;
  }
  return undefined;
}
