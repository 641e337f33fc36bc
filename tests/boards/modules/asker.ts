/**
 * A node that asks its broker for whatever a broker has an answer to: it subscribes, unsubscribes, pings and publishes. It
 * logs an error if an answer is missing, or if the connection does not last.
 */

import { Level, node, sensor, utf8 } from "../../../assembly";
import { requests } from "../../../assembly/image";

export { resume, stop } from "../../../assembly";


@unmanaged
class Asker {
  hasAsked: bool = false;
  readings: i32 = 0;
}

const asker = changetype<Asker>(memory.data(offsetof<Asker>(), 4));

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isNewSession()) {
    if (asker.hasAsked) node.say(Level.ERROR, utf8("the connection has ended"));
    asker.hasAsked = true;
    const filter = utf8("house/+");
    if (!node.subscribe(filter, 1) || !node.unsubscribe(filter)) node.say(Level.ERROR, utf8("it can't ask"));
  }
  if (node.isDue(nowMs)) {
    // Time for answers, and for the node to give up a broker that gives none.
    if (++asker.readings == 50 && requests.subscribing | requests.unsubscribing) {
      node.say(Level.ERROR, utf8("an answer is missing"));
    }
    node.publish(sensor.read(0));
  }
  return node.finish(nowMs);
}
