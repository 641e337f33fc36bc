/** The fuzz targets. One more is a file `boards/fuzz/targets/<name>.c` and a row here; docs/testing.md. */

export interface Target {
  /** Of its file, its program and its folder of the corpus. */
  readonly name: string;
  /** What is fuzzed, for a person. */
  readonly what: string;
  /** Bytes of the longest input. */
  readonly maxBytes: number;
  /** Inputs that `npm test` tries, for each size of a pointer: some two seconds of them. */
  readonly runs: number;
}

export const TARGETS: readonly Target[] = [
  {
    name: "module_loader",
    what: "a module's metadata, the image rule, and wasm3's parser",
    maxBytes: 1024,
    runs: 20_000,
  },
  {
    name: "imports",
    what: "the host's calls, and memory, with hostile pointers and lengths",
    maxBytes: 1024,
    runs: 4_000,
  },
  { name: "checkpoint", what: "checkpoints in slots that hold anything, torn writes", maxBytes: 512, runs: 4_000 },
  { name: "module_slot", what: "module slots that hold anything, torn updates", maxBytes: 256, runs: 20_000 },
  { name: "trace", what: "traces of any bytes, and of any records behind the right CRC", maxBytes: 512, runs: 20_000 },
  { name: "provision", what: "the text that a factory wrote, in pieces of any size", maxBytes: 2048, runs: 20_000 },
  { name: "url", what: "a broker's address", maxBytes: 400, runs: 40_000 },
  { name: "wiring", what: "what is wired to a channel", maxBytes: 120, runs: 40_000 },
];
