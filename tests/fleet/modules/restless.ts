/** Sleeps after its second step, traps in its fourth, and ends when it is asked to. */

import { config_get, deep_sleep, random } from "../../../assembly/hal";

const KEY = memory.data<u8>([0x69, 0x64]);
const ID = memory.data(24);
const STEPS = memory.data(8);
const NUMBER = memory.data(8);
const STOPPED = memory.data(8);

export function setup(): void {
  config_get(KEY, 2, ID, 23);
}

export function step(nowMs: u32): u32 {
  if (load<u32>(STOPPED) != 0) return u32.MAX_VALUE;
  const steps = load<u32>(STEPS) + 1;
  store<u32>(STEPS, steps);
  store<u32>(NUMBER, random());
  if (steps == 2) deep_sleep(30);
  if (steps == 4) unreachable();
  return 20;
}

export function resume(nowMs: u32, sleptMs: u32): void {
  store<u32>(NUMBER, sleptMs);
}

export function stop(): void {
  store<u32>(STOPPED, 1);
}
