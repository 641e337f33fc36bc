/** Statements that no test of a client can break, each with its reason: docs/conformance.md says what counts as one. */

import type { Version } from "./statements.ts";

export interface Excuse {
  readonly version: Version;
  readonly id: string;
  readonly reason: string;
}

export const EXCUSED: readonly Excuse[] = [];
