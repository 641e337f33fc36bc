/**
 * The limits of every figure. They are the design's and are never moved: a figure that can't keep its limit is listed in
 * `MISSED`, in public, with the value that it must not leave again.
 */

/** What a figure may be. */
export interface Limit {
  readonly name: string;
  readonly unit: string;
  readonly limit: number;
  /** Whether the limit is the most or the least that the figure may be. */
  readonly bound: "most" | "least";
  /** What the figure should come to; only the limit is enforced. */
  readonly aim?: number;
}

/** A figure that misses its limit. */
export interface Missed {
  readonly name: string;
  /** Enforced instead of the limit: the value that was reached, and a little noise. For a "least" it is a floor. */
  readonly ceiling: number;
}

/** `lean` is examples/temperature, `full` is examples/full. */
export const LIMITS: readonly Limit[] = [
  { name: "lean.wasmBytes", unit: "bytes", limit: 5_120, bound: "most", aim: 4_096 },
  { name: "lean.imageBytes", unit: "bytes", limit: 1_536, bound: "most" },
  { name: "lean.heap32Bytes", unit: "bytes", limit: 24_576, bound: "most", aim: 20_480 },
  { name: "full.wasmBytes", unit: "bytes", limit: 12_288, bound: "most", aim: 10_240 },
  { name: "full.imageBytes", unit: "bytes", limit: 4_096, bound: "most" },
  { name: "full.heap32Bytes", unit: "bytes", limit: 57_344, bound: "most", aim: 45_056 },
  // What the standards' packets take at the least for this topic and this payload.
  { name: "lean.wireBytesPerReading", unit: "bytes", limit: 44, bound: "most" },
  { name: "full.wireBytesPerReading", unit: "bytes", limit: 28, bound: "most" },
  { name: "lean.publishInstructionsX64", unit: "instructions", limit: 1_800, bound: "most", aim: 1_387 },
  { name: "full.publishInstructionsX64", unit: "instructions", limit: 2_200, bound: "most" },
  { name: "rv32.textBytes", unit: "bytes", limit: 131_072, bound: "most", aim: 65_536 },
  { name: "rv32.dataBytes", unit: "bytes", limit: 64, bound: "most" },
  { name: "rv32.bssBytes", unit: "bytes", limit: 16_384, bound: "most" },
  { name: "lean.publishInstructionsRv32", unit: "instructions", limit: 3_000, bound: "most", aim: 2_064 },
  { name: "lean.rv32HeapBytes", unit: "bytes", limit: 24_576, bound: "most", aim: 20_480 },
  { name: "lean.rv32StackBytes", unit: "bytes", limit: 2_048, bound: "most" },
  { name: "full.publishInstructionsRv32", unit: "instructions", limit: 3_600, bound: "most" },
  { name: "full.rv32HeapBytes", unit: "bytes", limit: 57_344, bound: "most", aim: 45_056 },
  { name: "full.rv32StackBytes", unit: "bytes", limit: 2_048, bound: "most" },
  { name: "lean.v8StepNs", unit: "ns", limit: 60, bound: "most" },
  { name: "full.v8StepNs", unit: "ns", limit: 100, bound: "most" },
  { name: "lean.v8StepVsMqttPacket", unit: "times", limit: 40, bound: "least" },
  { name: "fleet.nullBytesPerNode", unit: "bytes", limit: 3_000, bound: "most" },
  { name: "fleet.nullBytesPerFullNode", unit: "bytes", limit: 6_000, bound: "most" },
];

export const MISSED: readonly Missed[] = [
  // Everything at once, an outbox for messages of any topic among it: that alone takes 1.4 KiB.
  { name: "full.wasmBytes", ceiling: 14_000 },
  { name: "full.heap32Bytes", ceiling: 65_600 },
  // The same allocations, and eleven bytes for each of them that picolibc's allocator adds.
  { name: "full.rv32HeapBytes", ceiling: 67_200 },
  // 21 to 23: two steps against the packets of one publish. One step against the same packets would keep the limit.
  { name: "lean.v8StepVsMqttPacket", ceiling: 19 },
];
