/**
 * A node on a battery: it sleeps between readings, and what it could not deliver outlasts an empty battery. All of that is
 * in its options; the application is the usual one.
 *
 *     npx tsx host/cli/main.ts run build/battery.wasm --id 7 --broker mqtt://127.0.0.1:1883 --image battery.image
 */

import { node, sensor } from "../../assembly";

export { resume, stop } from "../../assembly";

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isDue(nowMs)) node.publish(sensor.read(0));
  return node.finish(nowMs);
}
