/** The step of node n3 never returns; that of the others does nothing. */

import { config_get } from "../../../assembly/hal";

const KEY = memory.data<u8>([0x69, 0x64]);
const ID = memory.data(24);
const STEPS = memory.data(8);

export function setup(): void {
  config_get(KEY, 2, ID, 23);
}

export function step(nowMs: u32): u32 {
  while (load<u16>(ID) == 0x336e && load<u8>(ID, 2) == 0) store<u32>(STEPS, load<u32>(STEPS) + 1);
  return 1000;
}

export function resume(nowMs: u32, sleptMs: u32): void {}

export function stop(): void {}
