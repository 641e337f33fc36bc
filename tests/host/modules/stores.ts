/** Stores one byte at each step, at the address that channel 0 reads: what a module with a stray pointer does. */

import { sensor_read } from "../../../assembly/hal";

const ADDRESS = memory.data(8);

export function setup(): void {}

export function step(nowMs: u32): u32 {
  sensor_read(0, ADDRESS);
  store<u8>(load<u32>(ADDRESS), 1);
  return 0;
}

export function resume(nowMs: u32, sleptMs: u32): void {}

export function stop(): void {}
