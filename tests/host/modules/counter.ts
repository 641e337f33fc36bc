/** Counts its steps and keeps a sum of its random numbers: state that shows at once if another node's leaks in. */

import { random } from "../../../assembly/hal";

const COUNT = memory.data(8);
const SUM = memory.data(8);
/** State at the image's far end, so that a copy that is too short shows. */
const LAST = memory.data(256);

export function setup(): void {
  store<u32>(COUNT, 1000);
}

export function step(nowMs: u32): u32 {
  const count = load<u32>(COUNT) + 1;
  const sum = load<u32>(SUM) + random();
  store<u32>(COUNT, count);
  store<u32>(SUM, sum);
  store<u32>(LAST + 252, count ^ sum);
  return count;
}

export function resume(nowMs: u32, sleptMs: u32): void {
  store<u32>(COUNT, sleptMs);
}

export function stop(): void {
  store<u32>(COUNT, 0);
}
