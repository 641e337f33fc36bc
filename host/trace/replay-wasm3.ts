import type { Trace } from "./reader.ts";
import type { Replayed, ReplayOptions } from "./replay.ts";

export async function replayUnderWasm3(_trace: Trace, _module: Uint8Array, _options: ReplayOptions): Promise<Replayed> {
  throw new Error("not yet");
}
