/** A node for power cuts: its readings count, and what it publishes of each depends on the count, under QoS 1 and 2. */

import { Level, message, node, outgoing, Qos, sensor, utf8 } from "../../../assembly";

export { resume, stop } from "../../../assembly";

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  while (node.receive()) {
    if (!message.is(utf8("note"))) continue;
    message.log(Level.INFO);
    message.reply(0);
  }
  if (node.isDue(nowMs)) {
    const reading = sensor.read(0);
    const count = reading / 1000;
    const kind = count % 3;
    if (kind == 0) {
      node.publish(reading);
    } else if (
      outgoing.begin(kind == 1 ? utf8("out/1") : utf8("out/2"), kind == 1 ? Qos.AT_LEAST_ONCE : Qos.EXACTLY_ONCE)
    ) {
      outgoing.number(count);
      outgoing.send();
    }
  }
  return node.finish(nowMs);
}
