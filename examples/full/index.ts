import { actuator, auth, message, node, outgoing, Qos, sensor, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

const PROBE = 0;
const LED = 0;

export function setup(): void {
  node.setup();
}

/**
 * Everything at once: MQTT 5.0, readings under QoS 1, alarms under QoS 2 in both directions,
 * commands that answer where they were asked, and an enhanced authentication.
 */
export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.hasNews()) attend();
  if (node.isDue(nowMs)) {
    const reading = sensor.read(PROBE);
    if (reading > 80_000 && outgoing.begin(utf8("house/cellar/alarm"), Qos.EXACTLY_ONCE)) {
      outgoing.text(utf8("on"));
      outgoing.send();
    }
    node.publish(reading);
  }
  return node.finish(nowMs);
}

function attend(): void {
  if (auth.isAsked()) auth.answer(utf8("shared secret"));
  if (node.isNewSession()) node.subscribe(utf8("house/+/alarm"), Qos.EXACTLY_ONCE);
  while (node.receive()) {
    if (message.is(utf8("led"))) message.reply(actuator.write(LED, message.number()));
    else if (message.matches(utf8("house/+/alarm"))) actuator.write(LED, message.says(utf8("on")) ? 1 : 0);
  }
}
