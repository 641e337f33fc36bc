/** The temperature example with an enhanced authentication. */

import { auth, node, sensor, utf8 } from "../../../assembly";

export { resume, stop } from "../../../assembly";

export function setup(): void {
  node.setup();
  auth.use(utf8("MIRROR"), utf8("first"));
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (auth.isAsked()) auth.answer(utf8("one"));
  if (node.isDue(nowMs)) node.publish(sensor.read(0));
  return node.finish(nowMs);
}
