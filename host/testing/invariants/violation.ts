/** What a run that breaks an invariant ends with. */

import { WasmoteError } from "../../errors.ts";
import { formatTime } from "../time.ts";

/** What is checked in every run. docs/simulation.md says each in a sentence. */
export const INVARIANTS = [
  "delivered",
  "counted",
  "in-order",
  "exactly-once",
  "acked-means-had",
  "heard",
  "will",
  "session-kept",
  "connect-first",
  "limits",
  "identifier-in-use",
  "dup-flag",
  "pubrel",
  "keep-alive",
  "back-off",
  "spread",
  "legal-packets",
  "no-complaint",
  "no-trap",
  "memory-in-image",
  "checkpoint-kept",
  "progress",
] as const;
export type InvariantName = (typeof INVARIANTS)[number];

/** `EINVARIANT`: says which invariant was broken, by whom and when. */
export class InvariantError extends WasmoteError {
  readonly invariant: InvariantName;
  readonly nodeId: string;
  /** Virtual time, in milliseconds. */
  readonly atMs: number;

  constructor(invariant: InvariantName, nodeId: string, atMs: number, what: string) {
    super("EINVARIANT", "module", `${invariant}: node ${nodeId} at ${formatTime(atMs)}: ${what}`);
    this.invariant = invariant;
    this.nodeId = nodeId;
    this.atMs = atMs;
  }
}
