/**
 * Publishing, and subscribing with wildcards: `+` is one whole level of a topic, `#` is all that follow.
 *
 * Node `plus` subscribes to every sensor's temperature, node `hash` to everything of sensor 1, and both say what they
 * receive. A node of any other name publishes: its temperature and, as every node does, its status.
 *
 *     npx tsx host/cli/main.ts run build/wildcards.wasm --id plus --broker mqtt://127.0.0.1:1883
 */

import { Level, message, node, Qos, sensor, Text, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isCalled(utf8("plus"))) listen(utf8("sensor/+/temperature"));
  else if (node.isCalled(utf8("hash"))) listen(utf8("sensor/1/#"));
  else if (node.isDue(nowMs)) node.publish(sensor.read(0));
  return node.finish(nowMs);
}

function listen(filter: Text): void {
  if (node.isNewSession()) node.subscribe(filter, Qos.AT_LEAST_ONCE);
  while (node.receive()) {
    node.say(Level.INFO, message.topic());
    message.log(Level.INFO);
  }
}
