/** A node for the simulation: it publishes its readings, and says which messages it has heard. */

import { Level, message, node, sensor, utf8 } from "../../../assembly";
import { MESSAGES } from "../../../assembly/options";

export { resume, stop } from "../../../assembly";

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (MESSAGES) {
    while (node.receive()) {
      if (!message.is(utf8("note"))) continue;
      message.log(Level.INFO);
      message.reply(0);
    }
  }
  if (node.isDue(nowMs)) node.publish(sensor.read(0));
  return node.finish(nowMs);
}
