import { net_open, random, sensor_read } from "../../assembly/hal";
import { Text, utf8 } from "../../assembly/text";

const A = utf8("sensor");
class S {
  x: i32;
  y: i32;
}
const s = changetype<S>(memory.data(offsetof<S>()));
export function setup(): void {}
export function step(now: u32): u32 {
  s.x = net_open(0);
  s.y++;
  return 1000 + random() + load<u8>(changetype<usize>(A));
}
export function resume(now: u32, slept: u32): void {}
export function stop(): void {}
