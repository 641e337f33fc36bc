import { node, sensor } from "wasmote/assembly";

export { resume, stop } from "wasmote/assembly";

/** The board's first sensor. */
const PROBE = 0;

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isDue(nowMs)) node.publish(sensor.read(PROBE));
  return node.finish(nowMs);
}
