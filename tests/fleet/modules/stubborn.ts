/** Does not mind that it is asked to stop; the node n3 traps in its third step. */

import { config_get } from "../../../assembly/hal";

const KEY = memory.data<u8>([0x69, 0x64]);
const ID = memory.data(24);
const STEPS = memory.data(8);

export function setup(): void {
  config_get(KEY, 2, ID, 23);
}

export function step(nowMs: u32): u32 {
  const steps = load<u32>(STEPS) + 1;
  store<u32>(STEPS, steps);
  if (load<u16>(ID) == 0x336e && load<u8>(ID, 2) == 0 && steps == 3) unreachable();
  return 20;
}

export function resume(nowMs: u32, sleptMs: u32): void {}

export function stop(): void {}
