import { actuator, message, node, sensor, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

const PROBE = 0;
const LED = 0;

export function setup(): void {
  node.setup();
}

/** Publishes like the temperature example, and obeys `sensor/<id>/cmd/led` and alarms from anywhere in the house. */
export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isNewSession()) node.subscribe(utf8("house/+/alarm"), 1);
  while (node.receive()) {
    if (message.is(utf8("led"))) message.reply(actuator.write(LED, message.number()));
    else if (message.matches(utf8("house/+/alarm"))) actuator.write(LED, message.says(utf8("on")) ? 1 : 0);
  }
  if (node.isDue(nowMs)) node.publish(sensor.read(PROBE));
  return node.finish(nowMs);
}
