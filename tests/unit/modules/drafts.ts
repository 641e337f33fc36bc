/** An application that writes messages as it should and as it should not; what came of each goes to the actuator. */

import { actuator, Level, node, outgoing, Qos, utf8 } from "../../../assembly";

export { resume, stop } from "../../../assembly";

export function setup(): void {
  node.setup();
  // There is no QoS 3, so what follows belongs to no message.
  outgoing.begin(utf8("first"), Qos.AT_MOST_ONCE);
  outgoing.text(utf8("one"));
  outgoing.begin(utf8("second"), 3);
  outgoing.text(utf8("two"));
  actuator.write(0, outgoing.send() ? 1 : 0);
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isDue(nowMs)) {
    actuator.write(0, outgoing.publish(utf8("a/b"), utf8("whole"), Qos.AT_LEAST_ONCE, true) ? 1 : 0);
    actuator.write(0, outgoing.publish(utf8("a/+"), utf8("no topic"), Qos.AT_LEAST_ONCE) ? 1 : 0);
    node.sayNumber(Level.INFO, utf8("12345678901234567890"), i32.MIN_VALUE);
    node.sayNumber(Level.INFO, utf8("123456789012345678901"), i32.MIN_VALUE);
  }
  return node.finish(nowMs);
}
