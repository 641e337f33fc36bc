/** How many packets are generated, and from which seed. */

import type { Parameters } from "fast-check";

/** The same in every run unless the environment variable CODEC_SEED says otherwise. */
export const SEED = readSeed(process.env);

/** For `fc.assert`. A run that fails shrinks its packet, and prints the seed and the path to it. */
export function runs<T>(count: number): Parameters<T> {
  return { seed: SEED, numRuns: count };
}

function readSeed({ CODEC_SEED: text = "1" }: NodeJS.ProcessEnv): number {
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new RangeError(`CODEC_SEED must be an integer, and is "${text}"`);
  return seed;
}
