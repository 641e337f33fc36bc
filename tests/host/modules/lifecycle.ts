/**
 * Lives as the configuration key `m` says: `t` traps in its third step, `d` sleeps deeply in its first, `s` never ends.
 * It keeps a link to endpoint 0, and logs one letter for each turn of its life.
 */

import { config_get, deep_sleep, log, net_open } from "../../../assembly/hal";

const KEY = memory.data<u8>([0x6d]);
const MODE = memory.data(8);
const STEPS = memory.data(8);
const LETTER = memory.data(8);

export function setup(): void {
  config_get(KEY, 1, MODE, 1);
  say(0x62);
  net_open(0);
}

export function step(nowMs: u32): u32 {
  const steps = load<u32>(STEPS) + 1;
  store<u32>(STEPS, steps);
  const mode = load<u8>(MODE);
  if (mode === 0x74 && steps === 3) unreachable();
  if (mode === 0x64 && steps === 1) deep_sleep(50);
  return 10;
}

export function resume(nowMs: u32, sleptMs: u32): void {
  say(sleptMs >= 49 && sleptMs < 5000 && load<u32>(STEPS) === 1 ? 0x72 : 0x3f);
}

export function stop(): void {
  say(0x73);
}

function say(letter: u8): void {
  store<u8>(LETTER, letter);
  log(1, LETTER, 1);
}
